"""Any verdict can be judged again from the archived picture and the model that the record names (promise 6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Bundle
from station import assembly, loop, rejudge, service
from station.assembly import BENCH, EXPECTED
from station.log import queries
from station.log.archive import Archive
from station.log.record import Row
from station.log.store import TraceabilityLog
from station.rejudge import AWAY, STEP, Again, Changed, Judge, Likeness, compared, evidence_of
from station.simulation.dataset import write
from station.types import Reason, SystemClock, Verdict
from tests.station.factories import inspection
from tests.station.log.samples import pictures
from tests.station.releases import release
from tests.station.test_recipe import GOOD


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs") / "pictures"
    assert len(list(write(folder, count=4, seed=7))) == 12
    return folder


def judged(photographs: Path, data: Path, bundle: Path = BENCH) -> list[Row]:
    """The records of a replay of all photographs."""
    with assembly.replay(photographs, None, bundle, EXPECTED, data) as replay, service.started(replay.station):
        list(loop.replay(replay.station))
    return rows(data)


def rows(data: Path) -> list[Row]:
    with queries.reading(data) as log:
        return list(queries.onward(log, queries.Search()))


def again(data: Path, rows: list[Row], changed: Changed = Changed(), configured: Path | None = None) -> list[Again]:  # noqa: B008 - it is frozen
    with queries.reading(data) as log:
        judge = Judge(data, queries.runtimes(log), changed, configured)
    return [judge.again(row) for row in rows]


@pytest.fixture(scope="module")
def data(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rejudge")
    judged(photographs, folder)
    return folder


@pytest.fixture
def records(data: Path) -> list[Row]:
    return rows(data)


def numbers(each: Row) -> dict[str, float]:
    return {name: value for name, value in each["measures"].items() if name.startswith(("score", "distance"))}


def test_every_verdict_comes_out_again_bit_for_bit(data: Path, records: list[Row]) -> None:
    told = again(data, records)
    assert len(told) == 12
    assert {row["verdict"] for row in records} == {"PASS", "REJECT"}
    assert {each.likeness for each in told} == {Likeness.SAME}
    assert all(each.same_runtime and each.is_kept and not each.changes for each in told)
    assert [each.score for each in told] == [row["score"] for row in records]
    assert [each.distance for each in told] == [row["distance"] for row in records]


def look(demo: assembly.Demo, seconds: float) -> None:
    until = demo.station.clock.monotonic() + seconds
    while demo.station.clock.monotonic() < until:
        loop.turn(demo.station)


def test_the_live_line_is_judged_again_as_a_replay_is(tmp_path: Path) -> None:
    """With all that only a stage measures: light, focus, motion."""
    with assembly.demo(tmp_path, seed=3, accelerated=True) as demo, service.started(demo.station):
        look(demo, 1.0)  # the stage has to be seen empty first
        for part in (EXPECTED, "1041-B", "1042"):
            demo.bench.place(part)
            look(demo, 2.0)
            demo.bench.remove()
            look(demo, 2.0)
    told = again(tmp_path, rows(tmp_path))
    assert len(told) == 3
    assert [(each.likeness, each.changes) for each in told] == [(Likeness.SAME, False)] * 3


@pytest.mark.parametrize(
    ("by", "likeness"),
    [(5e-8, Likeness.STEP), (STEP, Likeness.STEP), (1.1 * AWAY, Likeness.OTHER)],
)
@pytest.mark.parametrize("number", [f"score {EXPECTED}", "distance 1041-B"])
def test_a_number_that_comes_out_otherwise_is_seen(
    data: Path, records: list[Row], number: str, by: float, likeness: Likeness
) -> None:
    moved = {**records[0], "measures": {**records[0]["measures"], number: records[0]["measures"][number] + by}}
    (told,) = again(data, [moved])
    assert told.likeness == likeness
    assert not told.is_kept  # the runtime is the same: it has to be the same to the bit


def test_another_runtime_may_be_one_step_away_and_no_more(
    data: Path, records: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejudge, "runtime", lambda: {"machine": "another"})
    measures = records[0]["measures"]
    near, far = (
        {**records[0], "measures": {**measures, f"score {EXPECTED}": measures[f"score {EXPECTED}"] - steps * STEP}}
        for steps in (1, 3)
    )
    told = again(data, [near, far])
    assert [(each.same_runtime, each.likeness, each.is_kept) for each in told] == [
        (False, Likeness.STEP, True),
        (False, Likeness.OTHER, False),
    ]


def test_a_record_of_before_starts_said_what_they_compute_with_may_be_one_step_away(
    data: Path, records: list[Row]
) -> None:
    (told,) = [Judge(data, [(1, None)]).again(records[0])]
    assert (told.same_runtime, told.likeness) == (None, Likeness.SAME)


def test_another_bundle_gives_what_it_would_have_given_on_the_line(
    photographs: Path, data: Path, records: list[Row], tmp_path: Path
) -> None:
    """It cuts another window and knows fewer examples; parts that reach out of the window count as not in view."""
    card: dict[str, Any] = {"preparation": {"window": 352, "size": 224}}
    candidate = release(tmp_path, "candidate", **card, score_thresholds={EXPECTED: 0.9, "1041-B": 0.8})
    there = judged(photographs, tmp_path / "there", candidate)
    told = again(data, records, Changed(Bundle.load(candidate)))
    assert [each.decision and (each.decision.verdict.value, each.decision.reason.value) for each in told] == [
        (row["verdict"], row["reason"]) for row in there
    ]
    assert [(each.score, each.distance) for each in told] == [(row["score"], row["distance"]) for row in there]
    assert any(numbers(one) != numbers(other) for one, other in zip(records, there, strict=True))
    assert {each.likeness for each in told} == {None}


def test_the_bundle_of_the_record_by_another_way_is_the_bundle_of_the_record(data: Path, records: list[Row]) -> None:
    assert {each.likeness for each in again(data, records, Changed(Bundle.load(BENCH)))} == {Likeness.SAME}


def test_a_threshold_alone_is_held_against_the_record_and_needs_no_picture(
    data: Path, records: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Archive, "read", lambda *_: None)
    told = again(data, records, Changed(thresholds={EXPECTED: 1.5}))
    changed = [each for each in told if each.changes]
    assert [each.row["verdict"] for each in changed] == ["PASS"] * sum(row["verdict"] == "PASS" for row in records)
    assert {each.decision.reason for each in changed if each.decision} == {Reason.TOO_CLOSE}


def purged(data: Path, row: Row) -> None:
    path = Archive(data).path_of(row["image_sha256"])
    assert path
    path.unlink()


def damaged(data: Path, row: Row) -> None:
    path = Archive(data).path_of(row["image_sha256"])
    assert path
    path.write_bytes(b"another")


@pytest.mark.parametrize(("harm", "told"), [(purged, "not kept any more"), (damaged, "damaged")])
def test_a_picture_that_is_not_there_is_told_and_the_others_go_on(
    photographs: Path, tmp_path: Path, harm: Callable[[Path, Row], None], told: str
) -> None:
    records = judged(photographs, tmp_path)
    harm(tmp_path, records[2])
    seen = again(tmp_path, records)
    assert told in seen[2].trouble
    assert seen[2].decision is None
    assert not seen[2].changes
    assert sum(each.likeness is Likeness.SAME for each in seen) == 11


def test_a_bundle_that_is_gone_is_named(photographs: Path, tmp_path: Path) -> None:
    bundle = release(tmp_path, "gone")
    records = judged(photographs, tmp_path / "data", bundle)[:1]
    (there,) = again(tmp_path / "data", records, configured=bundle)
    (gone,) = again(tmp_path / "data", records)
    assert there.likeness is Likeness.SAME
    assert Bundle.load(bundle).sha256 in gone.trouble


def test_a_fault_without_a_judged_picture_stays_what_it_was(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        log.append(inspection(verdict=Verdict.REJECT, reason=Reason.FAULT), pictures())
    (told,) = again(tmp_path, rows(tmp_path))
    assert "fault" in told.trouble


@pytest.mark.parametrize(
    ("verdict", "reason", "verification", "verified"),
    [
        ("PASS", "", "golden in record 1, challenge in record 2", True),
        ("REJECT", "not_verified", "not verified", False),
        ("REJECT", "wrong_part", "not verified", False),
        ("REJECT", "wrong_part", "waived: replay has no stage", True),
    ],
)
def test_whether_an_older_record_was_verified_is_read_from_its_other_columns(
    records: list[Row], verdict: str, reason: str, verification: str, verified: bool
) -> None:
    measures = {name: value for name, value in records[0]["measures"].items() if name != "verified"}
    row = {**records[0], "measures": measures, "verdict": verdict, "reason": reason, "verification": verification}
    assert evidence_of(row).verified is verified


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_only_equal_numbers_are_bit_for_bit(was: float, is_: float) -> None:
    likeness = compared(replace(GOOD, distances={"A": was, "B": 0.6}), replace(GOOD, distances={"A": is_, "B": 0.6}))
    same = was == is_ or (math.isnan(was) and math.isnan(is_))
    assert (likeness is Likeness.SAME) == same
    if likeness is Likeness.STEP:
        assert abs(was - is_) <= AWAY


def test_other_part_numbers_are_another_answer() -> None:
    assert compared(GOOD, replace(GOOD, scores={"A": 0.99}, distances={"A": 0.05})) is Likeness.OTHER
