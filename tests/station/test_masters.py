"""Which parts verify an order, and what a placement of one shows."""

from __future__ import annotations

import pytest

from station.masters import Master, Result, by_role, needed, result_of
from station.types import Reason, Verdict
from tests.station.factories import inspection

GOLDEN_A, CHALLENGE_A = Master("A", Verdict.PASS, "G-1"), Master("A", Verdict.REJECT, "C-3")
GOLDEN_B, CHALLENGE_B = Master("B", Verdict.PASS, "G-2"), Master("B", Verdict.REJECT, "C-1")
CHALLENGE_C = Master("C", Verdict.REJECT, "C-2")


def test_an_order_is_verified_with_its_own_golden_parts_and_with_every_other_part() -> None:
    parts = [CHALLENGE_C, CHALLENGE_A, GOLDEN_B, CHALLENGE_B, GOLDEN_A]
    assert needed(parts, "A") == (GOLDEN_A, CHALLENGE_C, CHALLENGE_B)
    assert needed(parts, "B") == (GOLDEN_B, CHALLENGE_C, CHALLENGE_A)
    assert needed(parts, "D") == needed([GOLDEN_A], "A") == needed([], "A") == ()


def test_a_part_is_called_by_what_it_is_for_and_by_its_id() -> None:
    assert [str(part) for part in (GOLDEN_A, CHALLENGE_B, Master("", Verdict.PASS))] == [
        "golden part G-1",
        "challenge part C-1",
        "golden part",
    ]


def test_the_wizard_asks_for_both_kinds_by_name_or_for_none() -> None:
    parts = [CHALLENGE_C, GOLDEN_A, CHALLENGE_B]
    assert by_role(parts) == {
        "golden": ("golden part G-1",),
        "challenge": ("challenge part C-2", "challenge part C-1"),
    }
    assert by_role([GOLDEN_A]) == by_role([CHALLENGE_B]) == by_role([]) == {}


@pytest.mark.parametrize("part", [GOLDEN_A, CHALLENGE_B])
@pytest.mark.parametrize("reason", list(Reason))
def test_only_its_own_verdict_is_a_success_and_only_a_verdict_is_a_failure(part: Master, reason: Reason) -> None:
    """NOT_VERIFIED is what a part gets that every other gate has let through; it may be no other than a golden one."""
    success = {
        Verdict.PASS: {Reason.NOT_VERIFIED},
        Verdict.REJECT: {Reason.WRONG_PART, Reason.UNKNOWN_PART},
    }
    nothing = {Reason.TOO_CLOSE, Reason.POOR_PICTURE, Reason.FAULT}
    is_unsure = reason in (Reason.TOO_CLOSE, Reason.POOR_PICTURE)
    verdict = Verdict.UNSURE if is_unsure else Verdict.PASS if reason is Reason.NONE else Verdict.REJECT
    first = result_of(part, inspection(verdict=verdict, reason=reason, measures={"attempt": 1}))
    third = result_of(part, inspection(verdict=verdict, reason=reason, measures={"attempt": 3}))
    if reason in success[part.verdict]:
        assert first is third is Result.PASSED
    elif reason in nothing or (reason is Reason.NONE and part is GOLDEN_A):
        assert first is Result.AGAIN
        assert third is (Result.FAILED if is_unsure else Result.AGAIN)
    else:
        assert first is third is Result.FAILED
