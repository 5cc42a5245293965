"""How far a bundle is to be trusted: counted by pictures, bounded by groups, for every part number in turn."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from models.bound import upper
from models.bundle import save
from models.cli import main
from models.dataset import load
from models.study import Presented, curve, lines, together, told
from models.teach import teach


def _presented(scores: list[float], kinds: list[str], groups: list[str], **changed: Any) -> Presented:
    n = len(scores)
    fields: dict[str, Any] = {
        "part_number": "A",
        "kinds": np.array(kinds),
        "groups": np.array(groups),
        "whole": np.ones(n, bool),
        "named": np.ones(n, bool),
        "scores": np.array(scores),
        "distances": np.full(n, 0.1),
        "threshold": 0.9,
        "limit": 0.5,
    }
    return Presented(**{**fields, **changed})


def test_pictures_are_counted_and_groups_are_bounded() -> None:
    each = _presented([0.95, 0.5, 0.95, 0.95, 0.1], ["right", "right", *["wrong"] * 3], ["a", "b", "c", "c", "d"])
    figures = told(each)
    assert figures["right"] == {"pictures": 2, "passed": 1}
    assert figures["right_unsure"] == 1
    assert figures["wrong"] == {"pictures": 3, "passed": 2, "groups": 2, "groups_passed": 1, "bound": upper(1, 2)}
    assert together([figures, figures], "wrong") == {"pictures": 6, "passed": 4}


@given(st.sampled_from(["whole", "named", "distances"]))
def test_every_gate_stops_it(gate: str) -> None:
    shut = np.array([0.6]) if gate == "distances" else np.array([False])
    assert not _presented([0.99], ["wrong"], ["a"], **{gate: shut}).passed.any()
    assert _presented([0.99], ["wrong"], ["a"]).passed.all()


def test_no_number_passes_nothing() -> None:
    assert not _presented([np.nan], ["wrong"], ["a"]).passed.any()
    assert not _presented([0.99], ["wrong"], ["a"], distances=np.array([np.nan])).passed.any()


@given(st.integers(0, 2**32 - 1))
def test_a_looser_threshold_never_passes_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    each = _presented(rng.random(40).tolist(), ["right", "wrong"] * 20, [str(n // 4) for n in range(40)])
    points = curve(each, "wrong")
    for before, after in pairwise(points):
        assert before.threshold > after.threshold
        assert before.passed <= after.passed
        assert before.escaped <= after.escaped <= after.bound


def test_an_unknown_part_is_told_apart_by_distance_and_by_score() -> None:
    figures = told(
        _presented(
            [0.99, 0.98, 0.99, 0.4],
            ["right", "right", "unknown", "unknown"],
            [*"abcd"],
            distances=np.array([0.1, 0.2, 0.7, 0.8]),
        )
    )
    assert figures["auroc_distance"] == 1.0
    assert figures["auroc_score"] == pytest.approx(0.625)
    assert figures["unknown_within_distance_of_95_percent"] == 0.0


def test_the_command_tells_it_for_people_and_for_programs(rings: Path, pretrained: bytes, tmp_path: Path) -> None:
    data = load(rings)
    card = {"name": "taught", "backbone": {"name": "b", "weights_sha256": "0"}}
    save(tmp_path / "b", *teach(data, data.of("train"), pretrained, card, lambda what, done, total: None))
    words = ["trust", str(rings), "--bundle", str(tmp_path / "b"), "--page", str(tmp_path / "page.html")]
    told_people = CliRunner().invoke(main, words)
    assert "ring-4 expected" in told_people.output
    assert "is not shown" in told_people.output, "twenty pictures show no escape rate of 2 %"
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg role=") == 2
    assert "http" not in page
    program = CliRunner().invoke(main, [*words, "--json"])
    figures = json.loads(program.stdout)
    assert {row["part_number"] for row in figures["expected"]} == {"ring-4", "ring-7"}
    assert figures["together"]["right"]["pictures"] == 4
    escaped = figures["together"]["wrong"]["passed"] + figures["together"]["unknown"]["passed"]
    assert program.exit_code == (1 if escaped else 0)
    assert len([*lines(figures["expected"])]) >= 8
