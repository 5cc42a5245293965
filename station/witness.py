"""What people did at their accounts, taken from people.db into the traceability log by its only writer, the loop.

The log itself tells what was taken up: each event names the store and the number of its act. So none is recorded
twice or left out, whichever process dies when.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from pathlib import Path

from station.accounts import PersonsAct, pending
from station.log import queries
from station.log.store import TraceabilityLog
from station.loop import Station
from station.types import Clock, Log

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks


class Witness:
    """Looks into the accounts of a data folder, whose log is open; never waits for who writes there."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._waiting: deque[PersonsAct] = deque()
        self._next = 0.0
        with queries.reading(data) as rows:
            self._taken = queries.acts_taken(rows)

    def look(self, station: Station) -> None:
        """Record the oldest act, if there is one. Raises LogError, and then it is there still."""
        if not self._waiting and (now := station.clock.monotonic()) >= self._next:
            self._next = now + EVERY
            try:
                self._waiting.extend(pending(self._data, self._taken))
            except (
                sqlite3.Error
            ) as trouble:  # somebody writes there at this moment, or it is damaged; signing in says so
                log.debug("the accounts could not be read", exc_info=trouble)
        if not self._waiting:
            return
        act = self._waiting[0]
        _record(station.log, act)
        self._waiting.popleft()
        self._taken[act.store] = act.number


def drain(data: Path, clock: Clock) -> None:
    """Record every act that waits, where no station runs. Raises LogError, also when one does."""
    log = TraceabilityLog(data, clock)
    try:
        with queries.reading(data) as rows:
            taken = queries.acts_taken(rows)
        while waiting := pending(data, taken):
            for act in waiting:
                _record(log, act)
                taken[act.store] = act.number
    finally:
        log.close()


def _record(log: Log, act: PersonsAct) -> None:
    log.note(act.kind, act.message, operator=act.by, **(act.details | {"people": act.store, "act": act.number}))
