"""Golden part passes, challenge part rejects; until then and after its time the gate is closed."""

from __future__ import annotations

import pytest

from station.types import Inspection, Reason, Verdict
from station.verification import Step, Verified, Waived
from tests.station.factories import inspection

GOLDEN = inspection(verdict=Verdict.REJECT, reason=Reason.NOT_VERIFIED, sequence=1)
CHALLENGE = inspection(verdict=Verdict.REJECT, reason=Reason.WRONG_PART, sequence=2)
HOUR = 3600.0


def test_a_station_is_not_verified_at_first() -> None:
    gate = Verified(valid_for=8 * HOUR)
    assert not gate.is_open(0.0)
    assert gate.name == "not verified"


def verified_at(now: float) -> Verified:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(GOLDEN, now)
    gate.consider(CHALLENGE, now)
    return gate


def test_it_asks_for_the_golden_part_then_for_the_challenge_part_then_for_nothing() -> None:
    gate = Verified(valid_for=8 * HOUR)
    assert gate.asks == Step.GOLDEN.value
    gate.consider(GOLDEN, 10.0)
    assert gate.asks == Step.CHALLENGE.value
    assert not gate.is_open(10.0)
    gate.consider(CHALLENGE, 20.0)
    assert gate.asks == ""
    assert gate.is_open(20.0)


def test_the_records_name_the_two_placements_that_verified() -> None:
    assert verified_at(0.0).name == "golden in record 1, challenge in record 2"


def test_it_lapses_with_time_and_has_to_be_done_again() -> None:
    gate = verified_at(0.0)
    assert gate.is_open(8 * HOUR - 1)
    assert not gate.is_open(8 * HOUR)
    assert (gate.name, gate.asks) == ("not verified", Step.GOLDEN.value)


@pytest.mark.parametrize("placements", [[CHALLENGE], [GOLDEN, GOLDEN]])
def test_a_part_that_is_taken_for_the_other_locks_the_gate(placements: list[Inspection]) -> None:
    """A network in which the two part numbers were exchanged must not verify itself."""
    gate = Verified(valid_for=8 * HOUR)
    for placement in [*placements, GOLDEN, CHALLENGE, GOLDEN, CHALLENGE]:
        gate.consider(placement, 1.0)
        assert not gate.is_open(1.0)
    assert gate.asks == Step.FAILED.value


@pytest.mark.parametrize("reason", [Reason.POOR_PICTURE, Reason.TOO_CLOSE, Reason.FAULT, Reason.UNKNOWN_PART])
def test_a_placement_that_shows_nothing_is_asked_for_again(reason: Reason) -> None:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(GOLDEN, 0.0)
    gate.consider(inspection(verdict=Verdict.UNSURE, reason=reason), 1.0)
    assert gate.asks == Step.CHALLENGE.value
    assert not gate.is_open(1.0)


def test_when_something_else_judges_everything_is_asked_for_again() -> None:
    for gate in (verified_at(0.0), locked()):
        gate.restart()
        assert not gate.is_open(1.0)
        assert (gate.name, gate.asks) == ("not verified", Step.GOLDEN.value)
        gate.consider(GOLDEN, 2.0)
        gate.consider(CHALLENGE, 3.0)
        assert gate.is_open(4.0)


def locked() -> Verified:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(CHALLENGE, 0.0)
    return gate


def test_where_there_is_no_stage_the_records_say_that_it_was_waived() -> None:
    assert Waived("replay has no stage").name == "waived: replay has no stage"
