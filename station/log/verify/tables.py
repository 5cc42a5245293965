"""The tables that are made of the records, and the triggers that keep the records as they are."""

from __future__ import annotations

import sqlite3
from collections import Counter

from station.log.migrations import schema
from station.log.progress import Tick
from station.log.verify.report import Report

TALLY = (
    "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, count(*), sum(is_retry), "
    "sum(is_unsynchronised), sum(is_unverified), sum(is_bypassed), min(sequence), max(sequence) "
    "FROM tallied GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
)
KEPT_TALLY = (  # milliseconds are left out: they are sums of reals, whose last digits depend on their order
    "SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated, records, retries, "
    "unsynchronised, unverified, bypassed FROM tallies"
)


def check_tables(connection: sqlite3.Connection, report: Report, tick: Tick) -> None:
    """Whether the tables are what comes of the records, and the schema is the station's."""
    for table in _unfit(connection):
        report.add("tables", None, f"The table {table} does not fit the records: searches and figures may be wrong.")
    tick("Tables", 1, 1)
    here = dict(connection.execute("SELECT name, sql FROM sqlite_schema"))
    for name, sql in schema().items():
        if here.get(name) != sql:
            report.add("tables", None, f"{name} is not as the station made it.")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        if name not in schema():
            report.add("tables", None, f"The trigger {name} is not the station's.")


def _unfit(connection: sqlite3.Connection) -> list[str]:
    """Which of the three is not what comes of the records; all of them where that cannot be told."""
    try:
        tallies = connection.execute(TALLY).fetchall()
        spans, facets = dict[str, tuple[int, int]](), Counter[tuple[str, ...]]()
        for quarter, *facet, _, _, records, _, _, _, _, first, last in tallies:
            former = spans.get(quarter, (first, last))
            spans[quarter] = (min(former[0], first), max(former[1], last))
            facets[tuple(facet)] += records
        fits = {
            "spans": {(quarter, *ends) for quarter, ends in spans.items()} == _all(connection, "SELECT * FROM spans"),
            "facets": {(*facet, n) for facet, n in facets.items()} == _all(connection, "SELECT * FROM facets"),
            "tallies": {tuple(row[:-2]) for row in tallies} == _all(connection, KEPT_TALLY),
        }
    except sqlite3.Error:
        fits = dict.fromkeys(("spans", "facets", "tallies"), False)
    return [table for table, fit in fits.items() if not fit]


def _all(connection: sqlite3.Connection, sql: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in connection.execute(sql)}
