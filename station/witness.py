"""What people did beside the loop, taken into the traceability log by its only writer, the loop.

The log itself tells what was taken up: each event names the store and the number of its act. So none is recorded
twice or left out, whichever process dies when.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
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
STORES = {"people": accounts.DATABASE, "orders": orders.DATABASE}  # as events name them


class Witness:
    """Looks into the accounts and orders of a data folder, whose log is open; never waits for who writes there."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._waiting: deque[tuple[str, outbox.Act]] = deque()
        self._next = 0.0
        with queries.reading(data) as rows:
            self._taken = queries.acts_taken(rows)

    def look(self, station: Station) -> None:
        """Record the oldest act, if there is one. Raises LogError, and then it is there still."""
        if not self._waiting and (now := station.clock.monotonic()) >= self._next:
            self._next = now + EVERY
            for name, database in STORES.items():
                self._waiting.extend((name, act) for act in self._pending(database))
        if not self._waiting:
            return
        name, act = self._waiting[0]
        _record(station.log, name, act)
        self._waiting.popleft()
        self._taken[act.store] = act.number
        _follow(station, act)

    def _pending(self, database: str) -> list[outbox.Act]:
        try:
            return outbox.pending(self._data / database, self._taken)
        except sqlite3.Error as trouble:  # somebody writes there at this moment, or it is damaged; who uses it says so
            log.debug("%s could not be read", database, exc_info=trouble)
            return []


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
            while waiting := outbox.pending(data / database, taken):
                for act in waiting:
                    _record(log, name, act)
                    taken[act.store] = act.number
    finally:
        log.close()


def _record(log: Log, name: str, act: outbox.Act) -> None:
    log.note(act.kind, act.message, operator=act.by, **(act.details | {name: act.store, "act": act.number}))
