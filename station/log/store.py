"""The traceability log, written: pictures to disk, then the row, then back to the loop (promise 1)."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from station.errors import LogError
from station.log.archive import DATABASE as DATABASE
from station.log.archive import Archive, sync
from station.log.chain import content, link, tail_to_sign, to_sign
from station.log.instead import finish
from station.log.keys import SigningKey, has_key, is_signed, own_key
from station.log.links import end_of_chain
from station.log.migrations import migrate, schema
from station.log.record import Row, event_row, time_text, to_row
from station.log.trouble import told_plainly
from station.types import Clock, Inspection, Pictures

TRY = "BEGIN IMMEDIATE; CREATE TABLE try (x); ROLLBACK"  # SQLite opens a read-only file without a word
PATIENCE = 1.0  # seconds to wait for another program that writes into the database
UNSIGNED = 1000  # records at most between two signed heads, and behind the last


class TraceabilityLog:
    """The log of one station, in one data folder: station.db and pictures/. A `Log`.

    Opened by its constructor, which raises LogError if the folder cannot be had: unwritable, in use by another
    station, its database damaged or from a newer version. After a failure it opens anew at the next call.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder.absolute()
        self._path = self._folder / DATABASE
        self._clock = clock
        self._archive = Archive(self._folder)
        self._turn = threading.Lock()  # one thread owns the log; should another call, it waits instead of tearing
        self._lock = -1
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._key: SigningKey | None = None
        self._sequence = 0  # the last one that was given
        self._end, self._unsigned = "", 0  # the hash that the chain ends in, and how many records follow the last head
        with told_plainly(self._folder):
            _make(self._folder)
            self._open("rwc")

    def append(self, inspection: Inspection, pictures: Pictures) -> Inspection:
        with self._writing():
            image, frame = self._archive.keep(pictures, inspection.acquired_at)
            inspection = replace(inspection, image_sha256=image, frame_sha256=frame)
            return replace(inspection, sequence=self._insert("inspections", to_row(inspection)))

    def note(self, kind: str, message: str, *, operator: str = "", **details: Any) -> None:
        with self._writing():
            self._insert("events", event_row(self._clock, kind, message, operator, details))

    def sign(self, why: str) -> None:
        """Sign the head of the chain, if there is anything new since the last one. Raises LogError."""
        with self._writing():
            assert self._connection
            if self._unsigned:
                self._connection.execute("BEGIN IMMEDIATE")
                self._mind(self._connection)
                end = self._signed(self._connection, self._sequence, self._end, why)
                self._mark(self._connection, self._sequence, end)
                self._connection.execute("COMMIT")
                self._end, self._unsigned = end, 0

    @property
    def unsigned(self) -> int:
        """How many records follow the last signed head."""
        return self._unsigned

    def close(self) -> None:
        """Sign the head, bring everything into station.db and let the folder go; never raises."""
        if self._connection is not None:
            with suppress(LogError):
                self.sign("closed")
        with self._turn:
            self._let_go()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turn, told_plainly(self._folder):
            try:
                inode = self._path.stat().st_ino
                if self._connection is None:
                    self._open("rw")
                elif inode != self._inode:
                    raise LogError(f"{self._path} was replaced while the station runs: restart the station.")
                yield
            except BaseException:
                self._let_go()
                raise

    def _insert(self, table: str, row: Row) -> int:
        """Commit one row under the next sequence number. What fails on the way is rolled back by closing."""
        assert self._connection
        self._connection.execute("BEGIN IMMEDIATE")
        self._mind(self._connection)
        sequence = self._sequence + 1
        row = {"sequence": sequence, **row}
        end = link(self._end, content(table, row))
        _put(self._connection, table, row | {"prev_hash": self._end, "record_hash": end})
        unsigned = self._unsigned + 1
        if unsigned >= UNSIGNED:  # in the same commit: it costs no wait for the disk
            end, unsigned = self._signed(self._connection, sequence, end, f"{UNSIGNED} records"), 0
        self._mark(self._connection, sequence, end)
        self._connection.execute("COMMIT")
        self._sequence, self._end, self._unsigned = sequence, end, unsigned
        return sequence

    def _signed(self, connection: sqlite3.Connection, sequence: int, end: str, why: str) -> str:
        """Put a signed head behind the record that the chain ends in; returns the hash that it ends in then."""
        assert self._key
        number = connection.execute("SELECT ifnull(max(number), 0) + 1 FROM heads").fetchone()[0]
        head: Row = {"sequence": sequence, "number": number, "at": time_text(self._clock.now()), "why": why}
        head |= {"record_hash": end, "public_key": self._key.public}
        head["signature"] = self._key.sign(to_sign(head))
        head["head_hash"] = link(end, content("heads", head))
        _put(connection, "heads", head)
        return str(head["head_hash"])

    def _mark(self, connection: sqlite3.Connection, sequence: int, end: str) -> None:
        """Sign where the chain ends, in place of where it ended."""
        assert self._key
        mark = [sequence, end, self._key.public, self._key.sign(tail_to_sign(sequence, end, self._key.public))]
        connection.execute("INSERT OR REPLACE INTO tail VALUES (1, ?, ?, ?, ?)", mark)

    def _mind(self, connection: sqlite3.Connection) -> None:
        """Nobody else writes here. Raises LogError if somebody did; it is told in the log when it is opened again."""
        if _last(connection) != self._sequence:
            raise LogError(f"Another program has written into {self._path}: keep it from that; `station log verify`.")

    def _tell_what_changed(self, connection: sqlite3.Connection) -> None:
        """Should the chain not end where the station signed last that it ends, the chain itself says so from now on."""
        tail = connection.execute("SELECT sequence, hash, public_key, signature FROM tail").fetchone()
        assert self._key
        known = (
            tail is not None
            and tail[:3] == (self._sequence, self._end, self._key.public)
            and is_signed(self._key.public, tail_to_sign(*tail[:3]), tail[3])
        )
        is_first = not connection.execute("SELECT 1 FROM heads LIMIT 1").fetchone() and not tail
        if known or (is_first and self._unsigned == self._sequence):
            return
        told = {"ended_at": tail and tail[0], "ended_in": tail and tail[1], "found_at": self._sequence}
        message = "The log does not end where the station ended it: it was changed meanwhile."
        self._insert("events", event_row(self._clock, "log_changed", message, "", told | {"found_in": self._end}))

    def _open(self, mode: str) -> None:
        """Take the folder, then the database: `rwc` makes one where there is none, `rw` does not."""
        try:
            self._lock = _lock(self._folder)
            finish(self._folder)  # what a crash left of a restore
            self._connection = connection = _connect(self._path, mode)
            configure(connection)
            is_first = not has_key(self._folder)
            migrate(connection)
            _mind_triggers(connection, self._path)
            connection.executescript(TRY)
            if _last(connection) < self._sequence:
                raise LogError(f"{self._path} is not the log of before: mount its disk, or restart the station.")
            self._inode = self._path.stat().st_ino
            self._sequence, self._end, self._unsigned = end_of_chain(connection)
            self._key = own_key(self._folder)
            self._archive.prepare()
            self._tell_what_changed(connection)
            if self._sequence == 0 and not connection.execute("SELECT 1 FROM tail").fetchone():
                self._begin(connection, is_first)
        except BaseException:
            self._let_go()
            raise

    def _begin(self, connection: sqlite3.Connection, is_first: bool) -> None:
        """Sign that nothing is recorded yet; the log of a station that kept one before says instead that it is gone."""
        if is_first:
            self._mark(connection, self._sequence, self._end)
            return
        message = "The log that this station kept before is not here: a new one begins."
        self._insert("events", event_row(self._clock, "log_begun_anew", message, "", {}))

    def _let_go(self) -> None:
        if self._connection is not None:
            with closing(self._connection) as connection, suppress(sqlite3.Error):
                connection.rollback()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def configure(connection: sqlite3.Connection) -> None:
    """WAL, and every commit on disk before it returns; read back, not believed. Raises LogError."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    if mode != "wal" or connection.execute("PRAGMA synchronous").fetchone()[0] != 2:
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        raise LogError(
            f"The file system of {path} cannot keep a log safely (no WAL): put the data folder on a local disk."
        )


def _put(connection: sqlite3.Connection, table: str, row: Row) -> None:
    places = ", ".join(f":{column}" for column in row)
    cursor = connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)  # noqa: S608 - fields of ours
    if cursor.rowcount != 1:  # a trigger that is not ours may drop a row without a word
        raise LogError(f"The database did not take a row of {table}: somebody changed it; `station log verify`.")


def _mind_triggers(connection: sqlite3.Connection, path: Path) -> None:
    """The triggers keep the records as they are, if they are the station's own and no others. Raises LogError."""
    sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ours = {name: made for name, made in schema().items() if made and made.startswith("CREATE TRIGGER")}
    wrong = [name for name, _ in ours.items() ^ set(connection.execute(sql))]
    if wrong:
        raise LogError(
            f"In {path} the trigger {min(wrong)} is not as the station made it: somebody changed the database. "
            "See `station log verify`, then `station log restore` a backup."
        )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )


def _last(connection: sqlite3.Connection) -> int:
    """The last sequence number that was given to anything; 0 if none was."""
    sequence: int = connection.execute("SELECT sequence FROM last").fetchone()[0]
    return sequence


def _lock(folder: Path) -> int:
    """Keep other stations out; the lock goes with the process, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogError(f"Another station writes into {folder}: stop it, or name another data folder.") from None
    return descriptor


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every station from this data folder meanwhile. Raises LogError where one runs."""
    descriptor = _lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def is_in_use(folder: Path) -> bool:
    """Whether a station runs on this data folder: whether somebody holds its lock."""
    try:
        os.close(_lock(folder))
    except LogError:
        return True
    except OSError:  # there is none, or it is somebody else's
        return False
    return False


def _make(folder: Path) -> None:
    """Make the data folder where there is none, with its name safe on disk."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
