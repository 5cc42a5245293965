"""What the desk shows of alerts: those that the log tells of, and a log that cannot tell because it is in trouble."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from station.errors import LogError
from station.log import queries
from station.log.alerts import Alert, standing
from station.lookout import LITTLE, LITTLE_ROOM
from station.web.sentences import N_
from station.web.watched import Watched

ALERTS: Mapping[str, str] = {
    "verification": N_("Verification failed"),
    "rejects": N_("Burst of rejects"),
    "drift": N_("Drift"),
    "disk": N_("Disk"),
    "clock": N_("Clock"),
    "database": N_("Database"),
    "camera": N_("Camera"),
    "light": N_("Light"),
    "line": N_("Line"),
    "station": N_("Station"),
}


def to_see_to(data: Path, station: Watched) -> list[Alert]:
    """The alerts that stand, newest first. Never fails: a log that cannot be read is an alert of its own."""
    try:
        with queries.reading(data) as rows:
            found = standing(rows, station.clock.now())
    except (LogError, sqlite3.Error) as trouble:
        return [Alert("database", 0, "", str(trouble))]
    view = station.screen.view
    told = {alert.kind for alert in found if alert.until is None}
    if view.fault == "log" and not told & {"database", "disk"}:
        found.insert(0, Alert("database", 0, "", view.message))
    with suppress(OSError):
        if "disk" not in told and shutil.disk_usage(data).free < LITTLE:
            found.insert(0, Alert("disk", 0, "", LITTLE_ROOM))
    return found
