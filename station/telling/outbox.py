"""What of the log was not told yet: the log is the outbox, and a position in it all that a destination needs.

The chain is told in its order, records and signed heads. Nothing is marked in the log itself: whoever is told keeps the
position, or has it kept in a file of the data folder.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from station.errors import LogError
from station.log import queries
from station.log.archive import sync
from station.log.chain import REALS, TEXTS, ZEROS, link
from station.log.links import links

FOLDER = "telling"  # below the data folder
BOOLEANS = ("is_simulated", "clock_synchronised")
OBJECTS = ("measures", "details")
_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Position:
    """How far the chain was told.

    sequence  of the last record
    head      of the last signed head: it is the sequence of the record that it signs, and comes after it
    end       the hash that the chain ended in
    """

    sequence: int = 0
    head: int = 0
    end: str = ZEROS


@dataclass(frozen=True, slots=True)
class Element:
    """A record or a head as it is told; `position` is that of whoever was told it."""

    table: str
    sequence: int
    content: str
    before: str
    position: Position

    @property
    def fields(self) -> dict[str, Any]:
        """Columns → values, as JSON has them."""
        return fields(self.table, self.content) | {"prev_hash": self.before, "record_hash": self.position.end}


def resumed(rows: sqlite3.Connection, told: Position) -> Position:
    """The position; or, where another log took the place of the one that was told, one behind which nothing was told.

    A log that was put back from a backup tells up to where it is the former one; of any other all is new.
    """
    # rows from before the chain have no hash; nothing tells them from those of another log
    if not told.sequence or any(own in (told.end, None) for *_, own in links(rows, told.sequence, told.sequence)):
        return told
    sql = (
        "SELECT json_extract(details, '$.backup_ended_at') AS ended_at, json_extract(details, '$.backup_ended_in') "
        "FROM events WHERE kind = 'restore' AND ended_at < ? ORDER BY ended_at LIMIT 1"
    )
    if found := rows.execute(sql, [told.sequence]).fetchone():
        return Position(found[0], found[0], found[1])
    first = "SELECT min((SELECT min(sequence) FROM events), ifnull((SELECT min(sequence) FROM inspections), ?))"
    before = (rows.execute(first, [2**63 - 1]).fetchone()[0] or 1) - 1
    return Position(before, before, ZEROS)


def waiting(rows: sqlite3.Connection, told: Position, limit: int) -> list[Element]:
    """The next elements of the chain behind a position, `limit` sequence numbers at most.

    Raises LogError where the log does not go on from there as its own hashes say: nothing that was changed is told.
    """
    last = min(queries.newest(rows), told.sequence + limit)
    return list(_onward(rows, told, last))


def _onward(rows: sqlite3.Connection, told: Position, last: int) -> Iterator[Element]:
    for sequence, table, content, before, own in links(rows, max(1, told.sequence), last):
        is_head = table == "heads"
        if sequence <= (told.head if is_head else told.sequence):
            continue
        end = link(told.end, content)
        if (own or end) != end or (before or told.end) != told.end:
            raise LogError(f"Record {sequence} does not follow what was told before it: `station log verify`.")
        former, told = told.end, replace(told, end=end, **{"head" if is_head else "sequence": sequence})
        yield Element(table, sequence, content, former, told)


def fields(table: str, content: str) -> dict[str, Any]:
    """What was hashed of a row → its columns. `content` is JSON of all but the reals, and JSON of these."""
    row = texts(table, content)
    _, at = _JSON.raw_decode(content)
    row |= dict(zip(REALS[table], json.loads(content[at:] or "[]"), strict=True))
    row |= {name: bool(row[name]) for name in BOOLEANS if name in row}
    return row | {name: json.loads(row[name]) for name in OBJECTS if name in row}


def texts(table: str, content: str) -> dict[str, Any]:
    """The same without reals, and as SQLite has them; it takes a third of the time."""
    return dict(zip(TEXTS[table], _JSON.raw_decode(content)[0][1:], strict=True))


class Kept:
    """A position in a file of the data folder, for a destination that keeps none itself."""

    def __init__(self, data: Path, destination: str) -> None:
        self._path = data / FOLDER / f"{destination}.json"

    def read(self) -> Position:
        """From the beginning, where nothing was told yet or nobody knows how much."""
        try:
            return Position(**json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Position()

    def write(self, told: Position) -> None:
        """Whole or not at all. Raises OSError."""
        self._path.parent.mkdir(exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(told)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        sync(self._path.parent)
