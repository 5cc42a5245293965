"""A span of the log for somebody else, as folder or zip, that verifies by itself: rows, pictures, a signed manifest.

However long it is, nothing of it is held in memory: a picture is asked for by the row that names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NamedTuple, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from station.errors import LogError
from station.log import check_export, queries
from station.log.chain import ZEROS
from station.log.copies import copy_rows
from station.log.export import PAGE, matches
from station.log.keys import fingerprint, key_to_sign
from station.log.links import end_of_chain
from station.log.progress import Tick, silent
from station.log.proven import prove
from station.log.purged import Purged
from station.log.record import Row, time_text
from station.log.search import Search
from station.log.store import DATABASE
from station.log.zips import zip_of_many

LEFT_OVER = 6 * 3600.0  # seconds after which nobody makes that export any more
RESERVE = 1 << 30  # bytes that stay for the station
PURGED = "purged.txt"
CHAINED = ("inspections", "events", "heads")
PICTURES = {"image_sha256": "inspections_by_image", "frame_sha256": "inspections_by_frame"}


class Ends(NamedTuple):
    """The first and the last record of a span, the hash that its chain ends in, and the columns of its tables.

    The chain binds values by their place; what each place means stands in the manifest, which is signed.
    """

    first: int
    last: int
    end: str
    columns: dict[str, list[str]]


class Into(Protocol):
    """Where a span is put: files by their name below it."""

    def copy(self, source: Path, name: str) -> None:
        """A file as it is. Raises OSError; FileNotFoundError before anything is written."""

    def write(self, name: str, text: str) -> None:
        """A new file. Raises OSError."""


class Folder:
    """A new folder on the disk."""

    def __init__(self, to: Path) -> None:
        self._to = to

    def copy(self, source: Path, name: str) -> None:
        target = self._to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def write(self, name: str, text: str) -> None:
        (self._to / name).write_text(text, "utf-8")


class Zipped:
    """A zip that is written from its begin to its end, never back: it may go down a pipe."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file

    def copy(self, source: Path, name: str) -> None:
        is_small_already = source.suffix in (".png", ".jpg")
        self._file.write(source, name, ZIP_STORED if is_small_already else ZIP_DEFLATED)

    def write(self, name: str, text: str) -> None:
        self._file.writestr(name, text, ZIP_DEFLATED)


def span(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: Path, at: datetime, tick: Tick = silent
) -> dict[str, Any]:
    """The log from the first to the last record that matches, with pictures, into a new folder. Returns its manifest.

    It ends at the next signed head; where none is signed yet, as while the line runs, with the newest record. The whole
    log is proven before. check.py beside it needs Python alone. Raises LogError.
    """
    ends = _signed_ends(connection, data, wanted, tick)
    if to.exists():
        raise LogError(f"{to} is there already: name a folder that is not.")
    (to / "pictures").mkdir(parents=True)
    copy_rows(connection, to / DATABASE, *ends, tick)
    span = Ends(*ends, *_bound(to / DATABASE))
    with TemporaryDirectory(dir=to) as scratch:
        return _fill(connection, data, span, Folder(to), Path(scratch), at, tick)


def zipped(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: IO[bytes], at: datetime, tick: Tick = silent
) -> dict[str, Any]:
    """The same as one zip, written as it is made; only its database needs room on the disk meanwhile."""
    ends = _signed_ends(connection, data, wanted, tick)
    with database(connection, data, ends, tick) as copy, zip_of_many(to, copy.parent) as file:
        into = Zipped(file)
        into.copy(copy, DATABASE)
        return _fill(connection, data, Ends(*ends, *_bound(copy)), into, copy.parent, at, tick)


def rows_alone(
    connection: sqlite3.Connection, data: Path, wanted: Search, to: IO[bytes], tick: Tick = silent
) -> tuple[int, int]:
    """The database of a span without its pictures; returns the first and the last record of it."""
    ends = _signed_ends(connection, data, wanted, tick)
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


def _signed_ends(connection: sqlite3.Connection, data: Path, wanted: Search, tick: Tick) -> tuple[int, int]:
    """First and last record of a span, of a log that is proved. Raises LogError."""
    with queries.one_moment(connection):
        ends = reach(connection, wanted)
        prove(connection, key_to_sign(data).public, tick)
    return ends


def reach(connection: sqlite3.Connection, wanted: Search) -> tuple[int, int]:
    """The first and the last record of a span that is asked for now; proves nothing. Raises LogError: it has none."""
    first, last = _ends(connection, wanted)
    head = connection.execute("SELECT min(sequence) FROM heads WHERE sequence >= ?", [last]).fetchone()[0]
    tail = connection.execute("SELECT max(sequence) FROM tail").fetchone()[0]
    return first, int(head or tail or last)


def _bound(copy: Path) -> tuple[str, dict[str, list[str]]]:
    """The hash that a copy of the rows ends in, and its columns."""
    with closing(sqlite3.connect(copy)) as rows:
        named = {table: rows.execute(f"PRAGMA table_info({table})").fetchall() for table in CHAINED}
        return end_of_chain(rows)[1], {table: [column[1] for column in columns] for table, columns in named.items()}


def _fill(
    connection: sqlite3.Connection,
    data: Path,
    ends: Ends,
    into: Into,
    scratch: Path,
    at: datetime,
    tick: Tick,
) -> dict[str, Any]:
    """Pictures, the list of those that were purged, check.py and the signed manifest, which is returned."""
    first, last, end, columns = ends
    with (scratch / PURGED).open("xb") as file:
        gone = Gone(connection, file)
        is_simulated = _pictures(connection, data, into, gone, (first, last), tick)
    into.copy(scratch / PURGED, PURGED)
    key = key_to_sign(data)
    manifest: dict[str, Any] = {
        "kind": "span of a station's log",
        "first": first,
        "last": last,
        "end": end,
        "columns": columns,
        "prev_hash": _before(connection, first),
        "made_at": time_text(at),
        "is_simulated": is_simulated,
        "purged": gone.count,
        "purged_sha256": gone.hash.hexdigest(),
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


class Gone:
    """The pictures of a span that were purged, in the order of their records; what is missing otherwise is not excused.

    hash  of the whole file
    """

    def __init__(self, connection: sqlite3.Connection, file: IO[bytes]) -> None:
        self._connection, self._file, self._purged = connection, file, Purged.of(connection)
        self.count, self.hash = 0, hashlib.sha256()

    def tell(self, row: Row, column: str) -> None:
        """Of one picture that is not there."""
        if not self._purged.covers(row["sequence"], row["verdict"], column):
            self._purged = Purged.of(self._connection)  # it may have been purged this moment
            if not self._purged.covers(row["sequence"], row["verdict"], column):
                return
        line = f"{row[column]}\n".encode()
        self._file.write(line)
        self.hash.update(line)
        self.count += 1


def _pictures(
    connection: sqlite3.Connection, data: Path, into: Into, gone: Gone, ends: tuple[int, int], tick: Tick
) -> bool:
    """Copy what is there, each once, and tell what is not; returns whether anything is simulated."""
    is_simulated, (first, last) = False, ends
    for row in queries.onward(connection, Search(), first, last, PAGE):
        is_simulated |= row["is_simulated"]
        day = Path("pictures") / row["acquired_at"][:10].replace("-", "/")
        for column, kind in (("image_sha256", "png"), ("frame_sha256", "jpg")):
            if not row[column]:
                continue
            path = day / f"{row[column]}.{kind}"
            if (data / path).exists() and _has_copied(connection, row, column, first):
                continue
            try:
                into.copy(data / path, str(path))
            except FileNotFoundError:
                gone.tell(row, column)
        tick("Pictures", row["sequence"] - first + 1, last - first + 1)
    return is_simulated


def _has_copied(connection: sqlite3.Connection, row: Row, column: str, first: int) -> bool:
    """Whether an earlier record of the span has the same picture of the same day; newest first finds it at once."""
    sql = (
        f"SELECT 1 FROM inspections INDEXED BY {PICTURES[column]} WHERE {column} = ? AND sequence >= ? "  # noqa: S608 - names of ours
        "AND sequence < ? AND substr(acquired_at, 1, 10) = ? ORDER BY sequence DESC LIMIT 1"
    )
    values = [row[column], first, row["sequence"], row["acquired_at"][:10]]
    return connection.execute(sql, values).fetchone() is not None
