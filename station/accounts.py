"""The accounts of a station: people.db in the data folder, written by the web and by `station user`, never by the loop.

Every change goes with an act, in the same transaction: what was done, by whom, when. The loop reads the acts between
two placements and records them (see witness.py), so that none is lost when a process dies, and none happens unseen.

    sign-in, refusal, `station user` ──► people.db (account and act, one commit) ──► witness ──► traceability log
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from station.errors import AccountError
from station.log.record import time_text
from station.people import Person, Role, fit_name, fit_pin, wait
from station.types import Clock, SystemClock

if TYPE_CHECKING:
    from argon2 import PasswordHasher

DATABASE = "people.db"
PATIENCE = 5.0  # seconds to wait for another writer
VERSION = 1
SCHEMA = """
CREATE TABLE people (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL,
  pin_hash TEXT NOT NULL,
  is_enabled INTEGER NOT NULL DEFAULT 1,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE acts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  by TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;
CREATE TABLE store (id TEXT NOT NULL) STRICT;
"""
REFUSED = "Name and PIN do not belong together."  # the same whatever is wrong: it tells nobody who has an account


@dataclass(frozen=True, slots=True)
class PersonsAct:
    """What somebody did, still to be recorded.

    store   which people.db, should another take its place
    number  rises within a store
    """

    store: str
    number: int
    kind: str
    message: str
    by: str
    details: dict[str, Any]


class Accounts:
    """The accounts in a data folder, which is made where there is none. Every method may raise AccountError."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self._path = data.absolute() / DATABASE
        self._clock = clock or SystemClock()
        self._one_by_one = threading.Lock()  # guesses side by side would outrun the lock-out; a hash takes 19 MiB

    @property
    def folder(self) -> Path:
        """The data folder of the station."""
        return self._path.parent

    def add(self, name: str, role: Role, pin: str, by: str) -> Person:
        """A new person. Raises AccountError also for a name that is taken, by somebody disabled too, or no good PIN."""
        try:
            person = Person(fit_name(name), role)
            pin_hash = _hasher().hash(fit_pin(pin))
        except ValueError as mistake:
            raise AccountError(str(mistake)) from mistake
        with self._writing() as rows:
            if _row(rows, person.name):
                raise AccountError(f"There is a {person.name} already, perhaps disabled; take another name.")
            sql = "INSERT INTO people (name, role, pin_hash) VALUES (?, ?, ?)"
            rows.execute(sql, [person.name, role.value, pin_hash])
            self._act(
                rows, "person_added", f"{person.name} is {role.value} from now on", by, person=person.name, role=role
            )
        return person

    def disable(self, name: str, by: str) -> None:
        """Nobody signs in by this name any more, and who is signed in is signed out."""
        with self._writing() as rows:
            row = _row(rows, name)
            if row is None or not row["is_enabled"]:
                raise AccountError(f"There is no {name} who could be disabled; `station user list` names all.")
            rows.execute("UPDATE people SET is_enabled = 0 WHERE name = ?", [name])
            self._act(rows, "person_disabled", f"{row['name']} signs in no more", by, person=row["name"])

    def people(self) -> list[Person]:
        """Everybody, by name; those who are disabled too."""
        if not self._path.exists():
            return []
        with self._reading() as rows:
            return [_person(row) for row in rows.execute("SELECT * FROM people ORDER BY name")]

    def find(self, name: str) -> Person | None:
        """Who has this name and is enabled."""
        if not self._path.exists():
            return None
        with self._reading() as rows:
            row = _row(rows, name)
        return _person(row) if row is not None and row["is_enabled"] else None

    def sign_in(self, name: str, pin: str) -> Person:
        """Who comes in. Raises AccountError, a sentence, for whoever does not; either is an act."""
        with self._one_by_one:
            with self._writing() as rows:
                row, now = _row(rows, name), self._clock.now()
                if row is not None and (left := _left(row, now)) > 0:
                    self._refused(rows, row["name"], "locked")
                    raise _Kept(f"Too many wrong PINs: wait {_spoken(left)}, or ask a supervisor.")
            known = row is not None and bool(row["is_enabled"])
            is_right = _is_right(row["pin_hash"] if row is not None else _nobodys_hash(), pin) and known
            with self._writing() as rows:
                if is_right and row is not None:
                    rows.execute("UPDATE people SET failures = 0, locked_until = '' WHERE name = ?", [row["name"]])
                    person = _person(row)
                    self._act(rows, "sign_in", f"{person.name} has signed in", person.name, role=person.role.value)
                    return person
                if row is not None:
                    failures = row["failures"] + 1
                    until = time_text(now + timedelta(seconds=wait(failures))) if wait(failures) else ""
                    sql = "UPDATE people SET failures = ?, locked_until = ? WHERE name = ?"
                    rows.execute(sql, [failures, until, row["name"]])
                why = "unknown" if row is None else "wrong PIN" if known else "disabled"
                self._refused(rows, row["name"] if row is not None else name[:40], why)
                raise _Kept(REFUSED)

    def note(self, kind: str, message: str, by: str, **details: Any) -> tuple[str, int]:
        """Have an act recorded that changes no account: a sign-out, a release. Returns its store and number."""
        with self._writing() as rows:
            number = self._act(rows, kind, message, by, **details)
            return str(rows.execute("SELECT id FROM store").fetchone()[0]), number

    def _refused(self, rows: sqlite3.Connection, name: str, why: str) -> None:
        self._act(rows, "sign_in_refused", f"A sign-in as {name} was refused: {why}", "", person=name, why=why)

    def _act(self, rows: sqlite3.Connection, kind: str, message: str, by: str, **details: Any) -> int:
        told = json.dumps({"done_at": time_text(self._clock.now()), **details}, ensure_ascii=False)
        sql = "INSERT INTO acts (kind, message, by, details) VALUES (?, ?, ?, ?)"
        return rows.execute(sql, [kind, message, by, told]).lastrowid or 0

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._told_plainly(), closing(_connect(self._path, "ro", PATIENCE)) as rows:
            yield rows

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, kept if it ends well, or with a refusal that is itself to be kept."""
        with self._told_plainly():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # nobody else's to read
            with closing(_connect(self._path, "rw", PATIENCE)) as rows:
                rows.execute("BEGIN IMMEDIATE")
                _prepare(rows)
                try:
                    yield rows
                except _Kept:
                    rows.execute("COMMIT")
                    raise
                rows.execute("COMMIT")  # else closing takes all of it back

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except _Kept as refusal:
            raise AccountError(str(refusal)) from None
        except (sqlite3.Error, OSError) as trouble:
            if isinstance(trouble, AccountError):
                raise
            mend = "run as the user that the data folder belongs to, and look at its disk."
            raise AccountError(f"The accounts in {self._path} cannot be used ({trouble}); {mend}") from trouble


class _Kept(Exception):  # noqa: N818 - a refusal
    """A refusal whose act is to be committed."""


def pending(data: Path, taken: dict[str, int], limit: int = 20) -> list[PersonsAct]:
    """Acts that are not recorded yet, oldest first; `taken` is the last number that was, by store. Never waits.

    Raises sqlite3.Error where the accounts are being written at this moment, or cannot be read.
    """
    path = data.absolute() / DATABASE
    if not path.exists():
        return []
    with closing(_connect(path, "ro", 0.0)) as rows:
        if rows.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            return []
        store = rows.execute("SELECT id FROM store").fetchone()[0]
        sql = "SELECT * FROM acts WHERE number > ? ORDER BY number LIMIT ?"
        found = rows.execute(sql, [taken.get(store, 0), limit]).fetchall()
    return [
        PersonsAct(store, row["number"], row["kind"], row["message"], row["by"], json.loads(row["details"]))
        for row in found
    ]


def _connect(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    rows = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=patience, isolation_level=None)
    rows.row_factory = sqlite3.Row
    return rows


def _prepare(rows: sqlite3.Connection) -> None:
    version = rows.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise sqlite3.DatabaseError("it is of a newer version of the station")
    if version < VERSION:
        for statement in SCHEMA.strip().split(";\n"):
            rows.execute(statement)
        rows.execute("INSERT INTO store VALUES (?)", [uuid4().hex])
        rows.execute(f"PRAGMA user_version = {VERSION}")


def _row(rows: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = rows.execute("SELECT * FROM people WHERE name = ?", [name]).fetchone()
    return found


def _person(row: sqlite3.Row) -> Person:
    return Person(row["name"], Role(row["role"]), bool(row["is_enabled"]))


def _left(row: sqlite3.Row, now: datetime) -> float:
    """Seconds that somebody is locked out still."""
    until = row["locked_until"]
    return (datetime.fromisoformat(until) - now).total_seconds() if until else 0.0


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds <= 90 else f"{seconds / 60:.0f} minutes"


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # here: the loop reads acts, and hashes nothing

    # the least that OWASP's cheat sheet on password storage asks of Argon2id; a small computer runs a line beside it
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    """What a PIN is held against where there is no account, so that an unknown name takes as long as a wrong PIN."""
    return _hasher().hash(uuid4().hex)


def _is_right(pin_hash: str, pin: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
