"""Pictures by their hash, in a folder a day: pictures/2026/01/05/<sha256>.png (patch) and .jpg (frame).

A picture gets its name after its bytes are safe on disk, so that whatever bears a name is whole, also after a power
cut. pictures/incoming/ holds what has none yet. A picture without a row is harmless; a row without its picture is not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from station.errors import LogError
from station.types import Pictures

DATABASE = "station.db"  # the rows, beside the pictures


class Archive:
    """The pictures of one station; only the process that holds the log writes."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "pictures"
        self._incoming = self._root / "incoming"
        self._today: Path | None = None  # the folder that is known to be on disk

    @property
    def free_space(self) -> int:
        """Bytes that pictures and rows may still take. Raises OSError where there is no data folder."""
        return shutil.disk_usage(self._root.parent).free

    def prepare(self) -> None:
        """Make the folders, see that they can be written, throw away what a crash left half there. Raises OSError."""
        self._today = None
        self._make(self._incoming)
        (self._incoming / "try").touch()
        for left in self._incoming.iterdir():
            left.unlink()

    def keep(self, pictures: Pictures, at: datetime) -> tuple[str | None, str | None]:
        """Archive patch and frame under the UTC day of `at`; returns their SHA-256 (hex) once they are on disk.

        The same picture on the same day is kept once. Raises OSError; no picture has a name then that is not whole.
        """
        day = self._day(at)
        patch, frame = _sha256(pictures.patch), _sha256(pictures.frame)
        named = {f"{patch}.png": pictures.patch, f"{frame}.jpg": pictures.frame}
        self._write(day, {name: content for name, content in named.items() if content is not None})
        return patch, frame

    def path_of(self, sha256: str) -> Path | None:
        """Where the picture of this hash lies, the newest if on several days; None if it is not there."""
        for day in sorted(self._root.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True):
            for path in (day / f"{sha256}.png", day / f"{sha256}.jpg"):
                if path.is_file():
                    return path
        return None

    def has(self, sha256: str, at: datetime) -> bool:
        """Whether the picture of this hash lies under the UTC day of `at`."""
        day = self._root / _day(at)
        return any((day / f"{sha256}.{kind}").is_file() for kind in ("png", "jpg"))

    def read(self, sha256: str, at: datetime) -> bytes | None:
        """The picture of this hash, first looked for under the UTC day of `at`; None if it is not there any more.

        Raises LogError when it is not what was archived.
        """
        day = self._root / _day(at)
        path = next((path for path in (day / f"{sha256}.png", day / f"{sha256}.jpg") if path.is_file()), None)
        path = path or self.path_of(sha256)
        if path is None:
            return None
        content = path.read_bytes()
        if _sha256(content) != sha256:
            raise LogError(f"{path} is not the picture that was archived: take it from a copy of the log.")
        return content

    def _day(self, at: datetime) -> Path:
        day = self._root / _day(at)
        if day != self._today:
            self._make(day)
            self._today = day
        return day

    def _make(self, folder: Path) -> None:
        """Make a folder below the data folder; it and all above it are on disk then, whoever made them."""
        folder.mkdir(parents=True, exist_ok=True)
        while folder != self._root.parent:
            folder = folder.parent
            sync(folder)

    def _write(self, day: Path, named: Mapping[str, bytes]) -> None:
        new = [name for name, content in named.items() if not _holds(day / name, content)]
        try:
            for name in new:
                _write(self._incoming / name, named[name])
        except OSError:
            for name in new:
                (self._incoming / name).unlink(missing_ok=True)
            raise
        for name in new:
            (self._incoming / name).rename(day / name)
        sync(day)  # the names, also of those that were there: an earlier try may have ended before this


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat().replace("-", "/")


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there, whole and on disk; a damaged one is written anew."""
    if not path.is_file() or path.read_bytes() != content:
        return False
    sync(path)  # it may have been copied there, and not be on disk yet
    return True


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
