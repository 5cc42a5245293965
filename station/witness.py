"""What people did beside the loop, taken into the traceability log by its only writer, the loop.

The log itself tells what was taken up: each event names the store and the number of its act. So none is recorded
twice or left out, whichever process dies when.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from contextlib import suppress
from pathlib import Path

from station import accounts, outbox
from station.log import queries
from station.log.store import TraceabilityLog
from station.loop import Station
from station.orders import store as orders
from station.orders.remarks import OVERRIDE
from station.types import Clock, Log, Verdict

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks
FAILING = 5.0  # seconds that a store may be unreadable before the screen tells: who writes there holds it for less
UNREAD = "What people do is not recorded: {path} cannot be read ({trouble}). Look at the disk of the data folder."
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
            self._taken = queries.acts_taken(rows)

    def look(self, station: Station) -> None:
        """Record the oldest act, if there is one. Raises LogError, and then it is there still."""
        if not self._waiting and (now := station.clock.monotonic()) >= self._next:
            self._next = now + EVERY
            for name, database in STORES.items():
                self._waiting.extend((name, act) for act in self._pending(station, database, now))
            self._well_again(station)
        if not self._waiting:
            return
        name, act = self._waiting[0]
        _record(station.log, name, act)
        self._waiting.popleft()
        self._taken[act.store] = act.number
        _follow(station, act)

    def _pending(self, station: Station, database: str, now: float) -> list[outbox.Act]:
        path = self._data / database
        try:
            found = outbox.pending(path, self._taken)
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
            taken = queries.acts_taken(rows)
        for name, database in STORES.items():
            outbox.recover(data / database)
            while waiting := outbox.pending(data / database, taken):
                for act in waiting:
                    _record(log, name, act)
                    taken[act.store] = act.number
    finally:
        log.close()


def _record(log: Log, name: str, act: outbox.Act) -> None:
    log.note(act.kind, act.message, operator=act.by, **(act.details | {name: act.store, "act": act.number}))
