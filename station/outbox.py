"""A small SQLite file beside the log, whose every change goes with an act: what was done, by whom, when; one commit.

Who writes takes the file at once or waits a little (BEGIN IMMEDIATE); all are short, and none is the loop. The loop
reads the acts between two placements and records them (see witness.py), so that none is lost when a process dies, and
none happens unseen.

    sign-in, pages, command ──► people.db, orders.db (change and act, one commit) ──► witness ──► traceability log
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from station.errors import StationError
from station.log.record import time_text
from station.types import Clock, SystemClock

PATIENCE = 5.0  # seconds to wait for another writer
ACTS = """
CREATE TABLE acts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  by TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;
CREATE TABLE store (id TEXT NOT NULL) STRICT;
"""
# An older copy of a store hands out the same numbers again, for other acts: the id tells them apart. '' before this.
BY_ID = "ALTER TABLE acts ADD COLUMN id TEXT NOT NULL DEFAULT ''"


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, still to be recorded.

    store   which file, should another take its place
    number  rises within a store
    id      random, so that no other act is taken for this one; empty for acts of before there were ids
    """

    store: str
    number: int
    kind: str
    message: str
    by: str
    details: dict[str, Any]
    id: str = ""


class PutBack(sqlite3.DatabaseError):
    """The act that was taken last is not in the store, or is another: an older copy lies there.

    acts  what lies there, number → id
    """

    def __init__(self, store: str, acts: Mapping[int, str]) -> None:
        super().__init__("an older copy of it was put back")
        self.store, self.acts = store, acts


class Kept(Exception):  # noqa: N818 - a refusal
    """A refusal whose act is to be committed."""


class Outbox:
    """One such file. Whatever is wrong is raised as `error`, a sentence.

    migrations  SQL of each version; what is here is never edited
    what        what it holds, as a sentence calls it
    """

    def __init__(
        self, path: Path, migrations: Sequence[str], error: type[StationError], what: str, clock: Clock | None = None
    ) -> None:
        self.path, self.clock = path.absolute(), clock or SystemClock()
        self._migrations, self._error, self._what = migrations, error, what

    def act(self, rows: sqlite3.Connection, kind: str, message: str, by: str, **details: Any) -> int:
        """What goes with a change, in its transaction; returns its number."""
        told = json.dumps({"done_at": time_text(self.clock.now()), **details}, ensure_ascii=False)
        sql = "INSERT INTO acts (kind, message, by, details, id) VALUES (?, ?, ?, ?, ?)"
        return rows.execute(sql, [kind, message, by, told, uuid4().hex]).lastrowid or 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """To read; None where there is no such file yet, or one that this version has not written to."""
        with self._told_plainly():
            if not self.path.exists():
                yield None
                return
            recover(self.path)
            with closing(_connect(self.path, "ro", PATIENCE)) as rows:
                if _version(rows) < len(self._migrations):
                    with self.writing():  # an older version's
                        pass
                yield rows

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, kept if it ends well, or with a refusal that is itself to be kept."""
        with self._told_plainly():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # nobody else's to read
            with closing(_connect(self.path, "rw", PATIENCE)) as rows:
                rows.execute("PRAGMA synchronous = EXTRA")  # an act is taken for good: no power cut may undo it
                rows.execute("BEGIN IMMEDIATE")
                self._prepare(rows)
                try:
                    yield rows
                except Kept:
                    rows.execute("COMMIT")
                    raise
                rows.execute("COMMIT")  # else closing takes all of it back

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except Kept as refusal:
            raise self._error(str(refusal)) from None
        except StationError:
            raise
        except (sqlite3.Error, OSError) as trouble:
            mend = "run as the user that the data folder belongs to, and look at its disk."
            raise self._error(f"{self._what} in {self.path} cannot be used ({trouble}); {mend}") from trouble

    def _prepare(self, rows: sqlite3.Connection) -> None:
        version = _version(rows)
        if version > len(self._migrations):
            raise sqlite3.DatabaseError("it is of a newer version of the station")
        if version == len(self._migrations):
            return
        for migration in [ACTS, *self._migrations][version + 1 if version else 0 :]:
            for statement in migration.strip().split(";\n"):
                rows.execute(statement)
        if not version:
            rows.execute("INSERT INTO store VALUES (?)", [uuid4().hex])
        rows.execute(f"PRAGMA user_version = {len(self._migrations)}")


def recover(path: Path) -> None:
    """Take back what a commit left half done when power failed: who only reads may not, and would read nothing at all.

    Never in the loop: it may wait. Raises sqlite3.Error.
    """
    path = path.absolute()
    if path.exists() and path.with_name(f"{path.name}-journal").exists():
        with closing(_connect(path, "rw", PATIENCE)) as rows:
            _version(rows)  # whoever may write takes it back before the first look


def pending(path: Path, taken: Mapping[str, tuple[int, str]], limit: int = 20) -> list[Act]:
    """Acts that are not recorded yet, oldest first; `taken` is number and id of the last that was, by store.

    Never waits. Raises sqlite3.Error where somebody writes there at this moment, or it cannot be read; PutBack.
    """
    with glancing(path) as rows:
        if rows is None:
            return []
        store = rows.execute("SELECT id FROM store").fetchone()[0]
        number, act_id = taken.get(store, (0, ""))
        last = rows.execute("SELECT * FROM acts WHERE number = ?", [number]).fetchone()
        if number and (last is None or _id(last) != act_id):
            raise PutBack(store, {row["number"]: _id(row) for row in rows.execute("SELECT * FROM acts")})
        sql = "SELECT * FROM acts WHERE number > ? ORDER BY number LIMIT ?"
        found = rows.execute(sql, [number, limit]).fetchall()
    return [
        Act(store, row["number"], row["kind"], row["message"], row["by"], json.loads(row["details"]), _id(row))
        for row in found
    ]


def _id(row: sqlite3.Row) -> str:
    return str(row["id"]) if "id" in row.keys() else ""  # noqa: SIM118 - of a row, `in` asks for its values


@contextmanager
def glancing(path: Path) -> Iterator[sqlite3.Connection | None]:
    """To read without waiting; None where nothing was ever written. Raises sqlite3.Error."""
    path = path.absolute()
    if not path.exists():
        yield None
        return
    with closing(_connect(path, "ro", 0.0)) as rows:
        yield rows if _version(rows) else None


def _connect(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    rows = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=patience, isolation_level=None)
    rows.row_factory = sqlite3.Row
    return rows


def _version(rows: sqlite3.Connection) -> int:
    found: int = rows.execute("PRAGMA user_version").fetchone()[0]
    return found
