"""The line's end of the signal, and the lamp."""

from __future__ import annotations

import pytest

from station.errors import LightError, SignalError
from station.simulation import SimulatedLight, SimulatedLine
from station.simulation.line import KEPT
from station.types import Reason, TriggerSource, Verdict
from tests.station.factories import inspection
from tests.station.simulation.rig import Rig

PASSED = inspection()
REJECTED = inspection(verdict=Verdict.REJECT, reason=Reason.WRONG_PART)
UNSURE = inspection(verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE)


@pytest.fixture
def line() -> SimulatedLine:
    line = SimulatedLine(Rig().bench)
    line.open()
    return line


def test_it_reads_pass_only_after_a_pass(line: SimulatedLine) -> None:
    assert not line.asserts_pass
    for told, read in ((REJECTED, False), (PASSED, True), (UNSURE, False)):
        line.send(told)
        assert line.asserts_pass is read


@pytest.mark.parametrize("after", ["busy", "clear", "close", "open", "fault", "send"])
def test_whatever_comes_after_a_pass_withdraws_it(line: SimulatedLine, after: str) -> None:
    line.send(PASSED)
    arguments = {"fault": ("camera",), "send": (REJECTED,)}.get(after, ())
    getattr(line, after)(*arguments)
    assert not line.asserts_pass


def test_every_message_is_kept_in_order_with_its_time(line: SimulatedLine) -> None:
    line.busy()
    line.send(REJECTED)
    line.fault("camera")
    assert [(message.word, message.detail) for message in line.messages] == [
        ("OPEN", ""),
        ("BUSY", ""),
        ("REJECT", "wrong_part"),
        ("FAULT", "camera"),
    ]
    assert line.messages[2].inspection is REJECTED


def test_only_the_newest_messages_are_kept(line: SimulatedLine) -> None:
    """A demo may run for days; each message holds its inspection."""
    for _ in range(KEPT):
        line.busy()
    line.send(PASSED)
    assert len(line.messages) == KEPT
    assert line.messages[-1].inspection is PASSED


def test_a_verdict_that_is_not_acknowledged_is_no_pass(line: SimulatedLine) -> None:
    line.acknowledges = False
    with pytest.raises(SignalError, match="acknowledge"):
        line.send(PASSED)
    assert not line.asserts_pass


def test_a_cut_cable_reads_reject_and_is_told_of(line: SimulatedLine) -> None:
    line.send(PASSED)
    line.broken = True
    assert not line.asserts_pass
    attempts = (
        line.open,
        line.busy,
        line.clear,
        line.triggered,
        lambda: line.beat(1.0),
        lambda: line.fault("x"),
        lambda: line.send(PASSED),
    )
    for attempt in attempts:
        with pytest.raises(SignalError, match="cable"):
            attempt()
    line.close()


def test_a_mended_cable_does_not_bring_an_old_pass_back(line: SimulatedLine) -> None:
    line.send(PASSED)
    line.broken = True
    with pytest.raises(SignalError):
        line.busy()
    line.broken = False
    assert not line.asserts_pass


def test_its_requests_are_answered_one_by_one(line: SimulatedLine) -> None:
    line.request()
    line.request(TriggerSource.SERIAL)
    assert [line.triggered() for _ in range(3)] == [TriggerSource.GPIO, TriggerSource.SERIAL, None]


def test_a_heartbeat_is_kept_but_is_no_message(line: SimulatedLine) -> None:
    line.send(PASSED)
    line.beat(7.5)
    assert line.last_beat == 7.5
    assert line.asserts_pass


def test_the_lamp_obeys_and_refuses_what_it_cannot_give() -> None:
    rig = Rig()
    light = SimulatedLight(rig.bench)
    light.set_level(0.25)
    assert light.level == rig.bench.lighting().lamp == 0.25
    for level in (-0.1, 1.1, float("nan")):
        with pytest.raises(LightError, match="from 0 to 1"):
            light.set_level(level)
    assert light.level == 0.25
