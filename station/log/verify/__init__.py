"""The log held against its own hashes, signatures and pictures: what was changed, and where it begins.

One room a step, in the order of what they cost. What this cannot prove stands in the README of the log.

    chain       every record, act and head holds on to the one before, and is as it was hashed
    signatures  every head is signed, heads are close enough, and the chain ends where the station signed that it does
    elsewhere   heads that were kept elsewhere are in it
    tables      the tables that are made of the records fit them; the triggers that keep the records are there
    database    SQLite's own check of the file
    pictures    every picture is as its record names it, or a purge tells of it
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from station.log.progress import Tick, silent
from station.log.queries import one_moment
from station.log.verify.chain import edge, follow_chain
from station.log.verify.database import check_database
from station.log.verify.elsewhere import find_kept
from station.log.verify.pictures import check_pictures
from station.log.verify.report import Break, Kept, Report
from station.log.verify.signatures import check_signatures
from station.log.verify.tables import check_tables

__all__ = ["Break", "Kept", "Report", "verify"]


def verify(
    connection: sqlite3.Connection,
    folder: Path,
    tick: Tick = silent,
    *,
    trusted: Sequence[str] = (),
    elsewhere: Sequence[Kept] = (),
    pictures: bool = True,
) -> Report:
    """Everything that can be held against something, of one moment: the station may run and record on.

    folder     the data folder, for key and pictures
    trusted    the fingerprints of the keys that may have signed; without any, the first one that has
    elsewhere  heads that have to be in this log
    """
    report = Report()
    with one_moment(connection):
        last = edge(connection, "max")
        follow_chain(connection, report, last, tick)
        check_signatures(connection, report, folder, [each.replace(" ", "") for each in trusted], tick)
        find_kept(connection, report, elsewhere)
        check_tables(connection, report, tick)
        check_database(connection, report, tick)
    if pictures:
        check_pictures(connection, report, folder, last, tick)
    report.breaks.sort(key=lambda each: each.sequence is None)  # stable: the cheaper step stays first
    return report
