"""What was made of a work order, read from the traceability log: a restart loses no count."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from station.log import queries
from station.types import Reason, Verdict

REASONS: dict[str, str] = {
    Reason.WRONG_PART: "wrong part",
    Reason.UNKNOWN_PART: "unknown part",
    Reason.TOO_CLOSE: "too close to call",
    Reason.POOR_PICTURE: "poor picture",
    Reason.NOT_VERIFIED: "not verified",
    Reason.FAULT: "fault",
}
EVENTS = ("verification", "override", "hold", "bypass", "red_bin", "changeover")


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one work order; golden and challenge parts, and what was laid before the station was verified, apart.

    passed     parts with a PASS, those that were put on hold afterwards left out
    rejected   reason → placements
    unsure     placements, each attempt
    steps      placements while nothing could pass: golden and challenge parts, and beyond the quantity
    overrides  placements that somebody disagreed with
    held       parts on hold: UNSURE three times, or disagreed with
    in_bin     rejected parts that somebody has confirmed to be in the red bin
    verified   how often the station was verified for it
    bypasses   how often somebody opened the gate without that
    """

    passed: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    unsure: int = 0
    steps: int = 0
    overrides: int = 0
    held: int = 0
    in_bin: int = 0
    verified: int = 0
    bypasses: int = 0

    def lines(self, asked: int) -> list[tuple[str, int]]:
        """What a person reads of it, where so many were asked for; what never happened is left out."""
        told = [("asked", asked), ("passed", self.passed)]
        told += [(f"rejected: {REASONS.get(reason, reason)}", count) for reason, count in sorted(self.rejected.items())]
        rest = (
            ("confirmed in the red bin", self.in_bin),
            ("unsure", self.unsure),
            ("on hold", self.held),
            ("disagreed with", self.overrides),
            ("verifications", self.verified),
            ("verification and other steps", self.steps),
            ("bypasses of verification", self.bypasses),
        )
        return told + [(what, count) for what, count in rest if count]


@dataclass(frozen=True, slots=True)
class Placed:
    """Placements of an order while the station was verified for it: verdict → how often, up to record `sequence`."""

    counts: dict[Verdict, int] = field(default_factory=dict)
    sequence: int = -1


def placed(connection: sqlite3.Connection, work_order: str) -> Placed:
    """What the log tells of an order's placements until now; an order without a name begins anew each time."""
    if not work_order:
        return Placed()
    sql = (
        "SELECT verdict, count(*), max(sequence) FROM inspections "
        "WHERE work_order = ? AND json_extract(measures, '$.verified') GROUP BY 1"
    )
    rows = connection.execute(sql, [work_order]).fetchall()
    counts = {Verdict(verdict): count for verdict, count, _ in rows}
    return Placed(counts, max((last for _, _, last in rows), default=-1))


def passed(connection: sqlite3.Connection, work_order: str) -> int:
    """Parts of an order that passed and were not put on hold afterwards."""
    sql = "SELECT count(*) FROM inspections WHERE work_order = ? AND verdict = 'PASS'"
    found: int = connection.execute(sql, [work_order]).fetchone()[0]
    return found - len(_put_aside(_events(connection, work_order, ("override",)), work_order))


def summed_up(data: Path, work_order: str) -> Summary:
    """Over a connection of its own that cannot write. Raises LogError."""
    with queries.reading(data) as rows:
        return summary(rows, work_order)


def summary(connection: sqlite3.Connection, work_order: str) -> Summary:
    """Everything that the log tells of an order."""
    sql = (
        "SELECT verdict, reason, ifnull(json_extract(measures, '$.verified'), 0), count(*) "
        "FROM inspections WHERE work_order = ? GROUP BY 1, 2, 3"
    )
    rejected: dict[str, int] = {}
    counts = dict.fromkeys(("passed", "unsure", "steps"), 0)
    for verdict, reason, is_production, count in connection.execute(sql, [work_order]):
        if not is_production and reason != Reason.FAULT:
            counts["steps"] += count
        elif verdict == Verdict.REJECT:
            rejected[reason] = rejected.get(reason, 0) + count
        else:
            counts["passed" if verdict == Verdict.PASS else "unsure"] += count
    events = _events(connection, work_order, EVENTS)
    counts["passed"] -= len(_put_aside(events, work_order))
    return Summary(rejected=rejected, **counts, **_of_people(events, work_order))


Found = tuple[str, str | None, str | None, str | None, str | None]  # kind, work order, result, inspection, verdict


def _events(connection: sqlite3.Connection, work_order: str, kinds: Sequence[str]) -> list[Found]:
    """Those since the order's first placement, which golden part and all lie behind; before it was the changeover."""
    told = ", ".join(
        f"json_extract(details, '$.{name}')" for name in ("work_order", "result", "inspection_id", "verdict")
    )
    first = "SELECT min(sequence) FROM inspections WHERE work_order = ?"
    of_kinds = f"kind IN ({', '.join('?' * len(kinds))})"
    sql = f"SELECT kind, {told} FROM events WHERE sequence > ({first}) AND {of_kinds} ORDER BY sequence"  # noqa: S608 - ours
    return connection.execute(sql, [work_order, *kinds]).fetchall()


def _put_aside(events: Sequence[Found], work_order: str) -> set[str | None]:
    """The passed parts that somebody disagreed with."""
    return {
        inspection
        for kind, of, _, inspection, verdict in events
        if (kind, of, verdict) == ("override", work_order, Verdict.PASS)
    }


def _of_people(events: Sequence[Found], work_order: str) -> dict[str, int]:
    counts = dict.fromkeys(("overrides", "held", "in_bin", "verified", "bypasses"), 0)
    names = {"override": "overrides", "hold": "held", "red_bin": "in_bin"}
    runs = True  # the order of the first placement is this one
    for kind, of, result, _, _ in events:
        if kind == "changeover":
            runs = of == work_order
        elif kind in names:
            counts[names[kind]] += of == work_order
        elif runs:
            counts["verified"] += (kind, result) == ("verification", "verified")
            counts["bypasses"] += (kind, result) == ("bypass", "begun")
    return counts
