"""How long pictures are kept, and which go: never rows, hashes or what was said of them.

Pictures of passed parts go first, by their age or because room is needed. Those of rejects, holds and verifications
have a term of their own, and go for no lack of room. Every purge is an event before the first file is gone: what it
takes, and up to which record. So `verify` tells purged from missing, and a purge that was cut off is done again.

A clock that jumps forward makes everything look old, and what is deleted does not come back. So no age counts by a
clock that is not synchronised, and none that it jumped to within the last two days: see `believed`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.log.purged import ALL, KIND, OTHERS, PASSED, UNSPOKEN, Purged, is_needed
from station.log.search import quarter

Tick = Callable[[str, int, int], None]
GIB = 2**30
PAGE = 500
LONGEST = 100_000.0  # days; further back there is no calendar
LEAP = timedelta(days=2)  # between two records; a clock that is further ahead is not believed at once


@dataclass(frozen=True, slots=True)
class Terms:
    """How long; 0 is for ever.

    passed_days  pictures of passed parts
    others_days  all other pictures
    free_gib     below so much free room the oldest pictures of passed parts go before their time
    """

    passed_days: float = 0.0
    others_days: float = 0.0
    free_gib: float = 0.0

    def __str__(self) -> str:
        told = [
            f"of passed parts {_days(self.passed_days)}",
            f"of all others {_days(self.others_days)}",
        ]
        if self.free_gib:
            told.append(f"and of passed parts less long where less than {self.free_gib:g} GiB are free")
        return ", ".join(told)


def _days(days: float) -> str:
    return f"{days:g} days" if days else "for ever"


@dataclass(frozen=True, slots=True)
class Purge:
    """Pictures that are to go.

    what     passed or others
    after    the record up to which they went before
    through  the last record
    why      age, room, or who asked for it
    """

    what: str
    after: int
    through: int
    why: str

    @property
    def details(self) -> dict[str, Any]:
        """For the log."""
        return {"what": self.what, "after": self.after, "through": self.through, "why": self.why}

    @property
    def message(self) -> str:
        """For the log."""
        whose = "passed parts" if self.what == PASSED else "parts that did not pass"
        return f"Pictures of {whose} up to record {self.through} are let go: {self.why}"


CONFIGURED, SAID = "keeping", "retention"  # kinds of the events: what station.toml says; what a supervisor said


def terms_in_force(connection: sqlite3.Connection, configured: Terms | None = None) -> Terms:
    """What a supervisor said last; else what station.toml says; where that is not at hand, what the log tells of it."""
    said = told(connection, SAID)
    configured = (told(connection, CONFIGURED) or Terms()) if configured is None else configured
    return configured if said is None else said


def told(connection: sqlite3.Connection, kind: str) -> Terms | None:
    """The newest terms that an event of this kind tells; None where none does."""
    sql = (
        "SELECT json_extract(details, '$.passed_days'), json_extract(details, '$.others_days'), "
        "json_extract(details, '$.free_gib') FROM events WHERE kind = ? ORDER BY sequence DESC LIMIT 1"
    )
    row = connection.execute(sql, [kind]).fetchone()
    return None if row is None else Terms(*(each or 0.0 for each in row))  # what was no number is none


def recorded(connection: sqlite3.Connection) -> list[Purge]:
    """The newest purge of each kind that the log tells of; whether its files went, nobody has written down."""
    sql = (
        "SELECT json_extract(details, '$.what'), ifnull(json_extract(details, '$.after'), 0), "
        "json_extract(details, '$.through'), ifnull(json_extract(details, '$.why'), '') "
        "FROM events WHERE kind = 'purge' ORDER BY sequence"
    )
    return list({what: Purge(what, *told) for what, *told in connection.execute(sql)}.values())


def plan(connection: sqlite3.Connection, folder: Path, terms: Terms, now: datetime | None, free: int) -> list[Purge]:
    """What has to go now.

    now   None where the clock is not synchronised: then nothing goes by its age
    free  the room that is left, in bytes
    """
    gone = Purged.of(connection).through
    now = None if now is None else believed(connection, now)
    found = []
    for what, days in ((PASSED, terms.passed_days), (OTHERS, terms.others_days)):
        through = older_than(connection, now - timedelta(days=min(days, LONGEST))) if days and now else 0
        if through > gone.get(what, 0) and _any(connection, what, gone.get(what, 0), through):
            found.append(Purge(what, gone.get(what, 0), through, f"older than {days:g} days"))
    lack = int(terms.free_gib * GIB) - free
    if lack > 0:
        after = max([gone.get(PASSED, 0), *(each.through for each in found if each.what == PASSED)])
        through = _enough(connection, folder, after, lack)
        if through > after:
            found = [each for each in found if each.what != PASSED]
            why = f"less than {terms.free_gib:g} GiB were free"
            found.insert(0, Purge(PASSED, gone.get(PASSED, 0), through, why))
    return found


def believed(connection: sqlite3.Connection, now: datetime) -> datetime:
    """Now, or the quarter of an hour of the last record before a leap of more than two days that is not yet older.

    A leap is told from a holiday by nothing but that it lasts: after either the ages count again two days later.
    """
    begin = quarter(now - LEAP)
    sql = (
        "SELECT (SELECT max(quarter) FROM spans WHERE quarter < ?), (SELECT min(quarter) FROM spans WHERE quarter >= ?)"
    )
    before, after = (_time(each) for each in connection.execute(sql, [begin, begin]).fetchone())
    return before if before and (not after or after - before > LEAP) else now


def _time(found: str | None) -> datetime | None:
    return None if found is None else datetime.fromisoformat(found).replace(tzinfo=UTC)


def older_than(connection: sqlite3.Connection, cutoff: datetime) -> int:
    """The last record before the first that is not older: a clock that jumped makes pictures stay, not go."""
    sql = "SELECT min(first) - 1 FROM spans WHERE quarter >= ?"
    found = connection.execute(sql, [quarter(cutoff)]).fetchone()[0]
    if found is None:
        found = connection.execute("SELECT max(last) FROM spans").fetchone()[0]
    return int(found or 0)


def purge(connection: sqlite3.Connection, folder: Path, asked: Purge, tick: Tick) -> tuple[int, int]:
    """Delete the files of a purge that is recorded. Returns how many went, and their bytes. Raises OSError."""
    count = size = 0
    for sequence, path in _files(connection, folder, asked.what, _again(connection, asked), asked.through):
        try:
            size += path.stat().st_size
            path.unlink()
            count += 1
        except FileNotFoundError:  # gone before
            continue
        finally:
            tick("Purging", sequence, asked.through)
    return count, size


def _again(connection: sqlite3.Connection, asked: Purge) -> int:
    """From where the purge before this one began: it may have been cut off."""
    sql = (
        "SELECT max(json_extract(details, '$.after')) FROM events WHERE kind = 'purge' "
        "AND json_extract(details, '$.what') = ? AND json_extract(details, '$.through') <= ?"
    )
    return int(connection.execute(sql, [asked.what, asked.after]).fetchone()[0] or 0)


def _any(connection: sqlite3.Connection, what: str, after: int, through: int) -> bool:
    sql = f"SELECT 1 FROM inspections WHERE sequence > ? AND sequence <= ? AND {KIND[what]} LIMIT 1"  # noqa: S608 - words of ours
    return connection.execute(sql, [after, through]).fetchone() is not None


def _enough(connection: sqlite3.Connection, folder: Path, after: int, lack: int) -> int:
    """Up to which record passed parts' pictures have to go, so that there is room."""
    last = int(connection.execute("SELECT sequence FROM last").fetchone()[0])
    through = after
    for sequence, path in _files(connection, folder, PASSED, after, last):
        if lack <= 0:
            break
        try:
            lack -= path.stat().st_size
        except FileNotFoundError:
            continue
        through = sequence
    return through


def _files(
    connection: sqlite3.Connection, folder: Path, what: str, after: int, through: int
) -> Iterator[tuple[int, Path]]:
    """The pictures that may go: not those that another record needs, nor of a passed part that somebody spoke about."""
    sql = (
        "SELECT sequence, acquired_at, image_sha256, frame_sha256 FROM inspections i "  # noqa: S608 - words of ours
        f"WHERE sequence > :after AND sequence <= :through AND {KIND[what]} AND {UNSPOKEN[what]} "
        f"ORDER BY sequence LIMIT {PAGE}"
    )
    while rows := connection.execute(sql, {"after": after, "through": through, "before": ALL}).fetchall():
        for sequence, at, image, frame in rows:
            day = folder / "pictures" / at[:10].replace("-", "/")
            for column, sha256, kind in (("image_sha256", image, "png"), ("frame_sha256", frame, "jpg")):
                if sha256 is not None and not is_needed(connection, column, sha256, what, through):
                    yield sequence, day / f"{sha256}.{kind}"
        after = rows[-1][0]
