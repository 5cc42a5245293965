"""The chain as it lies in a database: read in the order of the sequence, and its end. See chain.py for what is hashed.

Rows that were written before there was a chain have no hashes; they are bound all the same, by the first row behind
them: its prev_hash is what their chain would have ended in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from operator import itemgetter

from station.log.chain import HASHES, REALS, ZEROS, content, content_sql, link, reals

PAGE = 500  # sequence numbers that are read at once


Link = tuple[int, str, str, str | None, str | None]
"""One element of the chain as it is kept.

sequence, table
content   what is hashed of it
before    the hash that it says it follows; None in a row from before the chain, and in a head
own       the hash that it says it has; None in a row from before the chain
"""


def links(connection: sqlite3.Connection, first: int, last: int) -> Iterator[Link]:
    """The chain from sequence `first` to `last`, both included; no read stands open between two pages."""
    for begin in range(first, last + 1, PAGE):
        yield from page(connection, begin, min(begin + PAGE - 1, last))


def page(connection: sqlite3.Connection, first: int, last: int) -> list[Link]:
    """Part of the chain, in its order: rising, a head behind the record that it signs."""
    found = [link for table in ("inspections", "events", "heads") for link in _of(connection, table, first, last)]
    found.sort(key=itemgetter(0))  # stable: the head, read last, stays behind its record
    return found


def _of(connection: sqlite3.Connection, table: str, first: int, last: int) -> list[Link]:
    before, own = ("NULL", "head_hash") if table == "heads" else HASHES
    columns = ", ".join(["sequence", content_sql(table), before, own, *REALS[table]])
    sql = f"SELECT {columns} FROM {table} WHERE sequence BETWEEN ? AND ? ORDER BY sequence"  # noqa: S608 - names of ours
    rows = connection.execute(sql, [first, last])
    # a million of these: a plain tuple is made in half the time of a named one, and is one to all who read it
    if not REALS[table]:
        return [(sequence, table, told, before, own) for sequence, told, before, own in rows]
    return [
        (sequence, table, f"{told}[{one!r},{two!r},{three!r}]", before, own)
        if one is not None and two is not None and three is not None
        else (sequence, table, told + reals([one, two, three]), before, own)
        for sequence, told, before, own, one, two, three in rows
    ]


def exact(connection: sqlite3.Connection, table: str, sequence: int) -> str:
    """What is hashed of a row, without SQLite's help: this is what counts."""
    cursor = connection.execute(f"SELECT * FROM {table} WHERE sequence = ?", [sequence])  # noqa: S608 - names of ours
    return content(table, dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True)))


def end_of_chain(connection: sqlite3.Connection) -> tuple[int, str, int]:
    """The last sequence, the hash that the chain ends in, and how many records follow the last head."""
    last = int(connection.execute("SELECT sequence FROM last").fetchone()[0])
    head = connection.execute("SELECT sequence, head_hash FROM heads ORDER BY sequence DESC LIMIT 1").fetchone()
    signed = head[0] if head else 0
    if head and signed == last:
        return last, head[1], 0
    found = page(connection, last, last)
    end = found[-1][4] if found else ZEROS
    return last, _end_without_hashes(connection, last) if end is None else end, last - signed


def _end_without_hashes(connection: sqlite3.Connection, last: int) -> str:
    end = ZEROS
    for each in links(connection, 1, last):
        end = link(end, each[2])
    return end
