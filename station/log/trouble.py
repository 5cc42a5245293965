"""What can go wrong with a disk, as one plain sentence that names the mend."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.errors import LogError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, "SQLITE_FULL"}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ESTALE, errno.ENOTCONN}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}


@contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """Turn what SQLite or the disk raises into a LogError about the data folder."""
    try:
        yield
    except LogError:
        raise
    except (sqlite3.Error, OSError, ValueError) as trouble:
        raise LogError(_sentence(trouble, folder)) from trouble


def _sentence(trouble: Exception, folder: Path) -> str:
    what = _what(trouble)
    if what in _FULL:
        return f"There is no room for the log in {folder}: make room on its disk, or name a data folder on another."
    if what in _CLOSED:
        return f"The log cannot be written in {folder}: give the folder to the station's user, and mount it writable."
    if what in _GONE:
        return f"A part of the log in {folder} is gone ({trouble}): see that its disk is plugged in and mounted."
    if what in _DAMAGED:
        return f"{folder / 'station.db'} is damaged ({trouble}): move it aside and put a backup in its place."
    if what in _BUSY:
        return f"Another program keeps {folder / 'station.db'} to itself: close it."
    if what == "SQLITE_CONSTRAINT" or isinstance(trouble, ValueError):
        return f"The record is not fit to be kept ({trouble}): this is a fault of the station; send it to its maker."
    return f"The log in {folder} could not be written ({trouble}): look at the disk and its cable."


def _what(trouble: Exception) -> int | str | None:
    """The errno, or the name of SQLite's primary result code (SQLITE_READONLY_DBMOVED is a SQLITE_READONLY)."""
    if isinstance(trouble, OSError):
        return trouble.errno
    name: str = getattr(trouble, "sqlite_errorname", "")
    return "_".join(name.split("_")[:2])
