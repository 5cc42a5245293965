"""The traceability log, read: over connections of their own that can neither write nor hold up the line.

Rows are dictionaries with the names of the schema, ready for JSON: times as text, `measures` as an object.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from station.errors import LogError
from station.log.migrations import MIGRATIONS, version
from station.log.record import Row, from_row
from station.log.search import Search as Search
from station.log.search import Span, page, quarter
from station.log.store import DATABASE
from station.log.trouble import told_plainly


@contextmanager
def reading(folder: Path, one_thread: bool = True) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the log of a data folder, the station running or not. Raises LogError.

    one_thread  False: several threads may use it, one after the other
    """
    path = folder.absolute() / DATABASE
    with told_plainly(folder):
        if not path.is_file():
            raise LogError(f"There is no log in {folder}: name the data folder of a station that has run.")
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=one_thread)
        try:
            if version(connection) < len(MIGRATIONS):
                raise LogError(f"The log in {folder} is of an older version: start the station on it once.")
            connection.row_factory = sqlite3.Row
            yield connection
        finally:
            connection.close()


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is read within is of the moment of the first reading, however much is recorded meanwhile.

    Not for hours: the file of what is written meanwhile cannot shrink before the end.
    """
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def search(connection: sqlite3.Connection, wanted: Search, after: int | None = None, limit: int = 50) -> list[Row]:
    """The newest `limit` inspections that match, newest first. The next page is `after` the last sequence of this."""
    sql, values = page(wanted, after, limit, span(connection, wanted))
    return [from_row(row) for row in connection.execute(sql, values)]


def newer(connection: sqlite3.Connection, wanted: Search, than: int, limit: int = 50) -> list[Row]:
    """The page before one that begins with sequence `than`: of the newer ones the oldest `limit`, newest first."""
    sql, values = page(wanted, None, limit, span(connection, wanted), than)
    return [from_row(row) for row in connection.execute(sql, values)]


def span(connection: sqlite3.Connection, wanted: Search) -> Span | None:
    """Between which sequence numbers the times lie that are asked for; None where no time is asked for.

    A clock that jumped makes the span larger than need be, never smaller.
    """
    if wanted.since is None and wanted.until is None:
        return None
    first, last = quarter(wanted.since) or "", quarter(wanted.until) or "9999"
    sql = "SELECT min(first), max(last) FROM spans WHERE quarter BETWEEN ? AND ?"
    found = connection.execute(sql, [first, last]).fetchone()
    return Span(found[0] or 0, found[1] or 0)


def onward(
    connection: sqlite3.Connection, wanted: Search, first: int = 1, last: int | None = None, at_once: int = 200
) -> Iterator[Row]:
    """Every inspection that matches from sequence `first` to `last`, both included, oldest first.

    Read `at_once` rows at a time: no read stands open in between, which would keep the station from tidying its log.
    """
    conditions = wanted.conditions()
    where = " AND ".join(["sequence >= ?", "sequence <= ?", *(condition for condition, _ in conditions)])
    sql = f"SELECT * FROM inspections WHERE {where} ORDER BY sequence LIMIT ?"  # noqa: S608 - columns are `conditions`' own
    last = newest(connection) if last is None else last
    while rows := connection.execute(sql, [first, last, *(value for _, value in conditions), at_once]).fetchall():
        yield from map(from_row, rows)
        first = rows[-1]["sequence"] + 1


def newest(connection: sqlite3.Connection) -> int:
    """The last sequence number that was given to anything; 0 if none was."""
    return int(connection.execute("SELECT sequence FROM last").fetchone()[0])


def runtimes(connection: sqlite3.Connection) -> list[tuple[int, dict[str, str] | None]]:
    """What each start said that it computes with, by its sequence, rising; None where it did not say."""
    sql = "SELECT sequence, json_extract(details, '$.runtime') FROM events WHERE kind = 'start' ORDER BY sequence"
    return [(sequence, told and json.loads(told)) for sequence, told in connection.execute(sql)]


def show(connection: sqlite3.Connection, name: str) -> Row | None:
    """The inspection with this sequence number or inspection_id; None if there is none."""
    column = "sequence" if name.isdecimal() else "inspection_id"
    row = connection.execute(f"SELECT * FROM inspections WHERE {column} = ?", [name]).fetchone()  # noqa: S608 - one of two
    return None if row is None else from_row(row)


def acts_about(connection: sqlite3.Connection, sequence: int) -> list[Row]:
    """The events that refer to an inspection, oldest first: verification, hold, release, escape, what a person did.

    An event refers to a record by `record` among its details; a hold by `records`, and it follows the last of them.
    """
    sql = (
        "SELECT sequence FROM events WHERE json_extract(details, '$.record') = :s "
        "AND json_extract(details, '$.record') IS NOT NULL "
        "UNION SELECT sequence FROM (SELECT sequence, details FROM events INDEXED BY events_by_kind "
        "WHERE kind = 'hold' AND sequence > :s ORDER BY sequence LIMIT 10) "
        "WHERE :s IN (SELECT value FROM json_each(details, '$.records'))"
    )
    found = f"SELECT * FROM events WHERE sequence IN ({sql}) ORDER BY sequence"  # noqa: S608 - no value in it
    return [from_row(row) for row in connection.execute(found, {"s": sequence})]


def is_of_verification(connection: sqlite3.Connection, sequence: int) -> bool:
    """Whether an inspection is that of a golden or challenge part: for whoever counts parts, or lets them go."""
    sql = (
        "SELECT 1 FROM events WHERE json_extract(details, '$.record') = ? "
        "AND json_extract(details, '$.record') IS NOT NULL AND kind = 'verification' LIMIT 1"
    )
    return connection.execute(sql, [sequence]).fetchone() is not None


def hash_of(connection: sqlite3.Connection, sequence: int) -> str | None:
    """The hash of a record or event, which no other log has; None where there is none, or one of before the chain."""
    sql = (
        "SELECT record_hash FROM inspections WHERE sequence = :s "
        "UNION ALL SELECT record_hash FROM events WHERE sequence = :s"
    )
    found = connection.execute(sql, {"s": sequence}).fetchone()
    return None if found is None else found[0]


def acts_of(connection: sqlite3.Connection, rows: Sequence[Row]) -> dict[int, list[Row]]:
    """The same of many inspections, in their order: those that nobody did anything about are left out."""
    if not rows:
        return {}
    numbers = json.dumps([row["sequence"] for row in rows])
    about = (
        "SELECT * FROM events WHERE json_extract(details, '$.record') IN (SELECT value FROM json_each(?)) "
        "AND json_extract(details, '$.record') IS NOT NULL"
    )
    found = {row["sequence"]: row for row in map(from_row, connection.execute(about, [numbers]))}
    acts = [(act["details"]["record"], act) for act in found.values()]
    acts += [(number, hold) for hold in _holds(connection, rows) for number in hold["details"].get("records", ())]
    told: dict[int, list[Row]] = {}
    wanted = {row["sequence"] for row in rows}
    for number, act in sorted(acts, key=lambda each: each[1]["sequence"]):
        if number in wanted:
            told.setdefault(number, []).append(act)
    return told


def _holds(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[Row]:
    """The holds that may be of these: one follows the last of its records, soon."""
    first, last = min(row["sequence"] for row in rows), max(row["sequence"] for row in rows)
    behind = (
        "SELECT max(sequence) FROM (SELECT sequence FROM events INDEXED BY events_by_kind WHERE kind = 'hold' "
        "AND sequence > :last ORDER BY sequence LIMIT 10)"
    )
    sql = (
        "SELECT * FROM events INDEXED BY events_by_kind WHERE kind = 'hold' AND sequence > :first "  # noqa: S608 - no value in it
        f"AND sequence <= ifnull(({behind}), :last) ORDER BY sequence"
    )
    return [from_row(row) for row in connection.execute(sql, {"first": first, "last": last})]


def pages(connection: sqlite3.Connection, wanted: Search, limit: int) -> Iterator[list[Row]]:
    """Every inspection that matches, oldest first, `limit` at once: each page begins where the last one ended."""
    last = 0
    while found := newer(connection, wanted, last, limit):
        yield found[::-1]
        last = found[0]["sequence"]


def newest_head(connection: sqlite3.Connection) -> Row | None:
    """The newest signed head; None before the first."""
    row = connection.execute("SELECT * FROM heads ORDER BY sequence DESC LIMIT 1").fetchone()
    return None if row is None else dict(row)


def counts(connection: sqlite3.Connection, work_order: str) -> dict[str, int]:
    """Verdict → how many inspections of a work order ended in it."""
    sql = "SELECT verdict, count(*) FROM inspections WHERE work_order = ? GROUP BY verdict"
    return dict(connection.execute(sql, [work_order]).fetchall())


def real_station(connection: sqlite3.Connection, replay: str) -> str | None:
    """The name of a station with records that are neither simulated nor of `replay`; None if there is none."""
    sql = "SELECT station FROM inspections WHERE NOT is_simulated AND station <> ? LIMIT 1"
    row = connection.execute(sql, [replay]).fetchone()
    return None if row is None else str(row[0])


def is_simulated(connection: sqlite3.Connection, replay: str) -> bool:
    """Whether there are simulated records that are not of `replay`."""
    sql = "SELECT 1 FROM inspections WHERE is_simulated AND station <> ? LIMIT 1"
    return connection.execute(sql, [replay]).fetchone() is not None


def events(
    connection: sqlite3.Connection, before: int | None = None, limit: int = 50, kinds: Sequence[str] = ()
) -> list[Row]:
    """The newest `limit` events (start, stop, fault, a person's act), newest first; paged like `search`.

    kinds  only these; all where none is named
    """
    asked = f"kind IN ({', '.join('?' * len(kinds))})" if kinds else "true"
    sql = f"SELECT * FROM events WHERE sequence < ? AND {asked} ORDER BY sequence DESC LIMIT ?"  # noqa: S608 - marks only
    newest = 2**63 - 1
    return [from_row(row) for row in connection.execute(sql, [newest if before is None else before, *kinds, limit])]


def shadows(connection: sqlite3.Connection) -> Iterator[Row]:
    """What candidates that judged beside the line would have said, oldest first: the events' details."""
    for row in connection.execute("SELECT details FROM events WHERE kind = 'shadow' ORDER BY sequence").fetchall():
        yield json.loads(row[0])


def model_in_use(connection: sqlite3.Connection) -> str | None:
    """The model that the station runs, or ran last, as its records name it; None before its first start."""
    sql = (
        "SELECT json_extract(details, '$.model') FROM events WHERE kind IN ('start', 'model_swap') "
        "ORDER BY sequence DESC LIMIT 1"
    )
    row = connection.execute(sql).fetchone()
    return None if row is None else row[0]


def failed_verification(connection: sqlite3.Connection) -> Row | None:
    """The event of the verification that failed last, if no person has asked anew since; else None.

    Another bundle or calibration in somebody's name asks anew too, also one that was chosen while no station ran.
    """
    sql = (
        "SELECT * FROM events WHERE kind IN ('verification', 'model_swap', 'calibration') AND "
        "(operator != '' OR (kind = 'verification' AND json_extract(details, '$.result') != 'asked')) "
        "ORDER BY sequence DESC LIMIT 1"
    )
    row = connection.execute(sql).fetchone()
    event = None if row is None else from_row(row)
    return event if event and event["details"].get("result") == "failed" else None


def was_taken_up(connection: sqlite3.Connection, asked_at: str) -> bool:
    """Whether the log tells of a swap that was asked for at this time."""
    sql = "SELECT 1 FROM events WHERE kind = 'model_swap' AND json_extract(details, '$.asked_at') = ? LIMIT 1"
    return connection.execute(sql, [asked_at]).fetchone() is not None


def damage(connection: sqlite3.Connection) -> str | None:
    """What SQLite finds wrong with the database; None if it is sound. Reads the whole file."""
    found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return None if found == "ok" else found
