"""Rows of a log copied into a database of their own, hashes and all: a span for somebody else, or what can be read.

The copy has the schema of the log, so that whatever reads a log reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from station.log.migrations import migrate
from station.log.progress import silent

TABLES = ("inspections", "events", "heads", "tail")
PAGE = 500
DERIVED = {
    "spans": "SELECT quarter, min(sequence), max(sequence) FROM tallied GROUP BY 1",
    "facets": "SELECT part_number, predicted, verdict, reason, operator, count(*) FROM tallied GROUP BY 1, 2, 3, 4, 5",
    "tallies": "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, count(*), "
    "total(decision_ms), max(decision_ms), sum(is_retry), sum(is_unsynchronised), sum(is_unverified), "
    "sum(is_bypassed) FROM tallied GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
}


def copy_rows(source: sqlite3.Connection, target: Path, first: int, last: int, tick: Any = silent) -> list[int]:
    """Copy what lies between two sequence numbers, both included, into a new database.

    Returns the sequence numbers of the rows that could not be read. Raises OSError, sqlite3.Error for the target.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        migrate(copy)
        triggers = copy.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            copy.execute(f"DROP TRIGGER {name}")
        lost = list[int]()
        copy.execute("BEGIN")
        for number, table in enumerate(TABLES):
            for end, rows in _readable(source, table, first, last, lost):
                for row in rows:
                    copy.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", tuple(row))  # noqa: S608 - names of ours
                tick("Copying", number * (last - first + 1) + end - first + 1, len(TABLES) * (last - first + 1))
        for table, sql in DERIVED.items():
            copy.execute(f"INSERT INTO {table} {sql}")
        for _, sql in triggers:
            copy.execute(sql)
        copy.execute("COMMIT")
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sorted(set(lost))


def _readable(
    source: sqlite3.Connection, table: str, first: int, last: int, lost: list[int]
) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Where a page ends, and its rows; where it cannot be read as a whole, those that can one by one."""
    sql = f"SELECT * FROM {table} WHERE sequence BETWEEN ? AND ? ORDER BY sequence"  # noqa: S608 - names of ours
    for begin in range(first, last + 1, PAGE):
        end = min(begin + PAGE - 1, last)
        try:
            yield end, source.execute(sql, [begin, end]).fetchall()
        except sqlite3.Error:
            yield end, list(_one_by_one(source, sql, range(begin, end + 1), lost))


def _one_by_one(
    source: sqlite3.Connection, sql: str, sequences: Iterable[int], lost: list[int]
) -> Iterator[tuple[Any, ...]]:
    for sequence in sequences:
        try:
            yield from source.execute(sql, [sequence, sequence]).fetchall()
        except sqlite3.Error:
            lost.append(sequence)
