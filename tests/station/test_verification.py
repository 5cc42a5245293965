"""Golden parts pass, challenge parts are rejected, the stage is empty: until then, and after its time, no PASS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.masters import Master
from station.simulation import SimulatedClock
from station.types import Inspection, Note, Reason, Verdict
from station.verification import Verified, Waived
from tests.station.factories import inspection

HOUR = 3600.0
START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
G1 = Master("A", Verdict.PASS, "G-1", date(2026, 1, 31))
C1 = Master("B", Verdict.REJECT, "C-1", date(2026, 1, 31))
C2 = Master("C", Verdict.REJECT, "C-2", date(2026, 1, 5))


def placed(reason: Reason, sequence: int = 1, attempt: int = 1) -> Inspection:
    """The record of a placement while the gate is closed."""
    is_unsure = reason in (Reason.TOO_CLOSE, Reason.POOR_PICTURE)
    verdict = Verdict.UNSURE if is_unsure else Verdict.REJECT
    return inspection(verdict=verdict, reason=reason, sequence=sequence, measures={"attempt": attempt})


GOLDEN, CHALLENGE = placed(Reason.NOT_VERIFIED, 1), placed(Reason.WRONG_PART, 2)


def recorded(gate: Verified | Waived) -> list[Note]:
    """What the loop does with the notes."""
    notes = list(gate.notes)
    gate.notes.clear()
    return notes


def fresh(*parts: Master, clock: SimulatedClock | None = None) -> Verified:
    gate = Verified(8 * HOUR, parts or (G1, C1), clock or SimulatedClock(START))
    recorded(gate)
    return gate


def show(gate: Verified, *placements: Inspection, now: float = 0.0) -> list[Note]:
    """Lay the parts one after the other, the stage seen empty after each."""
    notes = []
    for placement in placements:
        gate.consider(placement, now)
        notes += recorded(gate)
        gate.saw_empty(1.0, now)
        notes += recorded(gate)
    return notes


def verified_at(now: float) -> Verified:
    gate = fresh()
    show(gate, GOLDEN, CHALLENGE, now=now)
    return gate


def bypassed(gate: Verified, hours: float = 1.0, now: float = 0.0) -> Verified:
    gate.bypass("Eva", "the golden part is at the laboratory", START + timedelta(seconds=now + hours * HOUR), now)
    return gate


def test_a_station_is_not_verified_at_first() -> None:
    gate = fresh()
    assert not gate.is_open(0.0)
    assert gate.name == "not verified"


def test_it_asks_for_each_part_by_its_id_then_for_the_empty_stage_then_for_nothing() -> None:
    gate = fresh(G1, C1, C2)
    assert gate.asks == "The station has started. Lay the golden part G-1 on the stage."
    gate.consider(GOLDEN, 1.0)
    assert [recorded(gate)[0].details["asks"], gate.asks] == ["Lay the challenge part C-1 on the stage."] * 2
    show(gate, placed(Reason.WRONG_PART))
    assert gate.asks == "Lay the challenge part C-2 on the stage."
    gate.consider(placed(Reason.UNKNOWN_PART), 2.0)
    recorded(gate)
    assert gate.asks == "Take the part away and leave the stage empty."
    assert not gate.is_open(2.0)
    gate.saw_empty(0.97, 3.0)
    recorded(gate)
    assert (gate.asks, gate.wants) == ("", None)
    assert gate.is_open(3.0)


def test_an_empty_stage_before_the_parts_is_none_after_them() -> None:
    gate = fresh()
    gate.saw_empty(1.0, 0.0)
    for placement in (GOLDEN, CHALLENGE):
        gate.consider(placement, 1.0)
        recorded(gate)
    assert not gate.is_open(1.0)
    assert gate.asks.endswith("leave the stage empty.")


def test_the_records_name_the_parts_and_the_placements_that_verified() -> None:
    assert verified_at(0.0).name == "golden G-1 in record 1, challenge C-1 in record 2, then the empty stage"
    unnamed = Verified(8 * HOUR)
    recorded(unnamed)
    show(unnamed, GOLDEN, CHALLENGE)
    assert unnamed.name == "golden in record 1, challenge in record 2, then the empty stage"


def test_every_step_is_told_to_the_log_with_ids_and_records() -> None:
    asked = Verified(8 * HOUR, (G1, C1), SimulatedClock(START)).notes[0]
    assert (asked.kind, asked.details["why"]) == ("verification", "The station has started")
    notes = show(fresh(), placed(Reason.TOO_CLOSE, 1), placed(Reason.NOT_VERIFIED, 2), placed(Reason.WRONG_PART, 3))
    told = [
        (note.details["result"], note.details.get("part", {}).get("id"), note.details.get("record")) for note in notes
    ]
    assert told == [("again", "G-1", 1), ("passed", "G-1", 2), ("passed", "C-1", 3), ("verified", None, None)]
    assert notes[-1].details["light"] == 1.0
    assert [(part["id"], part["record"]) for part in notes[-1].details["parts"]] == [("G-1", 2), ("C-1", 3)]


def test_the_gate_stays_closed_until_what_opens_it_is_on_disk() -> None:
    gate = fresh()
    for placement in (GOLDEN, CHALLENGE):
        gate.consider(placement, 0.0)
        recorded(gate)
    gate.saw_empty(1.0, 0.0)
    assert not gate.is_open(0.0)
    recorded(gate)
    assert gate.is_open(0.0)
    bypassed(closed := fresh())
    assert not closed.is_open(0.0)
    recorded(closed)
    assert closed.is_open(0.0)


def test_it_lapses_with_time_and_has_to_be_done_again() -> None:
    gate = verified_at(0.0)
    assert gate.is_open(8 * HOUR - 1)
    assert not gate.is_open(8 * HOUR)
    assert gate.name == "not verified"
    assert gate.asks.startswith("The time of the last verification has run out. Lay the golden part G-1")


def test_on_an_empty_stage_it_lapses_too_so_that_the_screen_tells_before_a_part_is_laid() -> None:
    gate = verified_at(0.0)
    gate.saw_empty(1.0, 8 * HOUR)
    assert "run out" in gate.asks


def test_a_part_that_lay_there_when_the_time_ran_out_is_no_golden_part() -> None:
    gate = verified_at(0.0)
    assert not gate.is_open(8 * HOUR)
    gate.consider(GOLDEN, 8 * HOUR)
    assert gate.wants == G1


@pytest.mark.parametrize(
    "placements",
    [
        [placed(Reason.WRONG_PART)],
        [placed(Reason.UNKNOWN_PART)],
        [GOLDEN, GOLDEN],
        [placed(Reason.TOO_CLOSE, attempt=attempt) for attempt in (1, 2, 3)],
        [GOLDEN, *(placed(Reason.POOR_PICTURE, attempt=attempt) for attempt in (1, 2, 3))],
    ],
)
def test_a_part_that_does_not_get_its_verdict_locks_the_gate_until_somebody_asks_anew(
    placements: list[Inspection],
) -> None:
    """A network in which the two part numbers were exchanged must not verify itself."""
    gate = fresh()
    assert show(gate, *placements)[-1].details["result"] == "failed"
    show(gate, GOLDEN, CHALLENGE, GOLDEN, CHALLENGE)
    assert not gate.is_open(0.0)
    assert gate.asks.startswith("Verification has failed: The ")
    assert "station verification run" in gate.asks
    gate.restart("Somebody has asked for it", "Eva")
    assert recorded(gate)[-1].details["operator"] == "Eva"
    show(gate, GOLDEN, CHALLENGE)
    assert gate.is_open(0.0)


@pytest.mark.parametrize(
    "happens",
    [
        lambda gate: gate.restart("The light has fallen"),
        lambda gate: gate.restart("The light has fallen", " "),
        lambda gate: gate.change((G1, C1), "The order is W-1"),
        lambda gate: gate.is_open(9 * HOUR),
    ],
    ids=["drift", "a name of blanks", "an order that nobody asks for", "time"],
)
def test_what_has_failed_stays_failed_whatever_happens_in_nobodys_name(happens: Callable[[Verified], object]) -> None:
    gate = fresh()
    show(gate, placed(Reason.WRONG_PART))
    failed = gate.asks
    happens(gate)
    show(gate, GOLDEN, CHALLENGE)
    assert gate.asks == failed
    assert not gate.is_open(9 * HOUR)


def test_why_it_has_failed_is_told_in_words_and_kept_for_programs() -> None:
    gate = fresh()
    (note,) = show(gate, placed(Reason.WRONG_PART))
    assert gate.asks.startswith("Verification has failed: The golden part G-1 in record 1 got REJECT wrong part.")
    assert note.details["reason"] == "wrong_part"


def test_what_had_failed_when_the_station_stopped_says_so_and_is_mended_by_who_asks_anew() -> None:
    gate = fresh()
    gate.stay_failed("The golden part G-1 in record 1 got REJECT wrong_part")
    (note,) = show(gate, GOLDEN, CHALLENGE)
    assert note.details["result"] == "asked"
    assert note.details["asks"] == gate.asks
    assert gate.asks.startswith("Verification has failed: The golden part G-1 in record 1 got REJECT wrong_part.")
    assert not gate.is_open(0.0)
    gate.restart("Eva has asked for it", "Eva")
    recorded(gate)
    show(gate, GOLDEN, CHALLENGE)
    assert gate.is_open(0.0)


@pytest.mark.parametrize("reason", [Reason.POOR_PICTURE, Reason.TOO_CLOSE, Reason.FAULT])
def test_a_placement_that_shows_nothing_is_asked_for_again(reason: Reason) -> None:
    gate = fresh()
    show(gate, GOLDEN, placed(reason))
    assert gate.wants == C1
    assert not gate.is_open(1.0)


def test_when_something_else_judges_everything_is_asked_for_again_and_why() -> None:
    locked, half = fresh(), fresh()
    show(locked, CHALLENGE)
    show(half, GOLDEN)
    for gate in (verified_at(0.0), locked, half):
        gate.restart("Another bundle is in use.", "Eva")
        recorded(gate)
        assert not gate.is_open(1.0)
        assert gate.name == "not verified"
        assert gate.asks == "Another bundle is in use. Lay the golden part G-1 on the stage."
        show(gate, GOLDEN, CHALLENGE)
        assert gate.is_open(4.0)


def test_an_overdue_part_verifies_nothing_and_its_last_day_is_a_whole_one_in_utc() -> None:
    clock = SimulatedClock(START)
    gate = fresh(G1, C2, clock=clock)  # C-2 is due on the day of START
    show(gate, GOLDEN)
    clock.sleep(18 * HOUR - 1)
    assert gate.asks == "Lay the challenge part C-2 on the stage."
    clock.sleep(1)
    assert gate.asks.startswith("The challenge part C-2 was due on 2026-01-05")
    assert "a clock that is not synchronised" in gate.asks
    (note,) = show(gate, CHALLENGE)
    assert note.details["result"] == "overdue"
    assert not gate.is_open(0.0)


def test_a_part_that_stays_unsure_is_said_to_have_failed_only_where_that_locks_the_gate() -> None:
    clock = SimulatedClock(START)
    gate = fresh(G1, C2, clock=clock)
    show(gate, GOLDEN)
    assert gate.at_last.startswith("UNSURE three times: verification has failed.")
    clock.sleep(18 * HOUR)  # C-2 is overdue now
    assert "has not failed, but is still to be done. The challenge part C-2 was due on 2026-01-05" in gate.at_last
    (note,) = show(gate, placed(Reason.TOO_CLOSE, attempt=3))
    assert (note.details["result"], gate.wants) == ("overdue", C2)
    assert (verified_at(0.0).at_last, Waived("replay has no stage").at_last) == ("", ""), "no part is asked for"


def test_a_bypass_opens_the_gate_in_somebodys_name_until_its_end() -> None:
    gate = bypassed(fresh(), hours=2)
    (begun,) = recorded(gate)
    assert (begun.kind, begun.details["result"], begun.details["operator"]) == ("bypass", "begun", "Eva")
    assert gate.is_open(2 * HOUR - 1)
    assert gate.name == "bypassed by Eva until 2026-01-05T08:00:00Z: the golden part is at the laboratory"
    assert gate.asks.startswith("Bypassed by Eva until ")
    assert not gate.is_open(2 * HOUR)
    (ended,) = recorded(gate)
    assert (ended.details["result"], ended.details["why"]) == ("ended", "its end has come")
    assert gate.wants == G1
    assert gate.name == "not verified"


def test_a_bypass_ends_with_whatever_asks_for_a_verification() -> None:
    gate = bypassed(fresh())
    recorded(gate)
    gate.restart("Another bundle is in use")
    assert [note.details["result"] for note in recorded(gate)] == ["ended", "asked"]
    assert not gate.is_open(0.0)


def test_who_works_under_a_bypass_does_not_verify_by_the_way() -> None:
    """The parts that pass then are no golden parts, and those shown before and after it do not count together."""
    gate = fresh()
    show(gate, GOLDEN)
    recorded(bypassed(gate))
    assert show(gate, CHALLENGE, GOLDEN, CHALLENGE) == []
    assert not gate.is_open(HOUR)
    recorded(gate)
    show(gate, CHALLENGE)
    assert not gate.is_open(HOUR)


@pytest.mark.parametrize(
    ("by", "reason", "hours"), [("", "why", 1.0), ("Eva", " ", 1.0), ("Eva", "why", 12.1), ("Eva", "why", 0.0)]
)
def test_a_bypass_needs_a_name_a_reason_and_an_end_within_twelve_hours(by: str, reason: str, hours: float) -> None:
    gate = fresh()
    with pytest.raises(ValueError, match="A bypass"):
        gate.bypass(by, reason, START + timedelta(hours=hours), 0.0)
    assert not gate.is_open(0.0)


def test_there_is_nothing_to_bypass_where_the_station_is_verified_or_needs_not_be() -> None:
    for gate in (verified_at(0.0), Waived("replay has no stage")):
        with pytest.raises(ValueError, match="to bypass"):
            gate.bypass("Eva", "why", START + timedelta(hours=1), 0.0)


def test_a_second_bypass_takes_the_place_of_the_first() -> None:
    gate = bypassed(fresh(), hours=10)
    bypassed(gate, hours=1)
    assert [note.details["result"] for note in recorded(gate)] == ["begun", "ended", "begun"]
    assert not gate.is_open(HOUR)


def test_where_there_is_no_stage_the_records_say_that_it_was_waived() -> None:
    assert Waived("replay has no stage").name == "waived: replay has no stage"


Act = Callable[[Verified, SimulatedClock], None]


def _lay(reason: Reason, attempt: int = 1) -> Act:
    return lambda gate, clock: gate.consider(placed(reason, attempt=attempt), clock.monotonic())


def _wait(hours: float) -> Act:
    return lambda gate, clock: clock.sleep(hours * HOUR)


def _bypass(gate: Verified, clock: SimulatedClock) -> None:
    bypassed(gate, 2.0, clock.monotonic())


ACTS: dict[str, Act] = {
    "passes": _lay(Reason.NOT_VERIFIED),
    "wrong": _lay(Reason.WRONG_PART),
    "unknown": _lay(Reason.UNKNOWN_PART),
    "unsure": _lay(Reason.TOO_CLOSE),
    "unsure for the third time": _lay(Reason.TOO_CLOSE, 3),
    "fault": _lay(Reason.FAULT),
    "empty": lambda gate, clock: gate.saw_empty(1.0, clock.monotonic()),
    "an hour": _wait(1),
    "five hours": _wait(5),
    "restart": lambda gate, clock: gate.restart("Something else judges"),
    "restart by Eva": lambda gate, clock: gate.restart("Eva has asked for it", "Eva"),
    "bypass": _bypass,
}


@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.booleans()), max_size=60))
def test_whatever_happens_an_open_gate_is_explained_by_the_log_alone(acts: list[tuple[str, bool]]) -> None:
    """The notes, as they were recorded, are held against the gate; not always are they recorded at once."""
    clock, log = SimulatedClock(START), list[tuple[float, Note]]()
    gate = Verified(8 * HOUR, (G1, C1), clock)
    for name, keeps in [("empty", True), *acts]:
        try:
            ACTS[name](gate, clock)
        except ValueError:
            assert name == "bypass"
        if keeps:
            log += [(clock.monotonic(), note) for note in recorded(gate)]
        if gate.is_open(clock.monotonic()):
            assert _explained(log, clock.monotonic())
            assert gate.name.startswith(("golden G-1", "bypassed by Eva"))


def _explained(log: list[tuple[float, Note]], now: float) -> bool:
    def of(kind: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, dict(note.details)) for at, note in log if note.kind == kind]

    steps, bypasses = of("verification"), of("bypass")
    if bypasses and bypasses[-1][1]["result"] == "begun":
        return now < datetime.fromisoformat(bypasses[-1][1]["until"]).timestamp() - START.timestamp()
    asked = max(
        number
        for number, (_, step) in enumerate(steps)
        if step["result"] == "asked" and (step["operator"] or not number)
    )
    if any(step["result"] == "failed" for _, step in steps[asked:]):
        return False
    since = max(number for number, (_, step) in enumerate(steps) if step["result"] == "asked")
    results = [(step["result"], step.get("step"), step.get("reason")) for _, step in steps[since + 1 :]]
    shown = [result for result in results if result[0] != "again"]
    is_fresh = now - steps[-1][0] < 8 * HOUR
    return is_fresh and shown in [
        [("passed", "golden", "not_verified"), ("passed", "challenge", wrong), ("verified", "empty", None)]
        for wrong in ("wrong_part", "unknown_part")
    ]
