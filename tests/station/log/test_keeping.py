"""Pictures go when their time has come, those of passed parts first; what went is told from what is missing."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from station.log import queries
from station.log.keeping import GIB, Purge, Terms, plan, purge, terms_in_force
from station.log.progress import silent
from station.log.store import TraceabilityLog
from station.types import Pictures, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, archived, judged, pictures, proof

DAYS = 20
NOW = AT + timedelta(days=DAYS)


@pytest.fixture
def data(data: Path, clock: StoppedClock) -> Path:
    """One record a day; every fourth is a reject."""
    with closing(TraceabilityLog(data, clock)) as log:
        for day in range(DAYS):
            clock.at = AT + timedelta(days=day)
            wrong = day % 4 == 3
            log.append(
                judged(
                    acquired_at=clock.at,
                    verdict=Verdict.REJECT if wrong else Verdict.PASS,
                    reason=Reason.WRONG_PART if wrong else Reason.NONE,
                ),
                pictures(day),
            )
    return data


def planned(data: Path, terms: Terms, free: int = 10 * GIB, now: datetime | None = NOW) -> list[Purge]:
    with queries.reading(data) as rows:
        return plan(rows, data, terms, now, free)


def purged(data: Path, asked: Purge, clock: StoppedClock) -> tuple[int, int]:
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("purge", asked.message, **asked.details)
    with queries.reading(data) as rows:
        return purge(rows, data, asked, silent)


def test_nothing_goes_where_no_term_is_set(data: Path) -> None:
    assert planned(data, Terms(), free=0) == []


@pytest.mark.parametrize("never", [999_999.0, 1e9, None])  # None: what was no number, as an event has it
def test_a_term_beyond_any_calendar_is_for_ever_and_room_is_made_all_the_same(
    data: Path, clock: StoppedClock, never: float | None
) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("retention", "said", passed_days=never, others_days=never, free_gib=1.0)
    with queries.reading(data) as rows:
        terms = terms_in_force(rows)
    [asked] = planned(data, terms, free=GIB - 1)
    assert (asked.what, asked.why) == ("passed", "less than 1 GiB were free")
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("retention", "said", passed_days=1.0, others_days=0.0, free_gib=None)
    with queries.reading(data) as rows:
        assert len(planned(data, terms_in_force(rows))) == 1


def test_pictures_of_passed_parts_go_by_their_age_and_no_others(data: Path, clock: StoppedClock) -> None:
    [asked] = planned(data, Terms(passed_days=10))
    assert (asked.what, asked.after, asked.through) == ("passed", 0, 10)
    count, size = purged(data, asked, clock)
    assert (count, len(archived(data))) == (2 * 8, 2 * 12)
    assert size > 0
    report = proof(data)
    assert (report.breaks, report.purged, report.records) == ([], 16, DAYS)
    assert planned(data, Terms(passed_days=10)) == []


def test_rejects_have_a_term_of_their_own(data: Path, clock: StoppedClock) -> None:
    [_, others] = planned(data, Terms(passed_days=10, others_days=15))
    assert (others.what, others.through) == ("others", 5)
    purged(data, others, clock)
    report = proof(data)
    assert (report.breaks, report.purged) == ([], 2)


def test_for_room_the_oldest_passed_parts_go_and_never_a_reject(data: Path, clock: StoppedClock) -> None:
    [asked] = planned(data, Terms(free_gib=1), free=GIB - 60_000)
    assert asked.what == "passed"
    assert 1 <= asked.through < DAYS
    [everything] = planned(data, Terms(free_gib=1), free=0)
    purged(data, everything, clock)
    assert len(archived(data)) == 2 * 5
    assert proof(data).breaks == []


def test_a_missing_picture_that_no_purge_tells_of_is_missing(data: Path, clock: StoppedClock) -> None:
    [asked] = planned(data, Terms(passed_days=10))
    purged(data, asked, clock)
    for path in sorted((data / "pictures").glob("2026/01/16/*")):
        path.unlink()
    report = proof(data)
    assert (report.first_broken, report.purged) == (12, 16)


def test_a_picture_that_another_record_needs_stays(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        clock.at = AT
        log.append(judged(acquired_at=AT, verdict=Verdict.REJECT, reason=Reason.WRONG_PART), pictures(0))
    purged(data, planned(data, Terms(passed_days=10))[0], clock)
    report = proof(data)
    assert (report.breaks, report.purged) == ([], 14)


def test_a_picture_that_somebody_spoke_about_stays(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("escape", "it was wrong", operator="Eva", record=1)
    assert purged(data, planned(data, Terms(passed_days=10))[0], clock)[0] == 14


def test_one_that_was_spoken_about_before_the_purge_is_missing_if_it_is_gone(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("escape", "it was wrong", operator="Eva", record=1)
    purged(data, planned(data, Terms(passed_days=10))[0], clock)
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("escape", "so was this, whose pictures had gone", operator="Eva", record=2)
    assert proof(data).breaks == []
    for path in sorted((data / "pictures").glob("2026/01/05/*")):
        path.unlink()
    assert {each.sequence for each in proof(data).breaks} == {1}


def test_one_that_another_record_needs_is_missing_if_it_is_gone(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.append(judged(acquired_at=AT, verdict=Verdict.REJECT, reason=Reason.WRONG_PART), pictures(0))
    purged(data, planned(data, Terms(passed_days=10))[0], clock)
    for path in sorted((data / "pictures").glob("2026/01/05/*")):
        path.unlink()
    assert {each.sequence for each in proof(data).breaks} == {1, DAYS + 1}


def test_a_picture_of_one_that_was_spoken_about_stays_though_another_has_it_too(
    data: Path, clock: StoppedClock
) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        again = log.append(judged(acquired_at=AT), pictures(0))
        log.note("escape", "it was wrong", operator="Eva", record=1)
    purged(data, Purge("passed", 0, again.sequence, "older"), clock)
    assert proof(data).breaks == []
    assert {again.image_sha256, again.frame_sha256} <= archived(data)


def test_a_purge_that_was_cut_off_is_done_with_the_next(data: Path, clock: StoppedClock) -> None:
    first = Purge("passed", 0, 5, "older")
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("purge", first.message, **first.details)  # and then the power goes
    assert proof(data).breaks == []
    assert purged(data, planned(data, Terms(passed_days=10))[0], clock)[0] == 16


def test_a_clock_that_jumped_makes_pictures_stay(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        clock.at = AT - timedelta(days=365)
        log.append(judged(acquired_at=clock.at), Pictures(b"old patch", b"old frame"))
    [asked] = planned(data, Terms(passed_days=10))
    assert asked.through == 10


TERMS = Terms(passed_days=10, others_days=15)


def test_nothing_goes_by_its_age_while_the_clock_is_not_synchronised(data: Path) -> None:
    assert planned(data, TERMS, now=None) == []
    assert planned(data, Terms(free_gib=1), free=0, now=None) != []


def test_a_clock_that_jumped_forward_takes_no_picture_that_its_last_record_would_not(data: Path) -> None:
    assert [each.through for each in planned(data, TERMS, now=NOW + timedelta(days=20 * 365))] == [9, 4]


def test_nor_do_records_that_bear_the_time_it_jumped_to_until_it_has_lasted(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        clock.at = leapt = NOW + timedelta(days=365)
        log.append(judged(acquired_at=clock.at), Pictures(b"new patch", b"new frame"))
    assert [each.through for each in planned(data, TERMS, now=leapt + timedelta(hours=30))] == [9, 4]
    lasted = leapt + timedelta(days=2, minutes=15)
    assert [each.through for each in planned(data, TERMS, now=lasted)] == [DAYS, DAYS]
