"""The figures are those of the records, whatever they are grouped by."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from station.log import queries
from station.log.figures import BY, Figure, Gap, figures, gaps
from station.log.store import TraceabilityLog
from station.types import Order, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture
def data(data: Path, clock: StoppedClock) -> Path:
    """Forty records, one every half hour from 06:07 UTC; every fourth a reject, every tenth a retry that was unsure."""
    with closing(TraceabilityLog(data, clock)) as log:
        for number in range(40):
            clock.at = AT + timedelta(minutes=30 * number)
            wrong, unsure = number % 4 == 3, number % 10 == 0
            log.append(
                judged(
                    acquired_at=clock.at,
                    order=Order("AB"[number % 2], operator="TU"[number // 20]),
                    verdict=Verdict.REJECT if wrong else Verdict.UNSURE if unsure else Verdict.PASS,
                    reason=Reason.WRONG_PART if wrong else Reason.TOO_CLOSE if unsure else Reason.NONE,
                    measures={"attempt": 2.0 if unsure else 1.0},
                    decision_ms=float(number),
                    clock_synchronised=number != 5,
                ),
                pictures(),
            )
        log.note("release", "released", operator="Eva", record=4, part_number="B")
    return data


def of(
    data: Path, by: str, since: datetime | None = None, until: datetime | None = None, zone: timezone = UTC
) -> list[Figure]:
    with queries.reading(data) as rows:
        return figures(rows, by, since, until, zone)


@pytest.mark.parametrize("by", BY)
def test_nothing_is_counted_twice_or_left_out(data: Path, by: str) -> None:
    found = of(data, by)
    assert sum(figure.inspected for figure in found) == 40
    assert sum(figure.passed + figure.rejected + figure.unsure for figure in found) == 40
    assert (sum(figure.retries for figure in found), sum(figure.unsynchronised for figure in found)) == (4, 1)


def test_a_group_tells_yield_reasons_times_and_acts(data: Path) -> None:
    _, b = of(data, "part_number")
    assert (b.key, b.inspected, b.passed, b.reasons, b.acts) == ("B", 20, 10, {"wrong_part": 10}, {"release": 1})
    assert (b.told()["yield"], b.told()["decision_ms"], b.slowest_ms) == (0.5, 20.0, 39.0)


MASTERS = (6, 7, 10, 39)  # would have passed, rejected, unsure; rejected, and the newest of all


@pytest.fixture
def verified(data: Path, clock: StoppedClock) -> Path:
    """Four of the forty were golden or challenge parts."""
    with closing(TraceabilityLog(data, clock)) as log:
        for number in MASTERS:
            log.note("verification", "shown", result="passed", record=number + 1)
        log.note("verification", "asked for", result="asked")
    return data


@pytest.mark.parametrize("by", BY)
def test_golden_and_challenge_parts_are_no_production(verified: Path, by: str) -> None:
    found = of(verified, by)
    assert sum(figure.masters for figure in found) == 4
    assert sum(figure.inspected for figure in found) == 36
    assert sum(figure.passed + figure.rejected + figure.unsure for figure in found) == 36
    assert sum(sum(figure.reasons.values()) for figure in found) == sum(f.rejected + f.unsure for f in found)
    assert sum(figure.retries for figure in found) == 3
    assert sum(figure.decision_ms for figure in found) == sum(range(40)) - sum(MASTERS)


def test_they_are_left_out_of_the_group_and_the_time_that_they_belong_to(verified: Path) -> None:
    a, b = of(verified, "part_number")
    assert (a.inspected, a.masters, a.unsure) == (18, 2, 3)
    assert (b.inspected, b.masters, b.reasons) == (18, 2, {"wrong_part": 8})
    since = AT.replace(hour=9, minute=0, second=0, microsecond=0)
    [nine] = of(verified, "hour", since, since + timedelta(hours=1))
    assert (nine.key[:13], nine.inspected, nine.masters, nine.reasons) == ("2026-01-05T09", 0, 2, {})


def test_acts_count_with_the_operator_and_the_model_of_their_record(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("escape", "found later", operator="Eva", record=30)
        log.note("escape", "it is a B", operator="Eva", record=30, actual_part_number="B")
        log.note("hold", "unsure three times", records=[1, 11])
    assert [(figure.key, figure.acts) for figure in of(data, "operator")] == [
        ("T", {"release": 1, "hold": 1}),
        ("U", {"escape": 1}),
    ]
    assert [figure.acts for figure in of(data, "model")] == [{"release": 1, "hold": 1, "escape": 1}]


def test_hours_days_and_shifts_are_those_of_the_wall(data: Path) -> None:
    assert of(data, "day", zone=INDIA)[0].key == "2026-01-05T00:00+05:30"
    assert [figure.key for figure in of(data, "shift", zone=INDIA)] == [
        "2026-01-05T06:00+05:30",
        "2026-01-05T14:00+05:30",
        "2026-01-05T22:00+05:30",
        "2026-01-06T06:00+05:30",
    ]
    assert [figure.inspected for figure in of(data, "hour", zone=INDIA)][:2] == [1, 2]  # 11:37; 12:07 and 12:37
    with queries.reading(data) as rows:
        assert figures(rows, "shift", zone=UTC, shifts=[time(7)])[0].key == "2026-01-04T07:00+00:00"


def test_a_span_is_taken_by_quarters_of_an_hour(data: Path) -> None:
    since, until = AT.replace(minute=0, second=0, microsecond=0), AT.replace(hour=7, minute=0, second=0, microsecond=0)
    assert [figure.inspected for figure in of(data, "hour", since, until)] == [2]


def test_gaps_are_told_with_begin_end_and_why(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        begin = clock.at
        for minutes, kind, details in (
            (0, "fault", {}),
            (1, "start", {}),
            (2, "bypass", {"result": "begun"}),
            (3, "bypass", {"result": "ended"}),
            (4, "stop", {}),
        ):
            clock.at = begin + timedelta(minutes=minutes)
            log.note(kind, f"{kind} {minutes}", **details)
    with queries.reading(data) as rows:
        told = gaps(rows)
    assert [(gap.kind, gap.why, gap.end is None) for gap in told] == [
        ("fault", "fault 0", False),
        ("bypassed", "bypass 2", False),
        ("down", "stop 4", True),
    ]
    assert isinstance(told[0], Gap)


def test_a_gap_that_lasts_into_the_span_is_told_and_a_bypass_ends_with_the_station(
    data: Path, clock: StoppedClock
) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        begin = clock.at
        for hours, kind, details in (
            (0, "start", {}),
            (1, "bypass", {"result": "begun"}),
            (2, "stop", {}),
            (20, "start", {}),
            (21, "bypass", {"result": "begun"}),
            (22, "start", {}),  # after a power cut
        ):
            clock.at = begin + timedelta(hours=hours)
            log.note(kind, f"{kind} {hours}", **details)
    with queries.reading(data) as rows:
        told = gaps(rows, since=begin + timedelta(hours=10))
    assert [(gap.kind, gap.why, gap.end is None) for gap in told] == [
        ("down", "stop 2", False),
        ("bypassed", "bypass 21", False),
    ]
