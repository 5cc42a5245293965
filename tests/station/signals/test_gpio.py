"""The GPIO line on mock pins: what is high when, what counts as an acknowledgement, and what is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import SignalError
from station.signals.gpio import GpioLine
from station.types import Inspection, Reason, TriggerSource, Verdict
from tests.station.factories import inspection
from tests.station.signals.plc import Meanwhile
from tests.station.signals.wires import PINS, Wires

PASSED = inspection(sequence=1)
REJECTED = inspection(sequence=2, verdict=Verdict.REJECT, reason=Reason.WRONG_PART)
UNSURE = inspection(sequence=3, verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE)


@pytest.fixture
def wires() -> Wires:
    return Wires()


@pytest.fixture
def line(wires: Wires) -> Iterator[GpioLine]:
    """Without ACK."""
    line = GpioLine(trigger_pin=PINS["TRIGGER"], pin_factory=wires, clock=Meanwhile(lambda seconds: None))
    line.open()
    yield line
    line.close()


def with_ack(wires: Wires, meanwhile: Callable[[], object]) -> GpioLine:
    """A line with ACK, opened; the controller acts while the station waits."""
    line = GpioLine(ack_pin=PINS["ACK"], pin_factory=wires, clock=Meanwhile(lambda seconds: meanwhile()))
    line.open()
    return line


def test_an_opened_line_says_reject(line: GpioLine, wires: Wires) -> None:
    assert wires.high() == {"REJECT"}


def test_while_a_part_is_inspected_there_is_no_verdict(line: GpioLine, wires: Wires) -> None:
    line.send(PASSED)
    line.busy()
    assert wires.high() == {"BUSY"}


@pytest.mark.parametrize(("told", "word"), [(PASSED, "PASS"), (REJECTED, "REJECT"), (UNSURE, "REJECT")])
def test_a_verdict_is_one_pin_and_unsure_is_reject(line: GpioLine, wires: Wires, told: Inspection, word: str) -> None:
    line.busy()
    line.send(told)
    assert wires.high() == {word}


@pytest.mark.parametrize(("told", "word"), [(PASSED, "PASS"), (REJECTED, "REJECT")])
def test_the_verdict_is_there_before_busy_falls(line: GpioLine, wires: Wires, told: Inspection, word: str) -> None:
    line.busy()
    line.send(told)
    assert wires.instants[-2:] == [{"BUSY", word}, {word}]


def test_a_verdict_without_a_record_is_not_told(line: GpioLine, wires: Wires) -> None:
    line.busy()
    with pytest.raises(SignalError, match="no record"):
        line.send(inspection(sequence=0))
    assert "PASS" not in wires.high()


def test_a_part_that_was_moved_has_no_verdict(line: GpioLine, wires: Wires) -> None:
    line.send(PASSED)
    line.clear()
    assert wires.high() == set()


def test_a_fault_is_reject_without_a_heartbeat(line: GpioLine, wires: Wires) -> None:
    line.beat(0.0)
    line.send(PASSED)
    line.fault("camera")
    assert wires.high() == {"REJECT", "FAULT"}


def test_a_fault_is_over_when_the_heart_beats_again(line: GpioLine, wires: Wires) -> None:
    line.fault("camera")
    line.beat(now=1.0)
    assert wires.high() == {"REJECT", "READY"}


def test_a_fault_that_is_told_again_moves_no_pin(line: GpioLine, wires: Wires) -> None:
    line.fault("camera")
    told = len(wires.instants)
    line.fault("camera")
    assert len(wires.instants) == told


def test_busy_falls_in_a_fault_only_when_the_line_reads_reject(line: GpioLine, wires: Wires) -> None:
    line.busy()
    line.fault("camera")
    assert wires.instants[-2:] == [{"BUSY", "REJECT", "FAULT"}, {"REJECT", "FAULT"}]


def test_a_closed_line_drives_nothing(line: GpioLine, wires: Wires) -> None:
    line.beat(0.0)
    line.send(PASSED)
    line.close()
    line.close()
    assert wires.high() == set()
    assert {pin.function for pin in wires.pins.values()} == {"input"}


def test_a_closed_line_reads_reject_even_where_a_resistor_was_forgotten(line: GpioLine, wires: Wires) -> None:
    wires.has_resistors = False
    line.send(PASSED)
    line.close()
    assert wires.high() == set()


def test_a_pass_that_cannot_be_withdrawn_is_let_go_of(line: GpioLine, wires: Wires) -> None:
    line.send(PASSED)
    wires.is_gone = True
    with pytest.raises(SignalError):
        line.busy()
    assert wires.high() == set()


def test_ready_pulses_once_a_second(line: GpioLine, wires: Wires) -> None:
    levels = []
    for turn in range(101):
        line.beat(turn / 32)
        levels.append("READY" in wires.high())
    assert levels[:17] == [True] * 16 + [False]
    assert sum(now != before for before, now in pairwise(levels)) == 6


def test_without_a_beat_ready_does_not_move(line: GpioLine, wires: Wires) -> None:
    for _ in range(3):
        line.triggered()
        line.busy()
        line.send(PASSED)
        line.clear()
    assert not any("READY" in high for high in wires.instants)


CALLS: dict[str, Callable[[GpioLine], object]] = {
    "open": GpioLine.open,
    "close": GpioLine.close,
    "beat": lambda line: line.beat(0.0),
    "busy": GpioLine.busy,
    "pass": lambda line: line.send(PASSED),
    "reject": lambda line: line.send(REJECTED),
    "unsure": lambda line: line.send(UNSURE),
    "clear": GpioLine.clear,
    "fault": lambda line: line.fault("camera"),
    "triggered": GpioLine.triggered,
}
KEEPS_A_PASS = {"beat", "triggered"}


@given(st.lists(st.tuples(st.sampled_from(sorted(CALLS)), st.none() | st.integers(0, 6))), st.booleans())
@settings(deadline=None, max_examples=50)
def test_pass_is_high_only_from_its_verdict_to_whatever_comes_next(
    calls: list[tuple[str, int | None]], acknowledges: bool
) -> None:
    """In each call one write may not be obeyed."""
    wires = Wires()
    line = with_ack(wires, (lambda: wires.turn("ACK")) if acknowledges else (lambda: None))
    may_pass = False
    for call, wires.fails_in in calls:
        begun = len(wires.instants)
        try:
            CALLS[call](line)
            may_pass = call == "pass" or (may_pass and call in KEEPS_A_PASS)
        except SignalError:
            may_pass = False
        assert ("PASS" in wires.high()) == may_pass
        if call != "pass":
            assert not rises("PASS", wires.instants[max(0, begun - 1) :])
    wires.fails_in = None
    line.close()
    assert wires.high() <= {"ACK"}
    assert not any({"PASS", "REJECT"} <= high for high in wires.instants)


def rises(word: str, instants: list[set[str]]) -> bool:
    return any(word in now and word not in before for before, now in pairwise(instants))


def test_a_verdict_that_is_acknowledged_stays(wires: Wires) -> None:
    line = with_ack(wires, lambda: wires.drive("ACK", "PASS" in wires.high()))
    line.busy()
    line.send(PASSED)
    assert wires.high() == {"PASS", "ACK"}
    line.close()


@pytest.mark.parametrize("told", [PASSED, REJECTED])
def test_a_verdict_that_is_not_acknowledged_is_reject_and_a_fault(wires: Wires, told: Inspection) -> None:
    line = with_ack(wires, lambda: None)
    line.busy()
    with pytest.raises(SignalError, match=r"did not acknowledge within 0\.5 s: look at the controller"):
        line.send(told)
    assert wires.high() == {"REJECT"}
    line.close()


def test_an_acknowledgement_that_was_high_before_the_verdict_is_none(wires: Wires) -> None:
    line = with_ack(wires, lambda: wires.drive("ACK", True))
    wires.drive("ACK", True)
    with pytest.raises(SignalError, match="did not acknowledge"):
        line.send(PASSED)
    line.close()


def test_an_acknowledgement_that_falls_and_rises_again_counts(wires: Wires) -> None:
    line = with_ack(wires, lambda: wires.turn("ACK"))
    wires.drive("ACK", True)
    line.send(PASSED)
    assert "PASS" in wires.high()
    line.close()


def test_the_station_waits_for_an_acknowledgement_no_longer_than_the_limit(wires: Wires) -> None:
    clock = Meanwhile(lambda seconds: None)
    line = GpioLine(ack_pin=PINS["ACK"], ack_limit=0.25, pin_factory=wires, clock=clock)
    line.open()
    with pytest.raises(SignalError):
        line.send(PASSED)
    assert 0.25 <= clock.monotonic() <= 0.26
    line.close()


def test_a_pulse_of_trigger_is_one_request(line: GpioLine, wires: Wires) -> None:
    assert line.triggered() is None
    wires.drive("TRIGGER", True)
    wires.drive("TRIGGER", False)
    assert line.triggered() is TriggerSource.GPIO
    assert line.triggered() is None


def test_a_trigger_that_stays_high_is_one_request(line: GpioLine, wires: Wires) -> None:
    wires.drive("TRIGGER", True)
    assert line.triggered() is TriggerSource.GPIO
    assert line.triggered() is None


def test_a_trigger_from_before_the_line_was_opened_does_not_count(line: GpioLine, wires: Wires) -> None:
    wires.drive("TRIGGER", True)
    line.close()
    line.open()
    assert line.triggered() is None


def test_the_chip_is_told_to_debounce_trigger(line: GpioLine, wires: Wires) -> None:
    assert wires.pin(PINS["TRIGGER"]).bounce == pytest.approx(0.005)


def test_a_pin_in_use_is_named_and_the_others_are_let_go(line: GpioLine, wires: Wires) -> None:
    other = GpioLine(pass_pin=16, reject_pin=PINS["REJECT"], pin_factory=wires, clock=Meanwhile(lambda seconds: None))
    with pytest.raises(SignalError, match=r"REJECT cannot have GPIO 27 .* stop the program that holds it"):
        other.open()
    assert wires.pin(16).function == "input"
    assert wires.high() == {"REJECT"}  # whose it is is none the worse


@pytest.mark.parametrize("call", sorted(set(CALLS) - {"open", "close"}))
def test_a_line_that_is_not_open_cannot_be_told_anything(wires: Wires, call: str) -> None:
    with pytest.raises(SignalError, match="not open"):
        CALLS[call](GpioLine(pin_factory=wires, clock=Meanwhile(lambda seconds: None)))


@pytest.mark.parametrize("call", ["beat", "busy", "pass", "clear", "fault", "open"])
def test_a_chip_that_is_gone_is_a_fault_and_can_be_closed(line: GpioLine, wires: Wires, call: str) -> None:
    wires.is_gone = True
    with pytest.raises(SignalError, match="no such device"):
        CALLS[call](line)
    line.close()


def test_a_chip_that_came_back_is_opened_again(line: GpioLine, wires: Wires) -> None:
    wires.is_gone = True
    with pytest.raises(SignalError):
        line.busy()
    line.close()
    wires.reset()
    wires.is_gone = False
    line.open()
    line.send(PASSED)
    assert wires.high() == {"PASS"}
