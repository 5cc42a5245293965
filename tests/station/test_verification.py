"""Golden part passes, challenge part rejects; until then and after its time the gate is closed."""

from __future__ import annotations

import pytest

from station.types import Reason, Verdict
from station.verification import Step, Verified, Waived
from tests.station.factories import inspection

GOLDEN = inspection(verdict=Verdict.REJECT, reason=Reason.NOT_VERIFIED, sequence=1)
CHALLENGE = inspection(verdict=Verdict.REJECT, reason=Reason.WRONG_PART, sequence=2)
HOUR = 3600.0


def test_a_station_is_not_verified_at_first() -> None:
    gate = Verified(valid_for=8 * HOUR)
    assert not gate.is_open(0.0)
    assert gate.name == "not verified"


def test_golden_then_challenge_opens_the_gate_and_is_named_in_the_records() -> None:
    gate = Verified(valid_for=8 * HOUR)
    assert gate.consider(GOLDEN, 10.0) is Step.CHALLENGE
    assert not gate.is_open(10.0)
    assert gate.consider(CHALLENGE, 20.0) is Step.DONE
    assert gate.is_open(20.0)
    assert gate.name == "golden in record 1, challenge in record 2"


def test_it_lapses_with_time_and_has_to_be_done_again() -> None:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(GOLDEN, 0.0)
    gate.consider(CHALLENGE, 0.0)
    assert gate.is_open(8 * HOUR - 1)
    assert not gate.is_open(8 * HOUR)
    assert gate.consider(GOLDEN, 8 * HOUR) is Step.CHALLENGE


def test_a_challenge_part_that_is_not_rejected_closes_it_and_starts_again() -> None:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(GOLDEN, 0.0)
    assert gate.consider(GOLDEN, 1.0) is Step.GOLDEN
    assert not gate.is_open(1.0)


def test_a_challenge_part_alone_verifies_nothing() -> None:
    gate = Verified(valid_for=8 * HOUR)
    assert gate.consider(CHALLENGE, 0.0) is Step.GOLDEN
    assert not gate.is_open(0.0)


@pytest.mark.parametrize("reason", [Reason.POOR_PICTURE, Reason.TOO_CLOSE, Reason.FAULT])
def test_a_placement_that_shows_nothing_is_asked_for_again(reason: Reason) -> None:
    gate = Verified(valid_for=8 * HOUR)
    gate.consider(GOLDEN, 0.0)
    assert gate.consider(inspection(verdict=Verdict.UNSURE, reason=reason), 1.0) is Step.CHALLENGE
    assert not gate.is_open(1.0)


def test_where_there_is_no_stage_the_records_say_that_it_was_waived() -> None:
    assert Waived("replay has no stage").name == "waived: replay has no stage"
