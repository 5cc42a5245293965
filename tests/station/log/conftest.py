from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from station.log.store import TraceabilityLog
from tests.station.log.samples import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def log(data: Path, clock: StoppedClock) -> Iterator[TraceabilityLog]:
    log = TraceabilityLog(data, clock)
    yield log
    log.close()


class SmallDisk(Protocol):
    """A disk that can be filled up to so many bytes, and emptied again."""

    folder: Path
    sentence: str  # what its user is told, a regular expression

    def fill(self, room: int) -> None: ...

    def empty(self) -> None: ...


class Tmpfs:
    """A real file system of 16 MiB."""

    sentence = "no room"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, room: int) -> None:
        with self._ballast.open("wb") as ballast:
            for size in (1 << 16, 1 << 12):  # the last pages one by one
                while shutil.disk_usage(self.folder).free >= room + size:
                    ballast.write(bytes(size))
                    ballast.flush()

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)


class Limited:
    """Where mounting is not permitted: no file of this process may grow beyond so many bytes."""

    sentence = "no room|could not be written"  # SQLite does not tell this cause from others

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, room: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, self._before[1]))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    disk: SmallDisk = Tmpfs(folder) if is_mounted else Limited(folder)
    yield disk
    disk.empty()
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)
