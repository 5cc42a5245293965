"""What a supervisor looks at, out of the tallies of the log: quick however much it holds. Pure over queries.

Golden and challenge parts are tallied as they are recorded, and taken out again here: they are no production. As on a
certificate, such a part is one that an event of verification refers to.

Times are grouped as the clock on the wall has them, in the zone that is asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from station.log.record import Row, from_row, happened_at, time_text
from station.log.search import quarter

SHIFTS = (time(6), time(14), time(22))  # when they begin, where nothing else is said
COLUMNS = {"part_number": "part_number", "operator": "operator", "model": "model", "reason": "reason"}
TIMES = ("hour", "shift", "day")
BY = (*TIMES, *COLUMNS)
ACTS = ("release", "override", "escape", "hold")
SUMS = ("records", "decision_ms", "retries", "unsynchronised", "unverified", "bypassed")
MASTERS = (
    "SELECT json_extract(details, '$.record') FROM events INDEXED BY events_by_record WHERE kind = 'verification' "
    "AND json_extract(details, '$.record') IS NOT NULL AND json_extract(details, '$.record') BETWEEN ? AND ?"
)


@dataclass(slots=True)
class Figure:
    """One group.

    key         what it is the figure of; a time is ISO 8601, local, with its offset
    masters     golden and challenge parts, which all other numbers but the slowest decision leave out
    slowest_ms  of all decisions
    reasons     reason → how many were not passed because of it
    acts        releases, overrides, escapes found later, holds
    """

    key: str
    inspected: int = 0
    passed: int = 0
    rejected: int = 0
    unsure: int = 0
    simulated: int = 0
    retries: int = 0
    unsynchronised: int = 0
    unverified: int = 0
    bypassed: int = 0
    masters: int = 0
    decision_ms: float = 0.0
    slowest_ms: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """For charts and programs: with the yield and the mean time of a decision; None where nothing was inspected."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told["yield"] = self.passed / self.inspected if self.inspected else None
        told["decision_ms"] = self.decision_ms / self.inspected if self.inspected else None
        return told


def figures(
    connection: sqlite3.Connection,
    by: str = "day",
    since: datetime | None = None,
    until: datetime | None = None,
    zone: tzinfo | None = None,
    shifts: Sequence[time] = SHIFTS,
) -> list[Figure]:
    """One figure a group, in the order of their keys. Times count by whole quarters of an hour.

    by     one of BY
    zone   of the wall; None for that of this computer
    """
    key = _keys(by, zone, shifts)
    column = COLUMNS.get(by, "quarter")
    found: dict[str, Figure] = {}
    span = [quarter(since) or "", _until(until)]
    masters = list(_masters(connection, column, span))  # first: what is recorded meanwhile is not taken out of less
    for value, slowest, *counted in _tallied(connection, column, span):
        figure = found.setdefault(key(value), Figure(key(value)))
        figure.slowest_ms = max(figure.slowest_ms, slowest)
        _count(figure, 1, *counted)
    for value, _, *counted in masters:
        figure = found[key(value)]
        figure.masters += counted[3]
        _count(figure, -1, *counted)
    for kind, value in _done(connection, by, since, until):
        figure = found.setdefault(key(value), Figure(key(value)))
        figure.acts[kind] = figure.acts.get(kind, 0) + 1
    return [found[name] for name in sorted(found)]


def _tallied(connection: sqlite3.Connection, column: str, span: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Group, slowest decision, verdict, reason, is_simulated, and the SUMS."""
    sums = ", ".join(f"sum({name})" for name in SUMS)
    sql = (
        f"SELECT {column}, max(slowest_ms), verdict, reason, is_simulated, {sums} FROM tallies "  # noqa: S608 - names of ours
        "WHERE quarter >= ? AND quarter < ? GROUP BY 1, 3, 4, 5"
    )
    yield from connection.execute(sql, span)


def _masters(connection: sqlite3.Connection, column: str, span: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The same of golden and challenge parts alone: few, and each found by its number."""
    ends = connection.execute("SELECT min(first), max(last) FROM spans WHERE quarter >= ? AND quarter < ?", span)
    own = ("is_retry", "is_unsynchronised", "is_unverified", "is_bypassed")
    sums = ", ".join(["count(*)", "total(decision_ms)", *(f"sum({name})" for name in own)])
    sql = (
        f"SELECT {column}, max(decision_ms), verdict, reason, is_simulated, {sums} FROM tallied "  # noqa: S608 - names of ours
        f"WHERE sequence IN ({MASTERS}) AND quarter >= ? AND quarter < ? GROUP BY 1, 3, 4, 5"
    )
    yield from connection.execute(sql, [*ends.fetchone(), *span])


def _count(figure: Figure, sign: int, verdict: str, reason: str, is_simulated: int, records: int, *others: Any) -> None:
    """Put so many records of a kind to a figure, or take them out of it."""
    figure.inspected += sign * records
    ended = {"PASS": "passed", "REJECT": "rejected", "UNSURE": "unsure"}[verdict]
    simulated = ("simulated", records if is_simulated else 0)
    for name, value in ((ended, records), simulated, *zip(SUMS[1:], others, strict=True)):
        setattr(figure, name, getattr(figure, name) + sign * value)
    if reason:
        figure.reasons[reason] = figure.reasons.get(reason, 0) + sign * records
        if not figure.reasons[reason]:
            del figure.reasons[reason]


def _done(
    connection: sqlite3.Connection, by: str, since: datetime | None, until: datetime | None
) -> Iterator[tuple[str, str]]:
    """Kind and group of people's acts: the time of the act, else what its record was judged as, and by whom."""
    escaped = set[int]()
    for act in acts(connection, ACTS, since, until):
        details = act["details"]
        record = details.get("record") or max(details.get("records") or [0])  # of a hold
        if by in TIMES:
            value = quarter(datetime.fromisoformat(act["at"]))
        else:
            sql = f"SELECT {COLUMNS[by]} FROM inspections WHERE sequence = ?"  # noqa: S608 - names of ours
            value = (connection.execute(sql, [record]).fetchone() or [details.get(by)])[0]
        if act["kind"] == "escape" and record in escaped:
            continue  # somebody tells more of a part that is counted already
        escaped |= {record} if act["kind"] == "escape" else set()
        if value is not None:
            yield act["kind"], value


def acts(
    connection: sqlite3.Connection, kinds: Sequence[str], since: datetime | None, until: datetime | None
) -> list[Row]:
    """Events of some kinds within a time, oldest first; SQLite finds them by their kind."""
    marks = ", ".join("?" * len(kinds))
    sql = (
        f"SELECT * FROM events INDEXED BY events_by_kind WHERE kind IN ({marks}) "  # noqa: S608 - marks only
        "AND at >= ? AND at < ? ORDER BY sequence"
    )
    span = [(quarter(since) or "") and f"{quarter(since)}:00", _until(until)]
    return [from_row(row) for row in connection.execute(sql, [*kinds, *span])]


def _until(until: datetime | None) -> str:
    return quarter(until + timedelta(minutes=15) - timedelta(microseconds=1)) or "9999" if until else "9999"


def _keys(by: str, zone: tzinfo | None, shifts: Sequence[time]) -> Callable[[str], str]:
    if by in COLUMNS:
        return lambda value: value

    def key(value: str) -> str:
        at = datetime.fromisoformat(f"{value}:00+00:00").astimezone(zone)
        match by:
            case "hour":
                begin = at.replace(minute=0)
            case "day":
                begin = at.replace(hour=0, minute=0)
            case _:
                started = [shift for shift in sorted(shifts) if shift <= at.time()]
                begin = at if started else at - timedelta(days=1)
                begin = datetime.combine(begin.date(), started[-1] if started else max(shifts), tzinfo=at.tzinfo)
        return begin.isoformat(timespec="minutes")

    return key


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the station did not inspect as it should.

    kind   down, fault or bypassed
    begin, end  UTC, as text; end is None while it lasts
    """

    kind: str
    begin: str
    end: str | None
    why: str


def gaps(connection: sqlite3.Connection, since: datetime | None = None, until: datetime | None = None) -> list[Gap]:
    """Down from a stop to the next start, in fault until the next start, bypassed until it ends or the station does.

    Those that lasted into the span from before it are told whole.
    """
    found, open_ones = [], dict[str, Row]()
    for event in acts(connection, ("start", "stop", "fault", "bypass"), _last_start(connection, since), until):
        kind = {"stop": "down", "fault": "fault", "bypass": "bypassed"}.get(event["kind"], "")
        ends: tuple[str, ...] = {"start": ("down", "fault", "bypassed"), "stop": ("bypassed",)}.get(event["kind"], ())
        if kind == "bypassed" and event["details"].get("result") == "ended":
            kind, ends = "", ("bypassed",)
        ended = [(name, open_ones.pop(name)) for name in ends if name in open_ones]
        found += [Gap(name, happened_at(began), event["at"], began["message"]) for name, began in ended]
        if kind:
            open_ones.setdefault(kind, event)
    found += [Gap(name, happened_at(event), None, event["message"]) for name, event in open_ones.items()]
    within = [gap for gap in found if since is None or gap.end is None or gap.end > time_text(since)]
    return sorted(within, key=lambda gap: gap.begin)


def _last_start(connection: sqlite3.Connection, since: datetime | None) -> datetime | None:
    """The newest start before a time, which ended all that was open; None for the beginning of the log."""
    if since is None:
        return None
    sql = "SELECT max(at) FROM events INDEXED BY events_by_kind WHERE kind = 'start' AND at < ?"
    found = connection.execute(sql, [time_text(since)]).fetchone()[0]
    return None if found is None else datetime.fromisoformat(found)
