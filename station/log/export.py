"""Records for others: CSV, JSON lines, EPCIS 2.0.

What is simulated says so in each of them.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from station.log import queries
from station.log.record import Row, time_text
from station.log.search import KEYS, Search

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the begin of one
PAGE = 500


def matches(connection: sqlite3.Connection, wanted: Search) -> Iterator[Row]:
    """Every inspection that matches, oldest first."""
    if wanted.image_sha256 or any(getattr(wanted, key) for key in KEYS):  # few: the index finds them
        for page in queries.pages(connection, wanted, PAGE):
            yield from page
        return
    span = queries.span(connection, wanted)
    yield from queries.onward(connection, wanted, span.first if span else 1, span.last if span else None, PAGE)


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One line a record, a heading first. What a spreadsheet would run as a formula begins with an apostrophe."""
    names: list[str] = []
    for row in rows:
        flat = row | {"measures": json.dumps(row["measures"], ensure_ascii=False)}
        if not names:
            names = list(flat)
            yield _csv(names)
        yield _csv([_defused(flat[name]) for name in names])


def _csv(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One JSON object a line."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def epcis_lines(rows: Iterable[Row], at: datetime) -> Iterator[str]:
    """An EPCIS 2.0 document with an ObjectEvent for each record: OBSERVE, inspecting, and how it came out."""
    context: list[Any] = [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"station": "urn:x-station:"},
    ]
    head = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": time_text(at)}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "epcisBody": {"eventList": ['
    comma = ""
    for row in rows:
        yield f"{comma}\n{json.dumps(epcis(row), ensure_ascii=False, allow_nan=False)}"
        comma = ","
    yield "\n]}}\n"


DISPOSITION = {"PASS": "conformant", "REJECT": "non_conformant", "UNSURE": "unknown"}


def epcis(row: Row) -> dict[str, Any]:
    """One ObjectEvent. A part without a serial is named by its inspection."""
    which = row["serial"] or row["inspection_id"]
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{row['inspection_id']}",
        "eventTime": row["acquired_at"],
        "recordTime": row["decided_at"],
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:x-station:part:{_urn(row['part_number'])}:{_urn(which)}"],
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": DISPOSITION[row["verdict"]],
        "readPoint": {"id": f"urn:x-station:station:{_urn(row['station'])}"},
    }
    if row["work_order"]:
        order = f"urn:x-station:work_order:{_urn(row['work_order'])}"
        event["bizTransactionList"] = [{"type": "prodorder", "bizTransaction": order}]
    named = {"record": "sequence", "recordHash": "record_hash", "verdict": "verdict", "reason": "reason", "lot": "lot"}
    named |= {"predicted": "predicted_part_number", "model": "model", "isSimulated": "is_simulated"}
    return event | {f"station:{name}": row[column] for name, column in named.items() if row[column] not in (None, "")}


def _urn(text: str) -> str:
    return quote(text, safe="")
