"""What may leave the bench: whatever a bundle lacks is named, and one that lacks nothing is released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import REFERENCES, Bundle, pack
from models.card import dumps
from models.release import RELEASED, in_the_way, refusals

BENCH = Bundle.load(RELEASED / "bench")


def _with(files: Mapping[str, bytes] | None = None, **card: Any) -> Bundle:
    """The bench's bundle with other entries of its card, or other files; None takes an entry out."""
    told = {name: value for name, value in {**BENCH.card, **card}.items() if value is not None}
    return Bundle.of(dumps(told), {**BENCH.files, **(files or {})})


def _parity(**told: Any) -> Bundle:
    return _with(parity={**BENCH.card["parity"], **told})


def test_the_bundle_of_the_bench_may_be_released() -> None:
    assert refusals(BENCH) == []


def test_a_decision_in_two_hundred_may_change_and_no_more() -> None:
    assert refusals(_parity(pictures=1000, changed=5)) == []
    (refusal,) = refusals(_parity(pictures=1000, changed=6))
    assert "6 of 1000 held-out pictures (0.60%, where 0.5% may change); learn again" in refusal


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 10**6), st.data())
def test_the_share_is_counted_not_read(pictures: int, data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, pictures))
    assert (refusals(_parity(pictures=pictures, changed=changed, share=0.0)) == []) == (200 * changed <= pictures)


@pytest.mark.parametrize(
    "parity",
    [
        None,
        {},
        3,
        {"pictures": 9, "largest": 0.1, "mean": 0.1},
        *(
            {**BENCH.card["parity"], **wrong}
            for wrong in (
                {"pictures": 0, "changed": 0},
                {"changed": -1},
                {"pictures": -1, "changed": -1},
                {"largest": 2.0},
                {"mean": 0.9, "largest": 0.1},
                {"pictures": "many"},
                {"mean": -0.1},
                {"changed": 10**6},
            )
        ),
    ],
)
def test_without_a_parity_that_was_measured_it_is_refused(parity: Any) -> None:
    assert any("never held against" in refusal for refusal in refusals(_with(parity=parity)))


def test_a_parity_that_is_no_number_is_none() -> None:
    told = dumps(dict(BENCH.card)).replace(f"largest = {BENCH.card['parity']['largest']}", "largest = nan")
    assert "nan" in told
    assert any("never held against" in refusal for refusal in refusals(Bundle.of(told, BENCH.files)))


def test_the_parity_of_its_backbone_s_release_serves_a_taught_bundle() -> None:
    assert refusals(_parity(of="the release of the backbone, bundle x sha256:0")) == []


@pytest.mark.parametrize("part", BENCH.part_numbers)
def test_every_part_number_needs_figures(part: str) -> None:
    held = BENCH.card["held_back"]
    for figures in (None, {**held["by_part_number"][part], "pictures": 0}, {"pictures": 4}, 7):
        by_part = {**held["by_part_number"], part: figures}
        by_part = {name: value for name, value in by_part.items() if value is not None}
        (refusal,) = refusals(_with(held_back={**held, "by_part_number": by_part}))
        assert f"no figures on held-out pictures of {part}" in refusal


@pytest.mark.parametrize("by_group", [None, {}, {"groups": 0, "rows": {}}])
def test_figures_by_group_are_needed(by_group: Any) -> None:
    assert "no figures by group" in " ".join(refusals(_with(held_back_by_group=by_group)))


@pytest.mark.parametrize("data", [None, {}, {"sha256": "abc"}, {"sha256": 4}])
def test_it_has_to_say_what_it_learnt(data: Any) -> None:
    (refusal,) = refusals(_with(data=data))
    assert "which data was learnt" in refusal


@pytest.mark.parametrize("threshold", [0.0, 0.5, -0.8, 1.0001, float("inf"), float("nan")])
def test_a_score_threshold_that_is_none_is_refused(threshold: float) -> None:
    bundle = Bundle.of(_told("score_thresholds", threshold), BENCH.files)
    (refusal,) = refusals(bundle)
    assert f"the score threshold of 1041-A is {threshold:.4g}" in refusal


@pytest.mark.parametrize("limit", [0.0, -0.1, 2.0, float("inf"), float("nan")])
def test_a_distance_limit_that_is_none_is_refused(limit: float) -> None:
    (refusal,) = refusals(Bundle.of(_told("distance_limits", limit), BENCH.files))
    assert f"the distance limit of 1041-A is {limit:.4g}" in refusal


def _told(table: str, number: float) -> str:
    """The bench's card with another number for 1041-A; the card's own writer refuses what is no number."""
    return dumps({**BENCH.card, table: {**BENCH.card[table], "1041-A": 123456}}).replace("123456", str(number))


def _references(**known: Any) -> Bundle:
    references = {**BENCH.references, **{name.replace("_", "-"): each for name, each in known.items()}}
    return _with({REFERENCES: pack(references)})


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_part_number_needs_as_many_known_examples_as_a_distance_is_taken_to(count: int) -> None:
    few = BENCH.references["1041-B"][:count]
    (refusal,) = refusals(_references(**{"1041-B": few}))
    assert f"1041-B has {count} known examples" in refusal


def test_known_examples_have_to_be_embeddings_of_this_network() -> None:
    known = BENCH.references["1041-A"]
    for wrong in (known * 2, known * np.float32("nan")):
        (refusal,) = refusals(_references(**{"1041-A": wrong}))
        assert "known examples of 1041-A are no embeddings" in refusal
    short = {part: np.eye(5, dtype=np.float32) for part in BENCH.part_numbers}
    assert len(refusals(_with({REFERENCES: pack(short)}))) == 2


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(refusals(_with(parity=None, data=None, held_back_by_group=None))) == 3


def test_a_bundle_of_the_same_kind_may_be_replaced_and_no_other() -> None:
    assert in_the_way(_with(held_back=None), BENCH) == ""
    other = _with(data={**BENCH.card["data"], "sha256": "0" * 64})
    assert in_the_way(other, BENCH) == in_the_way(BENCH, other) == "of other data"
    assert in_the_way(_with(network="transfer"), BENCH) == f"of another network, {BENCH.card['network']}"
    assert in_the_way(BENCH, _with(network=None)) == "of another network, which its card does not name"
