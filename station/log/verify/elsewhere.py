"""Heads that were kept elsewhere: on paper, on a certificate, in an export."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from station.log.verify.report import Kept, Report


def find_kept(connection: sqlite3.Connection, report: Report, elsewhere: Sequence[Kept]) -> None:
    """Whether each of them is in this log."""
    for kept in elsewhere:
        if not _holds(connection, kept):
            name = f"{kept.hash[:16]}…" + (f" of record {kept.sequence}" if kept.sequence else "")
            told = f"The head {name} that was kept elsewhere is not in this log: it is an older one, or another one."
            report.add("elsewhere", kept.sequence, told)


def _holds(connection: sqlite3.Connection, kept: Kept) -> bool:
    at = "" if kept.sequence is None else "AND sequence = :s"
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE {column} = :h {at}"  # noqa: S608 - names of ours
        for table, column in (("inspections", "record_hash"), ("events", "record_hash"), ("heads", "head_hash"))
    )
    return connection.execute(f"{sql} LIMIT 1", {"h": kept.hash, "s": kept.sequence}).fetchone() is not None
