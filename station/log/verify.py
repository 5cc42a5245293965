"""The log held against its own hashes, signatures and pictures: what was changed, and where it begins.

In the order of what it costs: the chain and the signed heads in it, the tables that are made of the records, SQLite's
own check of the file, the pictures. What this cannot prove stands in the README beside this file.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from station.log.chain import TEXTS, ZEROS, link, tail_to_sign, to_sign
from station.log.keys import fingerprint, is_signed, read_key
from station.log.links import PAGE, Link, exact, page
from station.log.migrations import schema
from station.log.purged import Purged
from station.log.queries import one_moment
from station.log.store import UNSIGNED

Tick = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """A progress bar that nobody looks at."""


FIRST = "chain_begun"  # the event of a chain that does not begin at 1
PICTURED = 1000  # records whose pictures are looked at between two signs of how far it is
MOST_BREAKS = 1000  # after so many, what is wrong is known


def begins(table: str, told: str) -> bool:
    """Whether an element may begin a chain though its sequence is not 1: by its kind, not by a name in it."""
    return table == "events" and json.loads(told)[1 + TEXTS["events"].index("kind")] == FIRST


class Kept(NamedTuple):
    """A head that was kept elsewhere: on a certificate, in an export, on paper.

    sequence  None where only the hash is known
    """

    hash: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was recorded.

    step      where it was found: chain, signature, tables, database, pictures, elsewhere
    sequence  the record; None where it is none's
    until     where it is one of several, and nobody can tell which: the last of them
    sentence  what is wrong, for people
    """

    step: str
    sentence: str
    sequence: int | None = None
    until: int | None = None


@dataclass(slots=True)
class Report:
    """What a verification found.

    records, events, heads  how many were read
    signed                  up to which sequence a valid signature reaches
    last, end               the newest sequence, and the hash that the chain ends in
    keys                    the fingerprints of those who signed, in their order
    kept, purged            pictures that are there as they were recorded, and that a purge tells of
    breaks                  what is wrong, in the order found
    """

    records: int = 0
    events: int = 0
    heads: int = 0
    first: int = 0
    last: int = 0
    end: str = ZEROS
    signed: int = 0
    keys: list[str] = field(default_factory=list)
    kept: int = 0
    purged: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.breaks

    @property
    def first_broken(self) -> int | None:
        """The first record that is not as it was recorded; of several that may be it the first."""
        known = [each.sequence for each in self.breaks if each.sequence is not None and each.until is None]
        vague = [
            each.sequence
            for each in self.breaks
            if each.sequence is not None
            and each.until is not None
            and not any(each.sequence <= sequence <= each.until for sequence in known)
        ]
        return min(known + vague, default=None)

    def add(self, step: str, sequence: int | None, sentence: str, until: int | None = None) -> None:
        """One thing that is wrong."""
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(Break(step, sentence, sequence, until))


def verify(
    connection: sqlite3.Connection,
    folder: Path,
    tick: Tick = silent,
    *,
    trusted: Sequence[str] = (),
    elsewhere: Sequence[Kept] = (),
    pictures: bool = True,
) -> Report:
    """Everything that can be held against something, of one moment: the station may run and record on.

    folder     the data folder, for key and pictures
    trusted    the fingerprints of the keys that may have signed; without any, the first one that has
    elsewhere  heads that have to be in this log
    """
    report = Report()
    with one_moment(connection):
        last = _edge(connection, "max")
        _chain(connection, report, last, tick)
        _signatures(connection, report, folder, [each.replace(" ", "") for each in trusted], tick)
        _elsewhere(connection, report, elsewhere)
        _tables(connection, report, tick)
        _database(connection, report, tick)
    if pictures:
        _pictures(connection, report, folder, last, tick)
    report.breaks.sort(key=lambda each: each.sequence is None)  # stable: the cheaper step stays first
    return report


def _chain(connection: sqlite3.Connection, report: Report, last: int, tick: Tick) -> None:
    walk = _Walk(connection, report)
    for found in _stored(connection, report, last, tick):
        walk.along(found)
    walk.close()


def _edge(connection: sqlite3.Connection, which: str) -> int:
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
    begin: int | None = _edge(connection, "min")
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


def _signatures(
    connection: sqlite3.Connection, report: Report, folder: Path, trusted: Sequence[str], tick: Tick
) -> None:
    """Whether the station's key has signed every head, and whether heads are as close as the station sets them."""
    cursor = connection.execute("SELECT * FROM heads ORDER BY sequence")
    names = [column[0] for column in cursor.description]
    sound = (
        connection.execute(
            "SELECT min(sequence) - 1 FROM (SELECT sequence, record_hash FROM inspections UNION ALL "
            "SELECT sequence, record_hash FROM events) WHERE record_hash IS NOT NULL"
        ).fetchone()[0]
        if report.first == 0
        else report.first - 1
    )
    report.signed, number, key = sound or 0, 0, ""
    for head in (dict(zip(names, row, strict=True)) for row in cursor):
        sequence, whose = head["sequence"], fingerprint(head["public_key"])
        if not is_signed(head["public_key"], to_sign(head), head["signature"]):
            told = f"From record {report.signed + 1} to {sequence} something was changed: the signature does not hold."
            report.add("signature", report.signed + 1, told, sequence)
        elif _recorded(connection, sequence) != head["record_hash"]:
            told = f"From record {report.signed + 1} to {sequence} something was changed: another head was signed."
            report.add("signature", report.signed + 1, told, sequence)
        elif trusted and whose.replace(" ", "") not in trusted:
            report.add("signature", sequence, f"The head behind record {sequence} is signed by another key: {whose}.")
        elif not trusted and key and whose != key:
            told = f"From record {sequence} on another key signs ({whose}); if you know of it, name both with --key."
            report.add("signature", sequence, told)
        if head["number"] != number + 1:
            report.add("signature", report.signed + 1, f"Signed heads are missing before record {sequence}.", sequence)
        _is_close(report, report.signed, sequence)
        report.signed, number, key = sequence, head["number"], whose
        if whose not in report.keys:
            report.keys.append(whose)
        tick("Signatures", sequence, report.last)
    _is_close(report, report.signed, report.last)
    _tail(connection, report, trusted)
    with suppress(OSError, ValueError):
        if key and (own := fingerprint(read_key(folder).public)) != key:
            report.add("signature", None, f"The key in {folder} ({own}) is not the one that signed last ({key}).")


def _is_close(report: Report, signed: int, sequence: int) -> None:
    if sequence - signed > UNSIGNED:
        told = f"No head is signed from record {signed + 1} to {sequence}, and the station signs every {UNSIGNED}."
        report.add("signature", signed + 1, told, sequence)


def _tail(connection: sqlite3.Connection, report: Report, trusted: Sequence[str]) -> None:
    """Whether the chain ends where the station signed last that it ends."""
    if not report.heads and report.end == ZEROS:  # nothing was recorded since there is a chain
        return
    tail = connection.execute("SELECT sequence, hash, public_key, signature FROM tail").fetchone()
    if tail is None or not is_signed(tail[2], tail_to_sign(*tail[:3]), tail[3]):
        report.add("signature", report.signed + 1, f"Nobody signed that the log ends with record {report.last}.")
    elif tail[0] > report.last:
        told = f"Record {report.last + 1} is not there, nor what followed up to record {tail[0]}."
        report.add("signature", report.last + 1, told)
    elif tail[0] < report.last:
        told = f"From record {tail[0] + 1} to {report.last} nothing was put there by the station."
        report.add("signature", tail[0] + 1, told)
    elif tail[1] != report.end:
        told = f"Between record {report.signed + 1} and {report.last} something was changed: the log ended otherwise."
        report.add("signature", min(report.signed + 1, report.last), told, report.last)
    elif (whose := fingerprint(tail[2])) not in report.keys:
        if report.keys or (trusted and whose.replace(" ", "") not in trusted):
            report.add("signature", report.last, f"The end of the log is signed by another key: {whose}.")
        report.keys.append(whose)


def _recorded(connection: sqlite3.Connection, sequence: int) -> str | None:
    sql = (
        "SELECT record_hash FROM inspections WHERE sequence = :s "
        "UNION ALL SELECT record_hash FROM events WHERE sequence = :s"
    )
    row = connection.execute(sql, {"s": sequence}).fetchone()
    return None if row is None else row[0]


def _elsewhere(connection: sqlite3.Connection, report: Report, elsewhere: Sequence[Kept]) -> None:
    for kept in elsewhere:
        if not _holds(connection, kept):
            name = f"{kept.hash[:16]}…" + (f" of record {kept.sequence}" if kept.sequence else "")
            told = f"The head {name} that was kept elsewhere is not in this log: it is an older one, or another one."
            report.add("elsewhere", kept.sequence, told)


def _holds(connection: sqlite3.Connection, kept: Kept) -> bool:
    at = "" if kept.sequence is None else "AND sequence = :s"
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE {column} = :h {at}"  # noqa: S608 - names of ours
        for table, column in (("inspections", "record_hash"), ("events", "record_hash"), ("heads", "head_hash"))
    )
    return connection.execute(f"{sql} LIMIT 1", {"h": kept.hash, "s": kept.sequence}).fetchone() is not None


TALLY = (
    "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, count(*), sum(is_retry), "
    "sum(is_unsynchronised), sum(is_unverified), sum(is_bypassed), min(sequence), max(sequence) "
    "FROM tallied GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
)
KEPT_TALLY = (  # milliseconds are left out: they are sums of reals, whose last digits depend on their order
    "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, records, retries, "
    "unsynchronised, unverified, bypassed FROM tallies"
)


def _tables(connection: sqlite3.Connection, report: Report, tick: Tick) -> None:
    """The tables that are made of the records, and the triggers that keep the records as they are."""
    for table in _unfit(connection):
        report.add("tables", None, f"The table {table} does not fit the records: searches and figures may be wrong.")
    tick("Tables", 1, 1)
    here = dict(connection.execute("SELECT name, sql FROM sqlite_schema"))
    for name, sql in schema().items():
        if here.get(name) != sql:
            report.add("tables", None, f"{name} is not as the station made it.")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        if name not in schema():
            report.add("tables", None, f"The trigger {name} is not the station's.")


def _unfit(connection: sqlite3.Connection) -> list[str]:
    """Which of the three is not what comes of the records; all of them where that cannot be told."""
    try:
        tallies = connection.execute(TALLY).fetchall()
        spans, facets = dict[str, tuple[int, int]](), Counter[tuple[str, ...]]()
        for quarter, *facet, _, _, records, _, _, _, _, first, last in tallies:
            former = spans.get(quarter, (first, last))
            spans[quarter] = (min(former[0], first), max(former[1], last))
            facets[tuple(facet)] += records
        fits = {
            "spans": {(quarter, *ends) for quarter, ends in spans.items()} == _all(connection, "SELECT * FROM spans"),
            "facets": {(*facet, n) for facet, n in facets.items()} == _all(connection, "SELECT * FROM facets"),
            "tallies": {tuple(row[:-2]) for row in tallies} == _all(connection, KEPT_TALLY),
        }
    except sqlite3.Error:
        fits = dict.fromkeys(("spans", "facets", "tallies"), False)
    return [table for table, fit in fits.items() if not fit]


def _all(connection: sqlite3.Connection, sql: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in connection.execute(sql)}


def _database(connection: sqlite3.Connection, report: Report, tick: Tick) -> None:
    try:
        for (found,) in connection.execute("PRAGMA integrity_check(20)"):
            if found != "ok":
                report.add("database", None, f"SQLite finds the database damaged: {found}.")
    except sqlite3.Error as trouble:
        report.add("database", None, f"SQLite finds the database damaged: {trouble}.")
    tick("Database", 1, 1)


def _pictures(connection: sqlite3.Connection, report: Report, folder: Path, last: int, tick: Tick) -> None:
    """Every picture that a record up to the last names, once a day folder, against its hash."""
    from station.log.archive import Archive

    purged, archive, sound = Purged.of(connection), Archive(folder), dict[str, set[str]]()
    begin = 0
    sql = (
        "SELECT sequence, acquired_at, verdict, image_sha256, frame_sha256 FROM inspections "
        "WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
    )
    while rows := connection.execute(sql, [begin, last, PICTURED]).fetchall():
        for sequence, at, verdict, image, frame in rows:
            day = at[:10].replace("-", "/")
            if day not in sound:
                sound = {day: set(), **dict(list(sound.items())[:2])}  # the clock may go to and fro about midnight
            for sha256, kind, column in ((image, "png", "image_sha256"), (frame, "jpg", "frame_sha256")):
                if sha256 is None or sha256 in sound[day]:
                    continue
                found = _hash_of(folder / "pictures" / day / f"{sha256}.{kind}") or _hash_of(archive.path_of(sha256))
                if found == sha256:
                    sound[day].add(sha256)
                    report.kept += 1
                elif found is not None:
                    report.add("pictures", sequence, f"The picture {sha256}.{kind} of record {sequence} was changed.")
                elif any(each.covers(sequence, verdict, column) for each in _purged(connection, purged)):
                    report.purged += 1
                else:
                    told = f"The picture {sha256}.{kind} of record {sequence} is missing, and no purge tells of it."
                    report.add("pictures", sequence, told)
        begin = rows[-1][0]
        tick("Pictures", begin, report.last)


def _purged(connection: sqlite3.Connection, before: Purged) -> Iterator[Purged]:
    """What purges told before, and then what they tell now: one may have come meanwhile."""
    yield before
    yield Purged.of(connection)


def _hash_of(path: Path | None) -> str | None:
    try:
        with open(path or "", "rb") as file:  # noqa: PTH123 - a million of them
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
