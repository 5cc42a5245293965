"""A part that was UNSURE is laid again, twice; then it is on hold. Counting changes no verdict."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station.attempts import FAILED, HOLD, LAST, Attempts, advised
from station.masters import UNNAMED
from station.recipe import Decision
from station.types import Inspection, Note, Reason, Verdict
from tests.station.factories import inspection

CLOSE = Decision(Verdict.UNSURE, Reason.TOO_CLOSE, "Too close to call. Turn the part and lay it again.")
DARK = Decision(Verdict.UNSURE, Reason.POOR_PICTURE, "The light is at 40% of its calibration. Look at the lamp.")


def unsure(record: int) -> Inspection:
    return inspection(verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE, sequence=record)


def seen(attempts: Attempts, *inspections: Inspection) -> list[int]:
    """The number of each attempt, one after the other, a second apart."""
    numbers = []
    for at, one in enumerate(inspections):
        numbers.append(attempts.number(float(at)))
        attempts.consider(one)
        attempts.saw_empty(at + 0.5)
    return numbers


def test_after_three_times_unsure_the_part_is_on_hold_and_the_next_is_another_part() -> None:
    attempts = Attempts()
    assert seen(attempts, *map(unsure, (7, 9, 11, 13))) == [1, 2, 3, 1]
    (hold,) = attempts.notes
    assert (hold.kind, hold.details["records"]) == ("hold", [7, 9, 11])
    assert hold.message.endswith("UNSURE 3 times, at last too close.")


def test_a_verdict_ends_the_series() -> None:
    for verdict in (Verdict.PASS, Verdict.REJECT):
        attempts = Attempts()
        end = inspection(verdict=verdict, sequence=3)
        assert seen(attempts, unsure(1), unsure(2), end, unsure(4), unsure(5)) == [1, 2, 3, 1, 2]
        assert not attempts.notes


def test_what_comes_after_a_long_empty_stage_is_another_part() -> None:
    attempts = Attempts(within=60.0)
    attempts.consider(unsure(1))
    assert attempts.number(1000.0) == 2, "it still lay there: the stage was not seen empty"
    attempts.saw_empty(1000.0)
    attempts.saw_empty(1059.0)
    assert attempts.number(1060.0) == 2
    assert attempts.number(1061.0) == 1


def test_a_part_that_is_asked_for_to_verify_is_another_part_than_the_one_before() -> None:
    attempts = Attempts()
    golden, challenge = UNNAMED
    for wanted in (None, golden, challenge, None):
        for attempt in (1, 2):
            assert attempts.number(0.0, wanted) == attempt
            attempts.consider(unsure(attempt))


def test_the_advice_turns_with_the_attempt_turn_wipe_and_centre_lay_aside() -> None:
    told = [advised(CLOSE, attempt).advice for attempt in (1, 2, 3)]
    assert "Turn" in told[0]
    assert "Wipe" in told[1]
    assert "middle" in told[1]
    assert told[2] == HOLD == "Put the part aside, on hold."
    assert [advised(DARK, attempt).advice for attempt in (1, 3)] == [DARK.advice, f"{HOLD} {DARK.advice}"]


def test_a_golden_or_challenge_part_is_never_told_to_be_on_hold_but_what_to_do_about_it() -> None:
    for unsure_still in (CLOSE, DARK):
        first, second, third = (advised(unsure_still, attempt, last=FAILED).advice for attempt in (1, 2, 3))
        assert (first, second) == tuple(advised(unsure_still, attempt).advice for attempt in (1, 2))
        assert third.startswith(FAILED)
        assert HOLD not in third
    assert third.endswith(DARK.advice), "a picture that is poor is still told"


decisions = st.sampled_from(
    [CLOSE, DARK, Decision(Verdict.PASS), Decision(Verdict.REJECT, Reason.WRONG_PART, "This is B.")]
)


@given(decision=decisions, attempt=st.integers(1, LAST))
def test_an_attempt_changes_the_advice_and_nothing_else(decision: Decision, attempt: int) -> None:
    told = advised(decision, attempt)
    assert (told.verdict, told.reason) == (decision.verdict, decision.reason)
    assert told.advice or decision.verdict is Verdict.PASS


@given(acts=st.lists(st.sampled_from([*Verdict, 1.0, 59.0, 61.0]), max_size=60))
def test_whatever_happens_a_part_has_three_attempts_and_every_hold_has_its_three_records(
    acts: list[Verdict | float],
) -> None:
    """Numbers are seconds of empty stage. A part is what the numbers say: a run from 1 upwards."""
    attempts, now = Attempts(within=60.0), 0.0
    series, held = list[int](), list[list[int]]()
    for record, act in enumerate(acts, 1):
        if isinstance(act, float):
            attempts.saw_empty(now)
            now += act
            continue
        number = attempts.number(now)
        assert number == (1 if number == 1 else len(series) + 1) <= LAST
        series = [*series, record] if number > 1 else [record]
        attempts.consider(inspection(verdict=act, sequence=record))
        if number == LAST and act is Verdict.UNSURE:
            held.append(series)
        if act is not Verdict.UNSURE or number == LAST:
            series = []
            assert attempts.number(now) == 1
    assert [_records(note) for note in attempts.notes] == held


def _records(note: Note) -> list[int]:
    return list(note.details["records"])


def test_a_golden_part_that_stays_unsure_is_no_part_on_hold() -> None:
    attempts = Attempts()
    for record in range(1, LAST + 1):
        assert attempts.number(0.0, UNNAMED[0]) == record
        attempts.consider(unsure(record))
    assert not attempts.notes
