"""What can go wrong with a disk, as one plain sentence that names the mend."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.errors import LogError, StationError

FULL = "There is no room for the log in {folder}: make room on its disk, or name a data folder on another."
CLOSED = "The log in {folder} cannot be written: run as the user it belongs to, on a disk that is mounted writable."
GONE = "A part of the log in {folder} is gone ({trouble}): see that its disk is plugged in and mounted."
IN_THE_WAY = "Something lies where the log in {folder} needs a folder or file of its own ({trouble}): move it aside."
DAMAGED = "The database in {folder} is damaged ({trouble}): stop the station, then `station log restore` a backup."
BUSY = "Another program keeps the database in {folder} to itself: close it."
UNFIT = "The record is not fit to be kept ({trouble}): this is a fault of the station; send it to its maker."
OTHER = "The log in {folder} could not be written ({trouble}): look at the disk and its cable."

BY_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), CLOSED),
    **dict.fromkeys((errno.ENOENT, errno.ENODEV, errno.ESTALE, errno.ENOTCONN), GONE),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR), IN_THE_WAY),
}
BY_RESULT = {
    sqlite3.SQLITE_FULL: FULL,
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM), CLOSED),
    **dict.fromkeys((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB), DAMAGED),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), BUSY),
    **dict.fromkeys((sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG), UNFIT),
}


@contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """Turn what SQLite or the disk raises into a LogError about the data folder."""
    try:
        yield
    except StationError:  # what is a sentence already
        raise
    except (sqlite3.Error, OSError, ValueError) as trouble:
        raise LogError(_template(trouble).format(folder=folder, trouble=trouble)) from trouble


def _template(trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return BY_ERRNO.get(trouble.errno or 0, OTHER)
    result: int | None = getattr(trouble, "sqlite_errorcode", None)
    if result is None:  # refused before it came to the database
        return UNFIT
    return BY_RESULT.get(result & 0xFF, OTHER)  # the lower byte is the cause, the rest its circumstances
