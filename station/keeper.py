"""Lets pictures go when their time has come, or room is needed: looked for and deleted beside the line, by a thread.

thread: what has to go? ──► loop, between two placements: recorded ──► thread: deleted

A purge that somebody asked for by `station log purge` is recorded by the loop too, perhaps later than its asker waits;
and one of before the last start may have been cut off. What the log tells of is deleted before anything is planned.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from station.log import queries
from station.log.archive import Archive
from station.log.keeping import CONFIGURED, Purge, Terms, plan, purge, recorded, terms_in_force, told
from station.log.progress import silent
from station.loop import Station

log = logging.getLogger(__name__)

EVERY = 3600.0  # seconds between two looks for what has to go


class Keeper:
    """Keeps to the terms that are configured, or that a supervisor has set since."""

    def __init__(self, data: Path, configured: Terms) -> None:
        self._data, self._configured = data, configured
        self._next = 0.0
        self._planned: deque[Purge] = deque()
        self._thread: threading.Thread | None = None
        self._done: dict[str, Purge] = {}  # the last of each kind whose files are gone
        with queries.reading(data) as rows:
            former = told(rows, CONFIGURED) or Terms()
        self._is_told = former == configured

    def look(self, station: Station) -> None:
        """Record what has to go, and have it deleted; neither looks for it nor deletes. Raises LogError."""
        if not self._is_told:  # so that who knows the log alone knows it too
            message = f"station.toml says that pictures are kept {self._configured}"
            station.log.note(CONFIGURED, message, **asdict(self._configured))
            self._is_told = True
        if self._thread is not None and self._thread.is_alive():
            return
        if self._planned:
            asked = self._planned[0]
            station.log.note("purge", asked.message, **asked.details)
            self._planned.popleft()
            self._start(lambda: self._delete(asked))
        elif (now := station.clock.monotonic()) >= self._next:
            self._next = now + EVERY
            at = station.clock.now() if station.clock.is_synchronised() else None
            self._start(lambda: self._planned.extend(self._plan(at)))

    def wait(self) -> None:
        """Until the thread has done what it does."""
        if self._thread is not None:
            self._thread.join()

    def _start(self, work: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=_quietly, args=(work,), daemon=True)
        self._thread.start()

    def _plan(self, at: datetime | None) -> list[Purge]:
        with queries.reading(self._data) as rows:
            for former in recorded(rows):
                if self._done.get(former.what) != former:
                    self._delete(former)
            terms = terms_in_force(rows, self._configured)
            return plan(rows, self._data, terms, at, Archive(self._data).free_space)

    def _delete(self, asked: Purge) -> None:
        with queries.reading(self._data) as rows:
            count, size = purge(rows, self._data, asked, silent)
        self._done[asked.what] = asked
        log.info("%d pictures were let go, %d bytes", count, size)


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as trouble:  # the line goes on; the next look tries again
        log.warning("pictures could not be let go", exc_info=trouble)
