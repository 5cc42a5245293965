"""What people did beside the loop, taken into the traceability log by its only writer, the loop.

The log itself tells what was taken up: each event names the store, the number and the id of its act. So none is
recorded twice or left out, whichever process dies when, nor when an older copy of a store is put back: that is an event
too, and what people do from there on is taken up although its numbers were told before.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from station import accounts, outbox
from station.log import queries
from station.log.store import TraceabilityLog
from station.loop import Station
from station.orders import store as orders
from station.orders.remarks import OVERRIDE
from station.types import Clock, Log, Verdict

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks
ALL = 2**31  # acts
FAILING = 5.0  # seconds that a store may be unreadable before the screen tells: who writes there holds it for less
UNREAD = "What people do is not recorded: {path} cannot be read ({trouble}). Look at the disk of the data folder."
RELEASE, REFUSED_RELEASE = "release", "release_refused"
MASTER = "Record {record} is of a golden or challenge part, which is no part to be released."
FORMER = "act_of_former_log"
NUMBERS = ("record", "alert", "proposal", "through")  # by which an act may name what it is about
STORES = {"people": accounts.DATABASE, "orders": orders.DATABASE}  # as events name them


class Witness:
    """Looks into the accounts and orders of a data folder, whose log is open; never waits for who writes there."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._waiting: deque[tuple[str, outbox.Act]] = deque()
        self._next = 0.0
        self._failing: dict[str, float] = {}  # database → since when it cannot be read
        self._is_told = False
        for database in STORES.values():
            with suppress(sqlite3.Error):  # else the looks meet it again, and tell
                outbox.recover(data / database)
        with queries.reading(data) as rows:
            self._taken = _taken(rows)

    def look(self, station: Station) -> None:
        """Record the oldest act, if there is one. Raises LogError, and then it is there still."""
        if not self._waiting and (now := station.clock.monotonic()) >= self._next:
            self._next = now + EVERY
            for name, database in STORES.items():
                self._waiting.extend((name, act) for act in self._pending(station, name, database, now))
            self._well_again(station)
        if not self._waiting:
            return
        name, act = self._waiting[0]
        kind = _record(station.log, self._data, name, act)
        self._waiting.popleft()
        self._taken[act.store] = act.number, act.id
        _follow(station, replace(act, kind=kind))

    def _pending(self, station: Station, name: str, database: str, now: float) -> list[outbox.Act]:
        path = self._data / database
        try:
            found = _pending(station.log, self._data, name, self._taken)
        except sqlite3.Error as trouble:  # somebody writes there at this moment, or it is damaged
            log.debug("%s could not be read", database, exc_info=trouble)
            if now - self._failing.setdefault(database, now) >= FAILING and not self._is_told:
                self._is_told = True
                log.error(UNREAD.format(path=path, trouble=trouble))
                station.screen.notice(UNREAD.format(path=path, trouble=trouble))
            return []
        self._failing.pop(database, None)
        return found

    def _well_again(self, station: Station) -> None:
        if self._is_told and not self._failing:
            self._is_told = False
            station.screen.notice("")


def _follow(station: Station, act: outbox.Act) -> None:
    """What an act changes at once: what the screen says of imported files, and how many good parts the order has."""
    if act.kind in orders.TOLD:
        station.screen.notice(f"{act.message}." if act.kind == orders.REFUSED else "")
    is_of_order = act.details.get("work_order") == station.order.work_order
    if act.kind == OVERRIDE and act.details.get("verdict") == Verdict.PASS and is_of_order:
        station.tally = station.tally.held()


def drain(data: Path, clock: Clock) -> None:
    """Record every act that waits, where no station runs. Raises LogError, also when one does."""
    log = TraceabilityLog(data, clock)
    try:
        with queries.reading(data) as rows:
            taken = _taken(rows)
        for name, database in STORES.items():
            outbox.recover(data / database)
            while waiting := _pending(log, data, name, taken):
                for act in waiting:
                    _record(log, data, name, act)
                    taken[act.store] = act.number, act.id
    finally:
        log.close()


def _record(log: Log, data: Path, name: str, act: outbox.Act) -> str:
    """Returns as what it stands in the log: its kind, where nothing speaks against it."""
    kind, message, details = act.kind, act.message, act.details
    if any(number in details for number in NUMBERS):
        with queries.reading(data) as rows:
            if not _is_of_this_log(rows, details):
                kind, details = FORMER, {"was": kind} | {f"former_{each}": value for each, value in details.items()}
            elif kind == RELEASE and queries.is_of_verification(rows, details["record"]):
                kind, message = REFUSED_RELEASE, f"A release was refused. {MASTER.format(record=details['record'])}"
    log.note(kind, message, operator=act.by, **(details | _named(name, act.store, act.number, act.id)))
    return kind


def _is_of_this_log(rows: sqlite3.Connection, details: Mapping[str, Any]) -> bool:
    """Whether what an act is about stands here: a log that begins anew gives the same numbers to others."""
    of, inspection = details.get("of"), details.get("inspection_id")
    if of:
        return all(of == queries.hash_of(rows, details[number]) for number in NUMBERS if number in details)
    found = queries.show(rows, str(details.get("record"))) if inspection else None
    return not inspection or (found is not None and found["inspection_id"] == inspection)


def _named(name: str, store: str, number: int, act_id: str) -> dict[str, str | int]:
    """By which an event tells its act."""
    return {name: store, "act": number, "act_id": act_id}


_STORE = "ifnull(json_extract(details, '$.people'), json_extract(details, '$.orders'))"
_ACT = "json_extract(details, '$.act')"
_ID = "ifnull(json_extract(details, '$.act_id'), '')"


def _pending(log: Log, data: Path, name: str, taken: dict[str, tuple[int, str]]) -> list[outbox.Act]:
    """The acts of a store that wait. Of an older copy that was put back, those that the log does not tell of.

    Raises sqlite3.Error, LogError.
    """
    path = data / STORES[name]
    try:
        return outbox.pending(path, taken)
    except outbox.PutBack as older:
        with queries.reading(data) as rows:
            sql = f"SELECT {_ACT}, {_ID} FROM events WHERE {_STORE} = ?"  # noqa: S608 - constants
            told = set(map(tuple, rows.execute(sql, [older.store]).fetchall()))
        common = max((each for each in older.acts.items() if each in told), default=(0, ""))
        said = f"An older copy of {path.name} was put back; what is told after its act {common[0]} it does not know"
        log.note("store_put_back", said, former=taken[older.store][0], **_named(name, older.store, *common))
        taken[older.store] = common
        return outbox.pending(path, taken)


def _taken(rows: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Store of accounts or orders → number and id of the act that the log told of last."""
    # SQLite takes the other columns from the row that has the greatest sequence
    sql = f"SELECT {_STORE} AS store, {_ACT}, {_ID}, max(sequence) FROM events WHERE store IS NOT NULL GROUP BY store"  # noqa: S608 - constants
    return {store: (number, act_id) for store, number, act_id, _ in rows.execute(sql).fetchall()}


def waiting(rows: sqlite3.Connection, data: Path) -> int:
    """How many acts about a part the log does not tell of yet: a release, an escape, a hold. Raises sqlite3.Error."""
    taken = _taken(rows)
    acts = [act for database in STORES.values() for act in outbox.pending(data / database, taken, ALL)]
    return sum("record" in act.details for act in acts)


def recorded(rows: sqlite3.Connection, store: str, number: int, act_id: str) -> int | None:
    """The sequence of the event that tells of an act; None while it is not recorded."""
    sql = f"SELECT min(sequence) FROM events WHERE {_STORE} = ? AND {_ACT} = ? AND {_ID} = ?"  # noqa: S608 - constants
    found: int | None = rows.execute(sql, [store, number, act_id]).fetchone()[0]
    return found
