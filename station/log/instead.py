"""Another log in the place of the one that is there: at every moment the one or the other, whatever dies when.

.restoring/            built here, with the station's key, and given up as a whole if anything fails
  station.db           the new one
  aside-20260105T…/    further names (hard links) of the old one's files

One rename puts the new one in its place; then the old one has its names in aside-… alone, which moves beside it. What
a crash left is thrown away by the next try, or finished, where the new log had its place already.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from station.log.archive import DATABASE, sync
from station.log.keys import KEY, own_key

BESIDE = ".restoring"
FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")


@contextmanager
def beside(data: Path) -> Iterator[Path]:
    """A folder to build the new log in, for whoever holds the data folder. Raises OSError, LogError."""
    finish(data)
    folder = data / BESIDE
    folder.mkdir()
    try:
        own_key(data)
        _name_too(data / KEY, folder / KEY)
        yield folder
    finally:
        finish(data)


def keep_old(data: Path, folder: Path, at: datetime, below: str = "") -> Path | None:
    """Give the files of the old log their names in a folder aside, too; None where there is none."""
    if not (data / DATABASE).exists():
        return None
    aside = folder / f"aside-{at:%Y%m%dT%H%M%S}" / below
    aside.mkdir(parents=True)
    for name in FILES:
        if (data / name).exists():
            _name_too(data / name, aside / name)
    return aside


def put(data: Path, folder: Path) -> None:
    """The new log takes the place of the old one. Raises OSError."""
    sync(folder / DATABASE)
    for name in FILES[1:]:  # they would be read as if they were the new one's
        (data / name).unlink(missing_ok=True)
    (folder / DATABASE).replace(data / DATABASE)
    sync(data)


def finish(data: Path) -> None:
    """Move what is aside to where it belongs if the new log has its place, and throw the rest away."""
    folder = data / BESIDE
    for aside in folder.glob("aside-*"):
        old = next(aside.rglob(f"damaged/{DATABASE}"), aside / DATABASE)
        if old.exists() and not old.samefile(data / DATABASE):
            aside.replace(data / aside.name)
        elif old.exists():
            _give_back(data, old.parent)
        sync(data)
    if folder.exists():
        shutil.rmtree(folder)


def _give_back(data: Path, aside: Path) -> None:
    """The old log has its place still: what was committed and lies beside its file alone belongs to it."""
    for name in FILES[1:]:
        if (aside / name).exists() and not (data / name).exists():
            _name_too(aside / name, data / name)


def settle(data: Path) -> None:
    """Bring everything of the old log into its one file, where it is sound enough for that."""
    if (data / FILES[1]).exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _name_too(path: Path, name: Path) -> None:
    try:
        os.link(path, name)
    except OSError:  # a file system without hard links
        shutil.copy2(path, name)
