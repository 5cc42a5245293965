"""The accounts of a station: people.db in the data folder, written by the web and by `station user`, never by the loop.

Every change goes with an act, in the same transaction (see outbox.py): the loop takes the acts into the log.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from station.errors import AccountError
from station.log.record import time_text
from station.outbox import BY_ID, Kept, Outbox
from station.people import Person, Role, fit_badge, fit_name, fit_pin, wait
from station.types import Clock, SystemClock

if TYPE_CHECKING:
    from argon2 import PasswordHasher

DATABASE = "people.db"
FIRST = """
CREATE TABLE people (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL,
  pin_hash TEXT NOT NULL,
  is_enabled INTEGER NOT NULL DEFAULT 1,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until TEXT NOT NULL DEFAULT ''
) STRICT;
"""
# A badge has no name beside it: its hash has to be found, and so all badges of a store share one salt. A machine is
# a row without a PIN. `changes` rises with role and PIN: sessions of before end.
SECOND = """
ALTER TABLE people ADD COLUMN badge_hash TEXT;
ALTER TABLE people ADD COLUMN token_hash TEXT;
ALTER TABLE people ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX people_by_badge ON people (badge_hash);
CREATE UNIQUE INDEX people_by_token ON people (token_hash);
CREATE TABLE salt (badges BLOB NOT NULL) STRICT;
INSERT INTO salt VALUES (randomblob(16));
"""
REFUSED = "Name and PIN do not belong together."  # the same whatever is wrong: it tells nobody who has an account
NO_BADGE = "This badge opens nothing here. Sign in by PIN, or have the badge set with `station user badge`."
TOKEN = "station-"  # how the token of a machine begins, so that who finds one knows what it is
REMEMBERED = 1.0  # seconds that an account is not read again, though its file looks the same
LONGEST_CODE = 128  # characters of a badge that are looked at


@dataclass(frozen=True, slots=True)
class Once:
    """That of some kinds of act there is one alone about the same thing.

    about     the name, among an act's details, of what tells the thing apart for ever: its hash, for a log that begins
              anew gives the same numbers again
    sentence  what is said to who comes second
    """

    kinds: tuple[str, ...]
    about: str
    sentence: str

    def is_done(self, rows: sqlite3.Connection, details: Mapping[str, Any]) -> bool:
        """Whether such an act stands among those of a store."""
        marks = ", ".join("?" * len(self.kinds))
        sql = f"SELECT 1 FROM acts WHERE kind IN ({marks}) AND json_extract(details, ?) = ? LIMIT 1"  # noqa: S608 - marks only
        values = [*self.kinds, f"$.{self.about}", details[self.about]]
        return rows.execute(sql, values).fetchone() is not None


class Accounts:
    """The accounts in a data folder, which is made where there is none. Every method may raise AccountError."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._path = data.absolute() / DATABASE
        self._store = Outbox(self._path, (FIRST, SECOND, BY_ID), AccountError, "The accounts", self._clock)
        self._known: dict[str, Person | None] = {}
        self._known_at: tuple[int, int, int] | None = None
        self._known_until = 0.0
        self._known_lock = threading.Lock()
        self._locks: dict[
            str, tuple[str, float]
        ] = {}  # name → until (as the file says), and when by the monotonic clock
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
        with self._store.writing() as rows:
            _refuse_taken(rows, person.name)
            sql = "INSERT INTO people (name, role, pin_hash) VALUES (?, ?, ?)"
            rows.execute(sql, [person.name, role.value, pin_hash])
            said = f"{person.name} is {role.value} from now on"
            self._store.act(rows, "person_added", said, by, person=person.name, role=role)
        return person

    def disable(self, name: str, by: str) -> None:
        """Nobody signs in by this name any more, and who is signed in is signed out; not the last administrator."""
        with self._changing(name, "could be disabled") as (rows, row):
            rows.execute("UPDATE people SET is_enabled = 0 WHERE name = ?", [name])
            _refuse_last(rows, row)
            self._store.act(rows, "person_disabled", f"{row['name']} signs in no more", by, person=row["name"])

    def change_role(self, name: str, role: Role, by: str) -> None:
        """Somebody is here for something else from now on, and signs in anew; not the last administrator."""
        with self._changing(name, "could have another role") as (rows, row):
            _refuse_machine(row)
            rows.execute("UPDATE people SET role = ?, changes = changes + 1 WHERE name = ?", [role.value, name])
            _refuse_last(rows, row)
            said = f"{row['name']} is {role.value} from now on, and was {row['role']}"
            self._store.act(rows, "role_changed", said, by, person=row["name"], role=role, former=row["role"])

    def change_pin(self, name: str, pin: str, by: str) -> None:
        """Another PIN, which ends a lock-out; sessions of before end too."""
        try:
            pin_hash = _hasher().hash(fit_pin(pin))
        except ValueError as mistake:
            raise AccountError(str(mistake)) from mistake
        with self._changing(name, "could have another PIN") as (rows, row):
            _refuse_machine(row)
            sql = (
                "UPDATE people SET pin_hash = ?, failures = 0, locked_until = '', changes = changes + 1 WHERE name = ?"
            )
            rows.execute(sql, [pin_hash, name])
            self._store.act(rows, "pin_changed", f"{row['name']} has another PIN", by, person=row["name"])

    def give_badge(self, name: str, code: str, by: str) -> None:
        """Who holds this code up to the scanner signs in as this person; an empty one takes the badge away."""
        try:
            badge = self._badge_hash(fit_badge(code)) if code else None
        except ValueError as mistake:
            raise AccountError(str(mistake)) from mistake
        with self._changing(name, "could have a badge") as (rows, row):
            _refuse_machine(row)
            sql = "SELECT name FROM people WHERE badge_hash = ? AND name <> ?"
            if badge and rows.execute(sql, [badge, row["name"]]).fetchone():
                raise AccountError("Another person has this badge: a badge tells who it is. Take another.")
            rows.execute("UPDATE people SET badge_hash = ?, changes = changes + 1 WHERE name = ?", [badge, name])
            said = f"{row['name']} has {'another' if badge else 'no'} badge"
            self._store.act(rows, "badge_changed", said, by, person=row["name"], has_badge=badge is not None)

    def give_token(self, name: str, by: str) -> str:
        """A new token for a machine, an operator; a former one is worth nothing any more. It is kept nowhere else."""
        try:
            name = fit_name(name)
        except ValueError as mistake:
            raise AccountError(str(mistake)) from mistake
        token = TOKEN + secrets.token_urlsafe(32)
        with self._store.writing() as rows:
            row = _row(rows, name)
            if row is not None and row["pin_hash"]:
                raise AccountError(f"{row['name']} is a person; a token is for a machine, by another name.")
            sql = (
                "INSERT INTO people (name, role, pin_hash, token_hash) VALUES (?, ?, '', ?) ON CONFLICT (name) "
                "DO UPDATE SET token_hash = excluded.token_hash, is_enabled = 1, changes = changes + 1"
            )
            rows.execute(sql, [name, Role.OPERATOR.value, _token_hash(token)])
            said = f"The machine {name} has a new token"
            self._store.act(rows, "token_given", said, by, person=name, role=Role.OPERATOR)
        return token

    def people(self) -> list[Person]:
        """Everybody, by name; machines, and those who are disabled too."""
        with self._store.reading() as rows:
            found = rows.execute("SELECT * FROM people ORDER BY name").fetchall() if rows else []
        return [_person(row) for row in found]

    def find(self, name: str) -> Person | None:
        """Who has this name and is enabled. Asked with every request: read again only where the file has changed."""
        stamp, now = self._stamp(), time.monotonic()
        with self._known_lock:
            if stamp != self._known_at or now >= self._known_until:
                self._known, self._known_at, self._known_until = {}, stamp, now + REMEMBERED
            if name in self._known:
                return self._known[name]
        with self._store.reading() as rows:
            row = _row(rows, name) if rows else None
        found = _person(row) if row is not None and row["is_enabled"] else None
        with self._known_lock:
            if stamp == self._known_at:
                self._known[name] = found
        return found

    def _stamp(self) -> tuple[int, int, int] | None:
        """Changes with every commit, but for two in one tick of the clock; hence REMEMBERED."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def by_token(self, token: str) -> Person | None:
        """The machine that this token was given to. It is long and random: its plain hash tells nobody the token."""
        with self._store.reading() as rows:
            sql = "SELECT * FROM people WHERE token_hash = ? AND is_enabled"
            row = rows.execute(sql, [_token_hash(token)]).fetchone() if rows else None
        return _person(row) if row is not None else None

    def sign_in(self, name: str, pin: str) -> Person:
        """Who comes in. Raises AccountError, a sentence, for whoever does not; either is an act."""
        return self._known_by_pin(name, pin, "sign_in", "has signed in")

    def confirm(self, name: str, pin: str, what: str) -> Person:
        """Who is signed in says so once more by PIN, before something that weighs. As `sign_in`."""
        return self._known_by_pin(name, pin, "pin_confirmed", f"has given the PIN again, {what}")

    def sign_in_by_badge(self, code: str) -> Person:
        """Who comes in by what the scanner reads off a badge. Raises AccountError; either is an act.

        Whose badge a wrong one was meant to be nobody knows, so nobody is locked out by it; Sessions bounds the tries.
        """
        with self._one_by_one:
            badge = self._badge_hash(code[:LONGEST_CODE])
            with self._store.writing() as rows:
                row = rows.execute("SELECT * FROM people WHERE badge_hash = ? AND is_enabled", [badge]).fetchone()
                if row is None:
                    said = "A sign-in by a badge was refused: unknown"
                    self._store.act(rows, "sign_in_refused", said, "", why="unknown badge")
                    raise Kept(NO_BADGE)
                person = _person(row)
                said = f"{person.name} has signed in by badge"
                self._store.act(rows, "sign_in", said, person.name, role=person.role.value, by_badge=True)
        return person

    def note(self, kind: str, message: str, by: str, once: Once | None = None, **details: Any) -> tuple[str, int, str]:
        """Have an act recorded that changes no account: a sign-out, a release. Returns its store, number and id.

        once  what may be done no second time, by whomever, also while the log does not tell of the first; AccountError
        """
        with self._store.writing() as rows:
            if once and once.is_done(rows, details):
                raise AccountError(once.sentence)
            number = self._store.act(rows, kind, message, by, **details)
            store, act_id = rows.execute(
                "SELECT store.id, acts.id FROM store, acts WHERE number = ?", [number]
            ).fetchone()
            return str(store), number, str(act_id)

    def _known_by_pin(self, name: str, pin: str, kind: str, said: str) -> Person:
        with self._one_by_one:
            with self._store.writing() as rows:
                row = _row(rows, name)
                if row is not None and (left := self._left(row)) > 0:
                    self._refused(rows, row["name"], "locked")
                    raise Kept(f"Too many wrong PINs: wait {_spoken(left)}, or ask a supervisor.")
            known = row is not None and bool(row["is_enabled"])
            is_right = (
                _is_right(row["pin_hash"] or _nobodys_hash() if row is not None else _nobodys_hash(), pin) and known
            )
            with self._store.writing() as rows:
                if is_right and row is not None:
                    rows.execute("UPDATE people SET failures = 0, locked_until = '' WHERE name = ?", [row["name"]])
                    person = _person(row)
                    self._store.act(rows, kind, f"{person.name} {said}", person.name, role=person.role.value)
                    return person
                if row is not None:
                    failures = row["failures"] + 1
                    until = self._lock(row["name"], wait(failures))
                    sql = "UPDATE people SET failures = ?, locked_until = ? WHERE name = ?"
                    rows.execute(sql, [failures, until, row["name"]])
                why = "unknown" if row is None else "wrong PIN" if known else "disabled"
                self._refused(rows, row["name"] if row is not None else name[:40], why)
                raise Kept(REFUSED)

    def _refused(self, rows: sqlite3.Connection, name: str, why: str) -> None:
        said = f"A sign-in as {name} was refused: {why}"
        self._store.act(rows, "sign_in_refused", said, "", person=name, why=why)

    def _lock(self, name: str, seconds: float) -> str:
        """Lock somebody out for so long, 0 for not at all; returns until when, as the file keeps it."""
        until = time_text(self._clock.now() + timedelta(seconds=seconds)) if seconds else ""
        self._locks[name] = (until, self._clock.monotonic() + seconds)
        return until

    def _left(self, row: sqlite3.Row) -> float:
        """Seconds that somebody is locked out still.

        The time of day may be set, or jump: it is asked only once about a lock-out of before this process, which then
        lasts no longer than it was meant to.
        """
        until = row["locked_until"]
        known, ends = self._locks.get(row["name"], ("", 0.0))
        if until and until != known:
            meant = (datetime.fromisoformat(until) - self._clock.now()).total_seconds()
            ends = self._clock.monotonic() + min(meant, wait(row["failures"]))
            self._locks[row["name"]] = (until, ends)
        return ends - self._clock.monotonic() if until else 0.0

    def _badge_hash(self, code: str) -> str:
        with self._store.writing() as rows:
            salt: bytes = rows.execute("SELECT badges FROM salt").fetchone()[0]
        return _salted(code, salt)

    @contextmanager
    def _changing(self, name: str, what: str) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row]]:
        """A transaction about somebody who is enabled."""
        with self._store.writing() as rows:
            row = _row(rows, name)
            if row is None or not row["is_enabled"]:
                raise AccountError(f"There is no {name} who {what}; `station user list` names all.")
            yield rows, row


def _refuse_taken(rows: sqlite3.Connection, name: str) -> None:
    if _row(rows, name):
        raise AccountError(f"There is a {name} already, perhaps disabled; take another name.")


def _refuse_machine(row: sqlite3.Row) -> None:
    if not row["pin_hash"]:
        raise AccountError(f"{row['name']} is a machine: it has a token, and is an operator.")


def _refuse_last(rows: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Asked behind the change, in its transaction: of two who disable each other at once one stays."""
    sql = "SELECT 1 FROM people WHERE role = ? AND is_enabled"
    is_left = rows.execute(sql, [Role.ADMINISTRATOR.value]).fetchone() is not None
    if row["role"] == Role.ADMINISTRATOR.value and not is_left:
        raise AccountError(f"{row['name']} is the last administrator: make somebody else one first.")


def _row(rows: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = rows.execute("SELECT * FROM people WHERE name = ?", [name]).fetchone()
    return found


def _person(row: sqlite3.Row) -> Person:
    is_machine = not row["pin_hash"]
    return Person(row["name"], Role(row["role"]), bool(row["is_enabled"]), is_machine, row["changes"])


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


def _salted(code: str, salt: bytes) -> str:
    from argon2.low_level import Type, hash_secret_raw

    like = _hasher()
    return hash_secret_raw(
        code.encode("utf-8", "backslashreplace"),
        salt,
        like.time_cost,
        like.memory_cost,
        like.parallelism,
        like.hash_len,
        Type.ID,
    ).hex()


def _token_hash(token: str) -> str:
    return hashlib.sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _is_right(pin_hash: str, pin: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
