"""A candidate judges beside the line: it is recorded and compared, it delays nothing, and it signals nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.classifier import Prediction
from station import service
from station.assembly import shadowed
from station.errors import LogError
from station.log import queries
from station.log.record import Row
from station.loop import run
from station.recalibrated import Recalibrated
from station.shadow import Shadow, judged, together
from station.types import Gray, Inspection, Reason, Verdict
from tests.promises.stations import EXPECTED, OnTheBench, calibrate
from tests.station.releases import release, spoil

PATIENCE = 10.0  # seconds, real ones, that a thread may take for what it does in a few milliseconds


class Contrary:
    """A network that takes whatever it sees for the other part; it can be kept waiting, or made to fail."""

    part_numbers = (EXPECTED, "1041-B")

    def __init__(self) -> None:
        self.may_go, self.fails = threading.Event(), False
        self.may_go.set()
        self.threads: set[int] = set()

    def classify(self, patch: Gray) -> Prediction:
        self.threads.add(threading.get_ident())
        assert self.may_go.wait(PATIENCE)
        if self.fails:
            raise RuntimeError("the interpreter broke")
        return Prediction(np.array([0, 1], np.float32), np.array([1, 0], np.float32))


class Rig(OnTheBench):
    """A station on the bench with a candidate beside it, and a hand at its stage."""

    def __init__(self, folder: Path, waiting: int = 4) -> None:
        super().__init__(folder)
        self.candidate = Contrary()
        self.shadow = Shadow(replace(self.station.model, name="candidate", classifier=self.candidate), waiting)
        self.recalibrated = Recalibrated(folder / "calibration")
        self.station.between = self.recalibrated.look
        self.shadow.attend(self.station)
        service.start(self.station)
        self.look(1.0)

    def look(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def inspect(self, part_number: str = EXPECTED) -> Inspection:
        before = self.station.screen.view.inspection
        self.bench.place(part_number)
        self.look(2.0)
        self.bench.remove()
        self.look(2.0)
        inspection = self.station.screen.view.inspection
        assert inspection
        assert inspection is not before
        return inspection

    def wait_for(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < until, "the candidate did not come to its end"
            self.look(0.1)

    def recalibrate(self) -> None:
        """What a technician does under today's light, and the station between two parts."""
        calibrate(self.bench, self.camera, self.folder / "calibration")
        service.start(self.station)
        self.look(1.0)

    def events(self, kind: str = "shadow") -> list[Row]:
        with queries.reading(self.folder) as log:
            return [row for row in reversed(queries.events(log, limit=1000)) if row["kind"] == kind]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.candidate.may_go.set()
    rig.shadow.close(rig.station)
    rig.close()


def test_what_it_would_have_said_is_recorded_beside_what_was(rig: Rig) -> None:
    inspection = rig.inspect()
    rig.wait_for(lambda: bool(rig.events()))
    (event,) = rig.events()
    assert inspection.verdict is Verdict.PASS
    details = event["details"]
    assert (details["judged"], details["verdict"], details["would_be"]) == (inspection.sequence, "PASS", "REJECT")
    assert (details["would_be_reason"], details["predicted_part_number"]) == ("wrong_part", "1041-B")
    assert (details["active"], details["candidate"]) == (inspection.model, "candidate")
    assert (details["score"], details["dropped"], details["is_simulated"]) == (0.0, 0, True)
    assert event["sequence"] > inspection.sequence


def test_the_line_is_told_the_same_with_a_candidate_as_without(tmp_path: Path) -> None:
    """Whatever it says, and also when it fails."""

    def told(rig: OnTheBench) -> list[tuple[str, str]]:
        return [(message.word, message.detail) for message in rig.line.messages if message.word != "BEAT"]

    heard = []
    for name in ("without", "contrary", "failing"):
        rig = Rig(tmp_path / name)
        rig.candidate.fails = name == "failing"
        if name == "without":
            rig.station.beside = rig.station.between = None
        for part in (EXPECTED, "1041-B"):
            rig.inspect(part)
        rig.shadow.close(rig.station)
        heard.append(told(rig))
        assert len(rig.events()) == (0 if name == "without" else 2)
        rig.close()
    assert ("PASS" in [word for word, _ in heard[0]]) is True
    assert heard[0] == heard[1] == heard[2]


def test_each_placement_is_judged_under_the_calibration_that_stood_when_it_was_judged(rig: Rig) -> None:
    """Also one that still waits when another is put in use: else the comparison is of calibrations, not of bundles."""
    rig.candidate.may_go.clear()
    former = [rig.inspect(), rig.inspect()]  # one in hand, one waiting
    rig.bench.ageing = 0.6
    rig.recalibrate()
    inspections = [*former, rig.inspect()]
    rig.candidate.may_go.set()
    rig.wait_for(lambda: len(rig.events()) == 3)
    assert [inspection.verdict for inspection in inspections] == [Verdict.PASS] * 3
    assert [inspection.calibration[:4] for inspection in inspections] == ["0001", "0001", "0002"]
    assert [event["details"]["would_be_reason"] for event in rig.events()] == ["wrong_part"] * 3


def test_it_has_no_way_to_the_line_nor_to_the_log(rig: Rig) -> None:
    """Its thread holds a model and two queues; what it finds out is told by the thread that owns line and log."""
    held = vars(rig.shadow).values()
    assert not {id(rig.station), id(rig.line), id(rig.log), id(rig.station.signal)} & set(map(id, held))


def test_it_judges_on_a_thread_of_its_own_and_the_loop_records(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote: set[int] = set()
    note = rig.log.note

    def watched(kind: str, message: str, **details: Any) -> None:
        wrote.add(threading.get_ident())
        note(kind, message, **details)

    monkeypatch.setattr(rig.log, "note", watched)
    rig.inspect()
    rig.wait_for(lambda: bool(rig.events()))
    assert wrote == {threading.get_ident()}
    assert rig.candidate.threads
    assert threading.get_ident() not in rig.candidate.threads


def test_what_it_cannot_keep_up_with_is_dropped_and_counted_and_nothing_waits(tmp_path: Path) -> None:
    rig = Rig(tmp_path, waiting=1)
    rig.candidate.may_go.clear()
    verdicts = [rig.inspect().verdict for _ in range(4)]  # one in hand, one waiting, two too many
    assert verdicts == [Verdict.PASS] * 4
    assert rig.events() == []
    rig.candidate.may_go.set()
    rig.wait_for(lambda: len(rig.events()) == 2)
    assert [event["details"]["dropped"] for event in rig.events()] == [2, 0]
    rig.shadow.close(rig.station)
    rig.close()


def test_it_is_recorded_only_while_no_part_lies_on_the_stage(rig: Rig) -> None:
    rig.bench.place(EXPECTED)
    rig.look(3.0)
    assert rig.station.screen.view.inspection
    assert rig.line.asserts_pass
    assert rig.events() == []
    rig.bench.remove()
    rig.wait_for(lambda: len(rig.events()) == 1)


def test_a_candidate_that_fails_says_reject_and_goes_on(rig: Rig) -> None:
    rig.candidate.fails = True
    rig.inspect()
    rig.wait_for(lambda: len(rig.events()) == 1)
    rig.candidate.fails = False
    rig.inspect()
    rig.wait_for(lambda: len(rig.events()) == 2)
    assert [event["details"]["would_be_reason"] for event in rig.events()] == ["fault", "wrong_part"]


def test_a_judgement_that_cannot_be_recorded_is_there_still_when_it_can(rig: Rig) -> None:
    rig.inspect()
    rig.wait_for(lambda: len(rig.events()) == 1)
    rig.candidate.may_go.clear()
    rig.inspect()
    rig.log.is_full = True
    rig.candidate.may_go.set()
    with pytest.raises(LogError):
        rig.wait_for(lambda: len(rig.events()) == 2)
    rig.log.is_full = False
    rig.wait_for(lambda: len(rig.events()) == 2)


def test_at_the_end_the_last_judgements_are_recorded(rig: Rig) -> None:
    rig.candidate.may_go.clear()
    rig.inspect()
    rig.inspect()
    rig.candidate.may_go.set()
    rig.shadow.close(rig.station)
    assert len(rig.events()) == 2


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("candidate"), "candidate")


def test_the_candidate_of_the_configuration_is_at_work_meanwhile_and_swaps_go_on(
    tmp_path: Path, candidate: Path
) -> None:
    rig, looks = OnTheBench(tmp_path), []
    rig.station.between = lambda _: looks.append(1)
    with shadowed(rig.station, candidate):
        assert rig.station.beside
        rig.station.between(rig.station)
    assert looks == [1]
    rig.close()


def spoiled(candidate: Path) -> Path:
    spoil(candidate / "model.tflite")
    return candidate


def other_parts(candidate: Path) -> Path:
    renamed: dict[str, Any] = {"part_numbers": ["a", "b"]}
    renamed |= {table: {"a": 0.8, "b": 0.8} for table in ("score_thresholds", "distance_limits")}
    return release(candidate.parent, "others", **renamed)


def gone(candidate: Path) -> Path:
    return candidate / "nowhere"


@pytest.mark.parametrize("harm", [spoiled, other_parts, gone])
def test_a_candidate_that_cannot_be_used_keeps_no_line_from_running(tmp_path: Path, harm: Any) -> None:
    rig = OnTheBench(tmp_path / "data")
    place = harm(release(tmp_path, "candidate"))
    with shadowed(rig.station, place):
        assert rig.station.beside is None
        assert "shadow bundle is not at work" in rig.station.screen.view.notice
    with queries.reading(rig.folder) as log:
        assert [row["kind"] for row in queries.events(log)] == ["shadow_refused"]
    rig.close()


def test_without_one_nothing_is_different(tmp_path: Path) -> None:
    rig = OnTheBench(tmp_path)
    with shadowed(rig.station, None):
        assert rig.station.beside is None
    rig.close()


def test_whether_the_part_moved_and_was_verified_is_as_recorded(rig: Rig) -> None:
    inspection = rig.inspect()
    model = rig.station.model
    cases = [({"verified": 1.0}, Reason.NONE), ({}, Reason.NOT_VERIFIED), ({"moved": 1.0}, Reason.POOR_PICTURE)]
    rig.bench.place(EXPECTED)
    rig.look(2.0)
    frame = rig.station.screen.view.frame
    assert frame
    for measures, reason in cases:
        again = judged(model, replace(inspection, measures=measures), frame, model.profile)
        assert again.decision.reason is reason


def test_several_things_are_done_in_turn(rig: Rig) -> None:
    done: list[int] = []
    together(lambda _: done.append(1), lambda _: done.append(2))(rig.station)
    assert done == [1, 2]
