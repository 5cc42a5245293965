"""The data set that grows: a picture is on disk before its row, and no crash leaves a row without its picture.

manifest.csv has the columns that `models.dataset` reads, and behind them session, specimen, calibration and
is_simulated. Specimen and session make the group; each fifth group of a part number is set aside for the test.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from itertools import count
from pathlib import Path

import cv2

from models.dataset import Picture, listed, read_picture, too_small
from station.errors import LogError
from station.log.archive import sync
from station.types import Gray

TEST = 5  # one group in so many


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, as it is written; `file` lies below the folder of the data set."""

    file: str
    part_number: str
    group: str
    split: str
    session: str
    specimen: str
    calibration: str
    is_simulated: str  # true or false


COLUMNS = [field.name for field in fields(Entry)]


class Manifest:
    """The data set in `folder`, which is made where there is none; `entries` are its rows, in their order.

    Raises LogError where it cannot be written, is no collection, or holds what is simulated beside what is real.
    """

    def __init__(self, folder: Path, is_simulated: bool) -> None:
        self.is_simulated = is_simulated
        self._folder, self._path = folder, folder / "manifest.csv"
        with _told_plainly(folder):
            if not self._path.is_file():
                self._begin()
            self.entries = self._read()
        words = {entry.is_simulated.lower() for entry in self.entries}  # a spreadsheet writes TRUE
        if words - {_word(is_simulated)}:
            other = "the stage of a real station" if is_simulated else "the simulated bench"
            raise LogError(f"{folder} holds pictures of {other}; name another folder with --out.")

    def of(self, part_number: str) -> list[Entry]:
        """The rows of one part number, without those that a person has marked as unused."""
        return [entry for entry in self.entries if entry.part_number == part_number and entry.split != "unused"]

    def picture(self, entry: Entry) -> Gray:
        """The picture of a row, in gray. Raises LogError if it is not there."""
        with _told_plainly(self._folder):
            return read_picture(self._folder / entry.file)

    def add(
        self, picture: Gray, part_number: str, session: str, specimen: int, calibration: str, is_simulated: bool
    ) -> Entry:
        """Keep a picture (height × width, uint8), lossless; when it returns, picture and row are on disk.

        Raises LogError; there is no new row then.
        """
        name = f"{part_number}/{session}-{specimen}"
        taken = {entry.file for entry in self.entries}
        file = next(file for number in count(1) if (file := f"{name}-{number:03}.png") not in taken)
        group = group_of(part_number, session, specimen)
        side = self._side(part_number, group)
        entry = Entry(file, part_number, group, side, session, str(specimen), calibration, _word(is_simulated))
        with _told_plainly(self._folder):
            (self._folder / part_number).mkdir(exist_ok=True)
            sync(self._folder)
            _put(self._folder / file, cv2.imencode(".png", picture)[1].tobytes())
            self._append(entry)
        self.entries.append(entry)
        return entry

    def lacks(self, part_number: str) -> Iterator[str]:
        """What has to be collected still before the data set can be learnt from, and why; a sentence each."""
        learnt = (entry for entry in self.entries if entry.split == "train")
        yield from too_small([Picture(*astuple(entry)[:4]) for entry in learnt])
        own = self.of(part_number)
        if len({entry.group for entry in own}) == 1:
            yield (
                f"all pictures of {part_number} show one specimen in one session, and are so much alike that learning "
                "could not be told from remembering; collect more specimens, or another session"
            )
        if not any(entry.split == "test" for entry in own):
            yield f"no picture of {part_number} is set aside for the test; every fifth specimen is, over all sessions"

    def _side(self, part_number: str, group: str) -> str:
        """The split of a group: the one where it stands already, or else every fifth the test."""
        own = self.of(part_number)
        sides = [entry.split for entry in own if entry.group == group]
        number = len({entry.group for entry in own} | {group})
        return sides[0] if sides else "train" if number % TEST else "test"

    def _begin(self) -> None:
        """The empty manifest comes first: pictures without one would be another kind of data set."""
        self._folder.mkdir(parents=True, exist_ok=True)
        sync(self._folder.parent)
        if listed(self._folder):
            raise LogError(f"{self._folder} holds pictures without a manifest; name another folder with --out.")
        _put(self._path, _line(COLUMNS))

    def _read(self) -> list[Entry]:
        with self._path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, strict=True)
            if table.fieldnames != COLUMNS:
                raise LogError(f"{self._path} was not made by collecting; name another folder with --out.")
            return [Entry(*((row[column] or "").strip() for column in COLUMNS)) for row in table]

    def _append(self, entry: Entry) -> None:
        """Written anew as a whole, so that a power cut tears no row; what a person has edited meanwhile is kept."""
        former = self._path.read_bytes()
        end = b"" if former.endswith(b"\n") else b"\n"
        _put(self._path, former + end + _line(astuple(entry)))


def group_of(part_number: str, session: str, specimen: int) -> str:
    """What stays on one side of every split: one piece at one time."""
    return f"{part_number} session {session} specimen {specimen}"


def _word(is_simulated: bool) -> str:
    return "true" if is_simulated else "false"


def _line(cells: list[str] | tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; it and its name are on disk when this returns. Raises OSError."""
    incoming = path.with_name(f".{path.name}")
    with incoming.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(path)
    sync(path.parent)


@contextmanager
def _told_plainly(folder: Path) -> Iterator[None]:
    try:
        yield
    except LogError:
        raise
    except OSError as trouble:
        raise LogError(f"The data set in {folder} cannot be kept ({trouble}); look at its disk.") from trouble
    except (csv.Error, ValueError) as trouble:
        raise LogError(f"The data set in {folder} cannot be read: {trouble}.") from trouble
