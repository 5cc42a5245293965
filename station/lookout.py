"""Looks after what no inspection shows: room on the disk, and the clock. What is wrong is an event, and so is its end.

A look costs a few microseconds, taken between two placements; what was told before a restart is read from the log.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from station.log import queries
from station.log.alerts import ALERT, alerts
from station.loop import Station

EVERY = 30.0  # seconds between two looks
LITTLE = 1 << 30  # bytes: a thousand placements and more, and a day to make room
ENOUGH = LITTLE + (LITTLE >> 2)  # from where on there is room again, so that it is not told twice an hour
PATIENCE = 600.0  # seconds that a clock may take to be synchronised after a start
LEAP = 60.0  # seconds by which the clock of the wall may be ahead of, or behind, the one that never jumps

LITTLE_ROOM = "Less than 1 GiB is free on the disk of the log"
UNSYNCHRONISED = "The clock has not been synchronised for ten minutes; records say so"


class Lookout:
    """Tells the log when disk or clock begin to be in trouble, and when they no longer are."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._next = 0.0
        self._unsynchronised_since: float | None = None
        self._before: tuple[float, datetime] | None = None
        with queries.reading(data) as rows:
            self._told = {alert.kind for alert in alerts(rows) if alert.until is None and not alert.about}

    def look(self, station: Station) -> None:
        """Look, where it is due. Raises LogError where that cannot be recorded; the next look finds it again."""
        now = station.clock.monotonic()
        if now < self._next:
            return
        free = shutil.disk_usage(self._data).free
        self._tell(station, "disk", free < (ENOUGH if "disk" in self._told else LITTLE), LITTLE_ROOM)
        self._tell(station, "clock", self._is_unsynchronised(station, now), UNSYNCHRONISED)
        self._look_for_a_leap(station, now)
        self._next = now + EVERY

    def _is_unsynchronised(self, station: Station, now: float) -> bool:
        if station.clock.is_synchronised():
            self._unsynchronised_since = None
            return False
        if self._unsynchronised_since is None:
            self._unsynchronised_since = now
        return "clock" in self._told or now - self._unsynchronised_since >= PATIENCE

    def _look_for_a_leap(self, station: Station, now: float) -> None:
        at, before = station.clock.now(), self._before
        if before is not None:
            ahead = (at - before[1]).total_seconds() - (now - before[0])
            if abs(ahead) > LEAP:
                message = f"The clock jumped by {ahead:+.0f} seconds; the sequence of the records is right"
                station.log.note(ALERT, message, alert="clock", about="leap", result="begun", seconds=ahead)
        self._before = now, at

    def _tell(self, station: Station, alert: str, is_wrong: bool, message: str) -> None:
        if is_wrong and alert not in self._told:
            station.log.note(ALERT, message, alert=alert, result="begun")
            self._told.add(alert)
        elif not is_wrong and alert in self._told:
            station.log.note(ALERT, f"It is over: {message[0].lower()}{message[1:]}", alert=alert, result="ended")
            self._told.remove(alert)
