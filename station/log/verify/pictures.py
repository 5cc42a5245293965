"""The pictures that records name, each against its hash."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from station.log.archive import Archive
from station.log.progress import Tick
from station.log.purged import Purged
from station.log.verify.report import Report

PICTURED = 1000  # records whose pictures are looked at between two signs of how far it is


def check_pictures(connection: sqlite3.Connection, report: Report, folder: Path, last: int, tick: Tick) -> None:
    """Every picture that a record up to the last names, once a day folder, against its hash."""
    purged, archive, sound = Purged.of(connection), Archive(folder), dict[str, set[str]]()
    begin = 0
    sql = (
        "SELECT sequence, acquired_at, verdict, image_sha256, frame_sha256 FROM inspections "
        "WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
    )
    while rows := connection.execute(sql, [begin, last, PICTURED]).fetchall():
        for sequence, at, verdict, image, frame in rows:
            day = at[:10].replace("-", "/")
            if day not in sound:
                sound = {day: set(), **dict(list(sound.items())[:2])}  # the clock may go to and fro about midnight
            for sha256, kind, column in ((image, "png", "image_sha256"), (frame, "jpg", "frame_sha256")):
                if sha256 is None or sha256 in sound[day]:
                    continue
                found = _hash_of(folder / "pictures" / day / f"{sha256}.{kind}") or _hash_of(archive.path_of(sha256))
                if found == sha256:
                    sound[day].add(sha256)
                    report.kept += 1
                elif found is not None:
                    report.add("pictures", sequence, f"The picture {sha256}.{kind} of record {sequence} was changed.")
                elif any(each.covers(sequence, verdict, column) for each in _purged(connection, purged)):
                    report.purged += 1
                else:
                    told = f"The picture {sha256}.{kind} of record {sequence} is missing, and no purge tells of it."
                    report.add("pictures", sequence, told)
        begin = rows[-1][0]
        tick("Pictures", begin, report.last)


def _purged(connection: sqlite3.Connection, before: Purged) -> Iterator[Purged]:
    """What purges told before, and then what they tell now: one may have come meanwhile."""
    yield before
    yield Purged.of(connection)


def _hash_of(path: Path | None) -> str | None:
    try:
        with open(path or "", "rb") as file:  # noqa: PTH123 - a million of them
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
