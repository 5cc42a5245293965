"""The chain followed from its first element to its last: which is not as it was hashed, or does not follow."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence

from station.log.chain import ZEROS, begins, link
from station.log.links import PAGE, Link, exact, page
from station.log.progress import Tick
from station.log.verify.report import Report


def follow_chain(connection: sqlite3.Connection, report: Report, last: int, tick: Tick) -> None:
    """The first step: from the first element up to the sequence `last`; counts what it has read into the report."""
    walk = _Walk(connection, report)
    for found in _stored(connection, report, last, tick):
        walk.along(found)
    walk.close()


def edge(connection: sqlite3.Connection, which: str) -> int:
    """The first (`min`) or the last (`max`) sequence of the log; 0 where it is empty."""
    found = [
        connection.execute(f"SELECT {which}(sequence) FROM {table}").fetchone()[0]  # noqa: S608 - names of ours
        for table in ("inspections", "events")
    ]
    return {"min": min, "max": max}[which]((each for each in found if each is not None), default=0)


def _stored(connection: sqlite3.Connection, report: Report, last: int, tick: Tick) -> Iterator[list[Link]]:
    """The chain as it lies there, page by page, gaps left out, and rows that cannot be read named."""
    next_one = (
        "SELECT min(s) FROM (SELECT min(sequence) AS s FROM inspections WHERE sequence >= :s "
        "UNION ALL SELECT min(sequence) FROM events WHERE sequence >= :s)"
    )
    begin: int | None = edge(connection, "min")
    while begin is not None and begin <= last:
        end = min(begin + PAGE - 1, last)
        try:
            found = page(connection, begin, end)
        except sqlite3.Error:
            found = list(_one_by_one(connection, report, begin, end))
        yield found
        tick("Chain", end, last)
        if len(found) < PAGE and end < last:  # perhaps a gap, as wide as somebody liked
            begin = connection.execute(next_one, {"s": end + 1}).fetchone()[0]
        else:
            begin = end + 1


def _one_by_one(connection: sqlite3.Connection, report: Report, begin: int, end: int) -> Iterator[Link]:
    for sequence in range(begin, end + 1):
        try:
            yield from page(connection, sequence, sequence)
        except sqlite3.Error as trouble:
            report.add("chain", sequence, f"Record {sequence} cannot be read: {trouble}.")


class _Walk:
    """Follows the chain, element by element, and says where it breaks; then goes on from what is stored there."""

    def __init__(self, connection: sqlite3.Connection, report: Report) -> None:
        self._connection, self._report = connection, report
        self._last = 0
        self._end = ZEROS
        self._has_hashes = False
        self._counts = {"inspections": 0, "events": 0, "heads": 0}
        self._suspect: tuple[int, int, str] | None = None  # the two that may have changed, and the hash of the second

    def along(self, found: Sequence[Link]) -> None:
        """The next elements. What is as it should be, and that is nearly all, takes the short way."""
        for each in found:
            sequence, table, told, before, own = each
            if (
                before == self._end
                and sequence == self._last + 1
                and self._suspect is None
                and hashlib.sha256(f"{before}\n{told}".encode("utf-8", "surrogatepass")).hexdigest() == own
            ):
                self._last, self._end = sequence, own
                self._has_hashes = True
                self._counts[table] += 1
            else:
                self._step(each)

    def _step(self, each: Link) -> None:
        """One element, looked at closely."""
        report = self._report
        sequence, table, told, before, own = each
        if self._suspect:
            self._judge(before if before is not None else own and self._end)
        self._counts[table] += 1
        if table == "heads":
            self._head(sequence, told, own)
            return
        if sequence != self._last + 1:
            self._jump(each)
        self._last = sequence
        if before is None or own is None:
            if self._has_hashes or before is not own:  # one from before the chain has neither
                report.add("chain", sequence, f"Record {sequence} has no hash: it was put there.")
            self._end = link(self._end, told)
            return
        self._has_hashes = True
        if own != link(before, told) and own != link(before, exact(self._connection, table, sequence)):
            report.add("chain", sequence, f"Record {sequence} is not as it was recorded.")
        elif before != self._end:
            self._suspect = (sequence - 1, sequence, own)
        self._end = own

    def _head(self, sequence: int, told: str, own: str | None) -> None:
        if sequence != self._last:
            self._report.add("chain", sequence, f"Record {sequence} was signed, and is not there.")
        elif own != link(self._end, told):
            self._report.add("chain", sequence, f"The signed head behind record {sequence} was changed.")
        self._end = str(own)

    def _jump(self, each: Link) -> None:
        report, missing = self._report, self._last + 1
        sequence, table, told, before, _ = each
        if not self._last and begins(table, told):
            report.first = sequence
        elif sequence <= self._last:
            report.add("chain", sequence, f"There are two records {sequence}.")
        else:
            more = f" to {sequence - 1}" if sequence - missing > 1 else ""
            report.add("chain", missing, f"Record {missing}{more} is not there.")
        self._end = before or self._end

    def _judge(self, before: str | None) -> None:
        """Two do not fit each other, and each is sound in itself: who comes next knows which of them is the old one."""
        assert self._suspect
        former, latter, own = self._suspect
        self._suspect = None
        if before != own:
            self._report.add("chain", latter, f"Record {latter} does not follow record {former}.")
        elif former:
            self._report.add("chain", former, f"Record {former}, or the head behind it, is not as it was recorded.")
        else:
            self._report.add("chain", latter, f"Record {latter} does not begin the chain.")

    def close(self) -> None:
        """The end of the chain."""
        if self._suspect:
            self._judge(self._suspect[2])
        report = self._report
        report.records, report.events, report.heads = (
            self._counts[each] for each in ("inspections", "events", "heads")
        )
        report.last, report.end = self._last, self._end
