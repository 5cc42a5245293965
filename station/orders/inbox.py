"""CSV files that are dropped into a folder: taken whole, or set aside with a sentence beside them.

    drop ──still for a while──► read ──every line right──► imported/
                                  └────one is wrong──────► refused/, and NAME.txt says which line

A file is read when it has not changed for a while, so that half of one is never taken; who writes it somewhere else and
renames it into the folder is safe at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.errors import OrderError
from station.orders.store import Orders

Stamp = tuple[int, int, int]  # inode, nanoseconds, bytes
log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two looks
STILL = 2.0  # seconds that a file has not changed
LARGEST = 2_000_000  # bytes
BY = "CSV import"


class Inbox:
    """The folder, made where there is none. One thread looks."""

    def __init__(self, folder: Path, orders: Orders) -> None:
        self._folder, self._orders = folder, orders
        self._waiting: dict[Path, tuple[Stamp, float]] = {}  # since when (monotonic seconds) a file is as it is
        self._done: dict[Path, Stamp] = {}  # what could not be moved away is not read again

    def look(self, now: float) -> None:
        """Take in what is still. Raises OSError for a folder that cannot be read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = {path: stamp for path in sorted(self._folder.iterdir()) if (stamp := _stamp(path))}
        self._waiting = {
            path: self._waiting[path] if self._waiting.get(path, (None,))[0] == stamp else (stamp, now)
            for path, stamp in found.items()
        }
        self._done = {path: stamp for path, stamp in self._done.items() if path in found}
        for path, (stamp, since) in self._waiting.items():
            if now - since >= STILL and self._done.get(path) != stamp:
                self._take_in(path, stamp)

    def _take_in(self, path: Path, stamp: Stamp) -> None:
        try:
            self._orders.take_in(self._text(path, stamp), path.name, BY)
            place, said = "imported", ""
        except OrderError as refusal:
            place, said = "refused", str(refusal)
            log.warning("%s", refusal)
        self._done[path] = stamp
        self._set_aside(path, self._folder / place, said)

    def _text(self, path: Path, stamp: Stamp) -> str:
        if stamp[2] > LARGEST:
            raise self._orders.refused(path.name, f"it is larger than {LARGEST // 1_000_000} MB", BY)
        try:
            return path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as trouble:
            line = trouble.object[: trouble.start].count(b"\n") + 1
            raise self._orders.refused(path.name, f"line {line}: it is not UTF-8", BY) from trouble
        except FileNotFoundError:  # somebody took it away again
            raise
        except OSError as trouble:  # it would stand in the way of all that come behind it, and nobody be told
            raise self._orders.refused(path.name, f"it cannot be read: {trouble.strerror}", BY) from trouble

    def _set_aside(self, path: Path, place: Path, said: str) -> None:
        try:
            place.mkdir(exist_ok=True)
            target = _free(place, path.name)
            path.rename(target)
            if said:
                target.with_name(f"{target.name}.txt").write_text(said + "\n", "utf-8")
        except OSError as trouble:
            log.warning("%s cannot be set aside into %s: %s", path, place, trouble)


def _stamp(path: Path) -> Stamp | None:
    if path.suffix.lower() != ".csv" or path.name.startswith(".") or not path.is_file():
        return None
    try:
        found = path.stat()
    except OSError:  # it went away meanwhile
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _free(place: Path, name: str) -> Path:
    """Where nothing lies yet."""
    target, number = place / name, 1
    while target.exists():
        number += 1
        target = place / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return target


@contextmanager
def watched(inbox: Inbox) -> Iterator[None]:
    """Look into it meanwhile, in a thread of its own."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(EVERY):
            try:
                inbox.look(time.monotonic())
            except (OSError, OrderError) as trouble:
                log.warning("the folder of orders could not be looked through: %s", trouble)

    thread = threading.Thread(target=work, name="orders", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2.0)
