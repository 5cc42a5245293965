"""A frame's journey: what starts it, in which order it goes, and what a bad picture becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from models.classifier import Prediction
from station import service
from station.errors import CameraError, LogError, SignalError
from station.log import queries
from station.log.figures import figures
from station.loop import inspect, turn
from station.masters import UNNAMED
from station.orders.tally import Tally
from station.types import Frame, Gray, Inspection, Pictures, Reason, TriggerSource, Verdict
from station.verification import Verified
from tests.promises.stations import EXPECTED, OnTheBench


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[OnTheBench]:
    rig = OnTheBench(tmp_path)
    service.start(rig.station)
    watch(rig, 12)
    yield rig
    rig.close()


def watch(rig: OnTheBench, frames: int) -> list[Inspection]:
    return [inspection for _ in range(frames) if (inspection := turn(rig.station))]


def words(rig: OnTheBench) -> list[str]:
    return [message.word for message in rig.line.messages]


def test_a_part_is_judged_recorded_told_and_shown(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    (inspection,) = watch(rig, 45)
    assert inspection.verdict is Verdict.PASS
    assert inspection.image_sha256
    assert inspection.is_simulated
    assert rig.line.asserts_pass
    assert rig.station.screen.view.inspection == inspection
    with queries.reading(rig.folder) as log:
        row = queries.show(log, str(inspection.sequence))
    assert row
    assert row["trigger"] == "presence"
    assert {"light", "sharpness", "clipped", "parts", f"score {EXPECTED}", f"distance {EXPECTED}"} <= row[
        "measures"
    ].keys()


def test_the_judged_frame_is_newer_than_the_look_that_triggered_it(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    before = rig.station.seen
    while not (inspection := turn(rig.station)):
        before = rig.station.seen
    assert rig.station.seen > before
    assert rig.station.screen.view.frame
    assert rig.station.screen.view.frame.monotonic == rig.station.seen
    assert inspection.acquired_at == rig.station.screen.view.frame.acquired_at


def test_one_placement_is_one_record_and_pass_ends_when_the_part_is_taken(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    assert len(watch(rig, 120)) == 1
    rig.bench.remove()
    assert watch(rig, 40) == []
    assert not rig.line.asserts_pass
    rig.bench.place(EXPECTED)
    assert len(watch(rig, 60)) == 1


def test_pass_is_withdrawn_as_soon_as_the_part_moves(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    watch(rig, 45)
    rig.bench.nudge()
    watch(rig, 1)
    assert not rig.line.asserts_pass


@pytest.mark.parametrize("source", [TriggerSource.GPIO, TriggerSource.SERIAL])
def test_the_line_may_ask_where_it_is_named_as_a_source(rig: OnTheBench, source: TriggerSource) -> None:
    rig.station.sources = frozenset({source})
    rig.line.request(source)
    (inspection,) = watch(rig, 5)
    assert (inspection.trigger, inspection.reason) == (source, Reason.POOR_PICTURE)  # nobody has laid a part
    assert "No part" in inspection.advice


def test_a_key_asks_like_the_line_does(rig: OnTheBench) -> None:
    rig.station.sources = frozenset({TriggerSource.KEY})
    rig.station.ask(TriggerSource.KEY)
    (inspection,) = watch(rig, 3)
    assert inspection.trigger is TriggerSource.KEY


def test_a_source_that_is_not_named_is_not_heeded(rig: OnTheBench) -> None:
    rig.line.request(TriggerSource.GPIO)
    assert watch(rig, 5) == []


def test_a_judged_part_is_not_judged_again_on_request(rig: OnTheBench) -> None:
    rig.station.sources = frozenset({TriggerSource.PRESENCE, TriggerSource.GPIO})
    rig.bench.place(EXPECTED)
    watch(rig, 45)
    rig.line.request(TriggerSource.GPIO)
    assert watch(rig, 5) == []


def test_a_part_in_motion_is_not_passed_on_request(rig: OnTheBench) -> None:
    rig.station.sources = frozenset({TriggerSource.GPIO})
    rig.bench.place(EXPECTED)
    watch(rig, 8)  # the hand is on its way
    rig.line.request(TriggerSource.GPIO)
    (inspection,) = watch(rig, 1)
    assert inspection.verdict is not Verdict.PASS


def test_a_picture_that_cannot_be_decoded_is_a_recorded_reject(rig: OnTheBench) -> None:
    frame = replace(_frame(rig), encoded=b"no picture")
    inspection = inspect(rig.station, frame, TriggerSource.KEY)
    assert (inspection.verdict, inspection.reason) == (Verdict.REJECT, Reason.FAULT)
    assert inspection.sequence > 0
    assert words(rig)[-1] == "REJECT"


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1.0])
def test_a_network_that_answers_nonsense_passes_nothing(rig: OnTheBench, score: float) -> None:
    class Nonsense:
        part_numbers = rig.station.model.classifier.part_numbers

        def classify(self, patch: Gray) -> Prediction:
            return Prediction(np.array([score, score], np.float32), np.array([1, 0], np.float32))

    rig.station.model = replace(rig.station.model, classifier=Nonsense())
    rig.bench.place(EXPECTED)
    (inspection,) = watch(rig, 45)
    assert inspection.verdict is not Verdict.PASS
    assert not rig.line.asserts_pass


class Undecided:
    """A network that sees both parts alike."""

    part_numbers = (EXPECTED, "1041-B")

    def classify(self, patch: Gray) -> Prediction:
        return Prediction(np.array([0.5, 0.5], np.float32), np.array([1, 0], np.float32))


def laid_again(rig: OnTheBench, times: int) -> Iterator[Inspection]:
    """The right part, laid so often, before a network that cannot tell."""
    rig.station.model = replace(rig.station.model, classifier=Undecided())
    for _ in range(times):
        rig.bench.place(EXPECTED)
        yield from watch(rig, 45)
        rig.bench.remove()
        watch(rig, 40)


def test_a_part_that_stays_unsure_is_laid_three_times_and_then_on_hold(rig: OnTheBench) -> None:
    tries = list(laid_again(rig, 4))
    assert [one.measures["attempt"] for one in tries] == [1, 2, 3, 1]
    assert tries[2].advice == "Put the part aside, on hold."
    with queries.reading(rig.folder) as log:
        (hold,) = queries.events(log, kinds=["hold"])
        row = queries.show(log, str(tries[1].sequence))
    assert hold["details"]["records"] == [one.sequence for one in tries[:3]]
    assert row
    assert row["measures"]["attempt"] == 2


def test_a_golden_part_that_stays_unsure_is_not_on_hold_and_is_said_what_to_do(rig: OnTheBench) -> None:
    rig.station.verification = Verified(3600.0, clock=rig.clock)
    watch(rig, 2)
    *_, last = laid_again(rig, 3)
    assert "on hold" not in last.advice
    assert "Clean the part" in last.advice
    assert "call the technician" in last.advice
    assert rig.station.verification.asks.startswith("Verification has failed")
    with queries.reading(rig.folder) as log:
        assert not queries.events(log, kinds=["hold"])


def test_a_golden_part_that_is_overdue_and_stays_unsure_has_failed_nothing_and_is_said_what_to_do(
    rig: OnTheBench,
) -> None:
    golden, challenge = UNNAMED
    overdue = replace(golden, due=rig.clock.now().date() - timedelta(days=1))
    rig.station.verification = Verified(3600.0, (overdue, challenge), rig.clock)
    watch(rig, 2)
    *_, last = laid_again(rig, 3)
    assert (last.verdict, last.measures["attempt"]) == (Verdict.UNSURE, 3)
    assert "verification has not failed, but is still to be done. The golden part was due on" in last.advice
    assert "Have it checked" in last.advice
    assert "has failed" not in last.advice + rig.station.verification.asks
    assert rig.station.verification.wants == overdue
    assert not rig.station.verification.is_open(rig.clock.monotonic())
    with queries.reading(rig.folder) as log:
        assert not queries.events(log, kinds=["hold"])
        assert queries.failed_verification(log) is None


def test_an_attempt_that_the_line_did_not_acknowledge_counts(rig: OnTheBench) -> None:
    rig.line.acknowledges = False
    rig.bench.place_two(EXPECTED, EXPECTED)
    with pytest.raises(SignalError):
        watch(rig, 45)
    assert rig.station.attempts.number(rig.clock.monotonic()) == 2


def test_a_pass_that_the_line_did_not_acknowledge_counts_towards_the_order_as_in_the_log(rig: OnTheBench) -> None:
    rig.station.tally = Tally(quantity=1)
    rig.line.acknowledges = False
    rig.bench.place(EXPECTED)
    with pytest.raises(SignalError):
        watch(rig, 45)
    assert rig.station.tally.is_full, "the line may have heard it"


def test_a_golden_part_that_was_not_recorded_verifies_nothing(rig: OnTheBench) -> None:
    rig.station.verification = Verified(3600.0, clock=rig.clock)
    watch(rig, 2)
    rig.bench.place(EXPECTED)
    rig.log.is_full = True
    with pytest.raises(LogError):
        watch(rig, 45)
    assert rig.station.screen.view.message == "The station has started. Lay the golden part on the stage."
    assert rig.station.verification.wants
    assert rig.station.verification.wants.role == "golden"


def test_a_network_that_fails_is_a_recorded_reject(rig: OnTheBench) -> None:
    class Broken:
        part_numbers = rig.station.model.classifier.part_numbers

        def classify(self, patch: Gray) -> Prediction:
            raise RuntimeError("the interpreter broke")

    rig.station.model = replace(rig.station.model, classifier=Broken())
    inspection = inspect(rig.station, _frame(rig), TriggerSource.KEY)
    assert (inspection.verdict, inspection.reason) == (Verdict.REJECT, Reason.FAULT)


def test_without_its_record_nothing_is_told(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    rig.log.is_full = True
    with pytest.raises(LogError):
        watch(rig, 45)
    assert "PASS" not in words(rig)


def test_a_record_that_took_too_long_is_not_told_for_another_part_may_lie_there(rig: OnTheBench) -> None:
    append = rig.log.append

    def stalled(inspection: Inspection, pictures: Pictures) -> Inspection:
        rig.clock.sleep(30.0)
        return append(inspection, pictures)

    rig.log.append = stalled  # type: ignore[method-assign] # a stand-in
    rig.bench.place(EXPECTED)
    with pytest.raises(LogError, match="took longer"):
        watch(rig, 45)
    assert "PASS" not in words(rig)


def test_what_is_judged_on_request_was_taken_after_the_request(rig: OnTheBench) -> None:
    rig.station.sources = frozenset({TriggerSource.GPIO})
    rig.clock.sleep(0.03)  # almost a frame after the last look
    asked = rig.clock.now()
    rig.line.request(TriggerSource.GPIO)
    (inspection,) = watch(rig, 1)
    assert inspection.acquired_at > asked


def test_a_line_that_does_not_acknowledge_is_a_fault_and_reads_reject(rig: OnTheBench) -> None:
    rig.line.acknowledges = False
    rig.bench.place(EXPECTED)
    with pytest.raises(SignalError):
        watch(rig, 45)
    assert not rig.line.asserts_pass


def test_an_old_frame_is_a_camera_fault(rig: OnTheBench) -> None:
    rig.bench.frozen = rig.bench.frozen_times = True
    with pytest.raises(CameraError):
        watch(rig, 2)


def shown_again(frame: Frame) -> Frame:
    """The same picture in other bytes: what holds whole frames against each other takes it for a new one."""
    assert frame.encoded
    return replace(frame, encoded=frame.encoded[:2] + b"\xff\xfe\x00\x06else" + frame.encoded[2:])


def test_a_part_that_looks_exactly_like_one_before_is_a_camera_fault_and_no_verdict(rig: OnTheBench) -> None:
    frame = _frame(rig)
    assert inspect(rig.station, frame, TriggerSource.KEY).verdict is Verdict.PASS
    told = words(rig).count("PASS")
    with pytest.raises(CameraError, match="exactly as it showed one before"):
        inspect(rig.station, shown_again(frame), TriggerSource.KEY)
    assert words(rig).count("PASS") == told
    assert not rig.line.asserts_pass
    with queries.reading(rig.folder) as log:
        assert log.execute("SELECT count(*) FROM inspections").fetchone()[0] == 1


def test_a_replayed_folder_may_hold_one_picture_twice(rig: OnTheBench) -> None:
    frame = _frame(rig)
    rig.station.trigger = None
    for picture in (frame, shown_again(frame)):
        assert inspect(rig.station, picture, TriggerSource.REPLAY).verdict is Verdict.PASS


def _frame(rig: OnTheBench) -> Frame:
    rig.bench.place(EXPECTED)
    while rig.bench.busy:
        rig.camera.read(rig.clock.monotonic())
    return rig.camera.read(rig.clock.monotonic())


def test_a_golden_part_whose_line_failed_is_no_production(rig: OnTheBench) -> None:
    rig.station.verification = Verified(3600.0, clock=rig.clock)
    watch(rig, 2)
    rig.line.acknowledges = False
    rig.bench.place(EXPECTED)
    with pytest.raises(SignalError) as trouble:
        watch(rig, 45)
    service.fail(rig.station, trouble.value)
    with queries.reading(rig.folder) as log:
        [figure] = figures(log)
    assert (figure.inspected, figure.masters) == (0, 1)


def test_a_challenge_part_that_would_have_passed_has_failed_also_where_the_line_did(rig: OnTheBench) -> None:
    golden, challenge = UNNAMED
    rig.station.verification = Verified(3600.0, [challenge, golden], clock=rig.clock)
    watch(rig, 2)
    rig.line.acknowledges = False
    rig.bench.place("1041-B")  # the network of this bench believes everything
    with pytest.raises(SignalError):
        watch(rig, 45)
    assert rig.station.verification.asks.startswith("Verification has failed")
