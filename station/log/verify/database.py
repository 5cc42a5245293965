"""SQLite's own check of the file."""

from __future__ import annotations

import sqlite3

from station.log.progress import Tick
from station.log.verify.report import Report


def check_database(connection: sqlite3.Connection, report: Report, tick: Tick) -> None:
    """Whether `integrity_check` finds nothing, of the first twenty things that it tells."""
    try:
        for (found,) in connection.execute("PRAGMA integrity_check(20)"):
            if found != "ok":
                report.add("database", None, f"SQLite finds the database damaged: {found}.")
    except sqlite3.Error as trouble:
        report.add("database", None, f"SQLite finds the database damaged: {trouble}.")
    tick("Database", 1, 1)
