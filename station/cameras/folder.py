"""Replay: the pictures of a folder, or of a video file, one after the other as if a camera had just taken them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.dataset import SUFFIXES
from station.errors import CameraError
from station.types import Clock, EndOfPictures, Frame

Picture = tuple[str, bytes | None, NDArray[np.uint8] | None]  # source, encoded, pixels


class FolderCamera:
    """Shows every picture of `folder` once, in the order of their names, each as its file's own bytes.

    folder   a folder (its sub-folders are shown too) or a video file, whose frames come as pixels
    files    only these, paths below the folder, in this order

    A damaged or empty file is shown as it is, one that cannot be read as no bytes: whoever decodes them refuses them,
    so that a record tells of the bad picture. A replay that is closed and opened again goes on behind the last picture.
    """

    def __init__(self, folder: Path, clock: Clock, files: Sequence[str] | None = None) -> None:
        self._folder = folder
        self._only = files
        self._clock = clock
        self._number = 0
        self._pictures: Iterator[Picture] | None = None

    @property
    def name(self) -> str:
        return f"folder:{self._folder.name}"

    @property
    def size(self) -> None:
        return None

    def open(self) -> None:
        if self._pictures is None:
            self._pictures = _Video(self._folder) if self._folder.is_file() else _Files(self._folder, self._only)

    def close(self) -> None:
        """Files are no device: nothing is given back, so that the place in the replay is kept."""

    def read(self, newer_than: float = 0.0) -> Frame:
        """The next picture, exposed now. Raises EndOfPictures after the last."""
        if self._pictures is None:
            raise CameraError(f"{self.name} is not open: open it before reading.")
        picture = next(self._pictures, None)
        if picture is None:
            raise EndOfPictures(self.name)
        while self._clock.monotonic() <= newer_than:
            self._clock.sleep(0.001)
        self._number += 1
        source, encoded, pixels = picture
        return Frame(self._number, self._clock.monotonic(), self._clock.now(), encoded, pixels, source)


class _Files:
    """The picture files below a folder; one that cannot be read is shown as no bytes at all."""

    def __init__(self, folder: Path, only: Sequence[str] | None) -> None:
        if not folder.is_dir():
            raise CameraError(f"There is no folder and no video {folder}: give the path of one.")
        self._folder = folder
        self._left = deque(_below(folder) if only is None else only)
        if not self._left:
            raise CameraError(f"There are no pictures in {folder}: give a folder that holds some.")

    def __iter__(self) -> Iterator[Picture]:
        return self

    def __next__(self) -> Picture:
        if not self._left:
            raise StopIteration
        name = self._left.popleft()
        try:
            return name, (self._folder / name).read_bytes(), None
        except OSError:
            return name, b"", None  # no picture: whoever judges it refuses it, and the record names the file


def _below(folder: Path) -> list[str]:
    """The pictures in a folder and its sub-folders."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


class _Video:
    """The frames of a video file; each is named by the file and its place in it, from 0."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = -1
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise CameraError(f"{path} is no video that can be read: give a folder of pictures or a whole video file.")

    def __iter__(self) -> Iterator[Picture]:
        return self

    def __next__(self) -> Picture:
        ok, pixels = self._capture.read()
        if not ok:
            raise StopIteration
        self._place += 1
        return f"{self._path.name}#{self._place}", None, np.asarray(pixels, np.uint8)
