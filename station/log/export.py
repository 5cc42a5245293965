"""The log for others: CSV, JSON lines, EPCIS 2.0, and a span of it that verifies by itself.

What is simulated says so in each of them.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from station.errors import LogError
from station.log import check_export, queries
from station.log.backup import copy_picture
from station.log.chain import ZEROS
from station.log.copies import copy_rows
from station.log.keys import fingerprint, read_key
from station.log.record import Row, time_text
from station.log.search import KEYS, Search
from station.log.store import DATABASE
from station.log.verify import Tick, silent

LEFT_OVER = 6 * 3600.0  # seconds after which nobody makes that export any more
RESERVE = 1 << 30  # bytes that stay for the station

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


class Into(Protocol):
    """Where a span is put: files by their name below it."""

    def copy(self, source: Path, name: str) -> None:
        """A file as it is. Raises OSError."""

    def write(self, name: str, text: str) -> None:
        """A new file. Raises OSError."""


class Folder:
    """A new folder on the disk."""

    def __init__(self, to: Path) -> None:
        self._to = to

    def copy(self, source: Path, name: str) -> None:
        copy_picture(source, self._to / name)

    def write(self, name: str, text: str) -> None:
        (self._to / name).write_text(text, "utf-8")


class Zipped:
    """A zip that is written from its begin to its end, never back: it may go down a pipe."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file
        self._names = set[str]()

    def copy(self, source: Path, name: str) -> None:
        if name not in self._names:  # a picture may be that of several records
            self._names.add(name)
            is_small_already = source.suffix in (".png", ".jpg")
            self._file.write(source, name, ZIP_STORED if is_small_already else ZIP_DEFLATED)

    def write(self, name: str, text: str) -> None:
        self._file.writestr(name, text, ZIP_DEFLATED)


def span(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: Path, at: datetime, tick: Tick = silent
) -> dict[str, Any]:
    """The log from the first to the last record that matches, with pictures, into a new folder. Returns its manifest.

    It ends at the next signed head, so that the signature covers all of it; check.py beside it needs Python alone.
    Raises LogError.
    """
    ends = _signed_ends(connection, wanted)
    if to.exists():
        raise LogError(f"{to} is there already: name a folder that is not.")
    (to / "pictures").mkdir(parents=True)
    copy_rows(connection, to / DATABASE, *ends, tick)
    return _fill(connection, data, ends, Folder(to), at, tick)


def zipped(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: IO[bytes], at: datetime, tick: Tick = silent
) -> dict[str, Any]:
    """The same as one zip, written as it is made; only its database needs room on the disk meanwhile."""
    ends = _signed_ends(connection, wanted)
    with database(connection, data, ends, tick) as copy, ZipFile(to, "w") as file:
        into = Zipped(file)
        into.copy(copy, DATABASE)
        return _fill(connection, data, ends, into, at, tick)


def rows_alone(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: IO[bytes], tick: Tick = silent
) -> tuple[int, int]:
    """The database of a span without its pictures; returns the first and the last record of it."""
    ends = _signed_ends(connection, wanted)
    with database(connection, data, ends, tick) as copy, copy.open("rb") as file:
        shutil.copyfileobj(file, to, 1 << 20)
    return ends


@contextmanager
def database(connection: sqlite3.Connection, data: Path, ends: tuple[int, int], tick: Tick) -> Iterator[Path]:
    """A copy of the rows, on the disk of the log where that may be: a folder for what is temporary may be in memory."""
    beside = data if os.access(data, os.W_OK) else None
    _need_room(connection, data)
    with TemporaryDirectory(dir=beside, prefix=".export-") as folder:
        copy_rows(connection, Path(folder) / DATABASE, *ends, tick)
        yield Path(folder) / DATABASE


def _need_room(connection: sqlite3.Connection, data: Path) -> None:
    """Clear away what killed exports left, and see that a copy of the rows leaves the station its room."""
    for left in data.glob(".export-*"):
        if time.time() - left.stat().st_mtime > LEFT_OVER:
            shutil.rmtree(left, ignore_errors=True)
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if shutil.disk_usage(data).free < pages * size + RESERVE:
        raise LogError("There is no room for a copy of the rows: export a shorter time, or make room on the disk.")


def _signed_ends(connection: sqlite3.Connection, wanted: Search) -> tuple[int, int]:
    """First and last record of a span; the last is the next signed head. Raises LogError."""
    first, last = _ends(connection, wanted)
    row = connection.execute("SELECT min(sequence) FROM heads WHERE sequence >= ?", [last]).fetchone()
    if row[0] is None:
        raise LogError("The newest records are not signed yet: try again in a minute, or stop the station.")
    return first, int(row[0])


def _fill(
    connection: sqlite3.Connection, data: Path, ends: tuple[int, int], into: Into, at: datetime, tick: Tick
) -> dict[str, Any]:
    """Pictures, check.py and the signed manifest, which is returned."""
    first, last = ends
    missing, is_simulated = _pictures(connection, data, into, first, last, tick)
    key = read_key(data)
    manifest: dict[str, Any] = {
        "kind": "span of a station's log",
        "first": first,
        "last": last,
        "prev_hash": _before(connection, first),
        "made_at": time_text(at),
        "is_simulated": is_simulated,
        "purged": missing,
        "public_key": key.public,
        "fingerprint": fingerprint(key.public),
    }
    told = json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    manifest["signature"] = key.sign(told)
    into.write("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    into.copy(Path(check_export.__file__), "check.py")
    return manifest


def _ends(connection: sqlite3.Connection, wanted: Search) -> tuple[int, int]:
    newest = queries.search(connection, wanted, limit=1)
    if not newest:
        raise LogError("No record matches: there is nothing to export.")
    first = next(matches(connection, wanted))["sequence"]
    return int(first), int(newest[0]["sequence"])


def _before(connection: sqlite3.Connection, first: int) -> str:
    for table in ("inspections", "events"):
        row = connection.execute(f"SELECT prev_hash FROM {table} WHERE sequence = ?", [first]).fetchone()  # noqa: S608 - names of ours
        if row is not None:
            return row[0] or ZEROS
    return ZEROS


def _pictures(
    connection: sqlite3.Connection, data: Path, into: Into, first: int, last: int, tick: Tick
) -> tuple[list[str], bool]:
    """Copy what is there; returns the hashes of what is not, and whether anything is simulated."""
    missing, is_simulated = list[str](), False
    for row in queries.onward(connection, Search(), first, last, PAGE):
        is_simulated |= row["is_simulated"]
        day = Path("pictures") / row["acquired_at"][:10].replace("-", "/")
        for sha256, kind in ((row["image_sha256"], "png"), (row["frame_sha256"], "jpg")):
            if sha256 and (data / day / f"{sha256}.{kind}").exists():
                into.copy(data / day / f"{sha256}.{kind}", f"{day}/{sha256}.{kind}")
            elif sha256:
                missing.append(sha256)
        tick("Pictures", row["sequence"] - first + 1, last - first + 1)
    return missing, is_simulated
