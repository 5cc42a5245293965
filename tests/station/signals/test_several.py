"""Several signals as one: all of them pass, or none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from station.errors import SignalError
from station.signals import Several
from station.simulation import Bench, SimulatedClock, SimulatedLine
from station.types import Inspection, Signal, TriggerSource, Verdict
from tests.station.factories import inspection

PASSED = inspection(sequence=1)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(SimulatedClock(), seed=1)


@pytest.fixture
def lines(bench: Bench) -> list[SimulatedLine]:
    return [SimulatedLine(bench), SimulatedLine(bench), SimulatedLine(bench)]


def words(line: SimulatedLine) -> list[str]:
    return [message.word for message in line.messages]


def test_each_is_told_everything(lines: list[SimulatedLine]) -> None:
    several: Signal = Several(lines)
    several.open()
    several.beat(1.0)
    several.busy()
    several.send(PASSED)
    several.clear()
    several.fault("camera")
    several.close()
    for line in lines:
        assert words(line) == ["OPEN", "BUSY", "PASS", "CLEAR", "FAULT", "CLOSE"]
        assert line.last_beat == 1.0


def test_all_pass(lines: list[SimulatedLine]) -> None:
    Several(lines).send(PASSED)
    assert all(line.asserts_pass for line in lines)


@pytest.mark.parametrize("failing", range(3))
def test_one_that_does_not_acknowledge_withdraws_pass_on_all(lines: list[SimulatedLine], failing: int) -> None:
    lines[failing].acknowledges = False
    with pytest.raises(SignalError, match="did not acknowledge"):
        Several(lines).send(PASSED)
    assert not any(line.asserts_pass for line in lines)


@pytest.mark.parametrize(
    "act",
    [
        lambda several: several.beat(1.0),
        lambda several: several.busy(),
        lambda several: several.send(PASSED),
        lambda several: several.clear(),
        lambda several: several.fault("camera"),
        lambda several: several.triggered(),
    ],
)
@pytest.mark.parametrize("failing", range(3))
def test_one_that_breaks_withdraws_pass_on_all(
    lines: list[SimulatedLine], failing: int, act: Callable[[Several], None]
) -> None:
    several = Several(lines)
    several.send(PASSED)
    lines[failing].broken = True
    with pytest.raises(SignalError, match="look at its cable"):
        act(several)
    lines[failing].broken = False
    assert not any(line.asserts_pass for line in lines if line is not lines[failing])


def test_an_error_of_any_kind_withdraws_pass_on_all(bench: Bench, lines: list[SimulatedLine]) -> None:
    class Confused(SimulatedLine):
        def send(self, inspection: Inspection) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Several([lines[0], Confused(bench), lines[1]]).send(PASSED)
    assert not any(line.asserts_pass for line in lines)


def test_those_that_can_be_reached_hear_of_a_fault_even_when_one_could_not_be_opened(
    lines: list[SimulatedLine],
) -> None:
    lines[0].broken = True
    several = Several(lines)
    for act in (several.open, lambda: several.fault("line")):
        with pytest.raises(SignalError):
            act()
    assert [words(line) for line in lines[1:]] == [["OPEN", "FAULT"]] * 2


def test_everything_that_is_wrong_is_said(lines: list[SimulatedLine]) -> None:
    lines[0].broken = lines[1].broken = True
    with pytest.raises(SignalError, match=r"look at its cable\. .* look at its cable\."):
        Several(lines).clear()


def test_reject_is_reject_on_all(lines: list[SimulatedLine]) -> None:
    Several(lines).send(inspection(sequence=2, verdict=Verdict.REJECT))
    assert [words(line) for line in lines] == [["REJECT"]] * 3


def test_any_of_them_may_ask(lines: list[SimulatedLine]) -> None:
    several = Several(lines)
    assert several.triggered() is None
    lines[2].request(TriggerSource.SERIAL)
    assert several.triggered() is TriggerSource.SERIAL
    assert several.triggered() is None


def test_all_that_ask_at_once_get_one_inspection(lines: list[SimulatedLine]) -> None:
    several = Several(lines)
    for line in lines:
        line.request(TriggerSource.GPIO)
    assert several.triggered() is TriggerSource.GPIO
    assert several.triggered() is None
