"""What the empty stage was measured at, day by day: the trend over weeks, in a small table of the data folder."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from calibration.ground import Reading
from station.wishes import replace_whole

log = logging.getLogger(__name__)

FILE = "trend.csv"
EVERY = 600.0  # seconds between two times that the table is written


@dataclass(frozen=True, slots=True)
class Day:
    """One measure of one day (UTC); `limit` is its tolerance, `calibration` the number of the profile."""

    day: str
    measure: str
    calibration: int
    count: int
    mean: float
    least: float
    most: float
    limit: float

    def with_one(self, value: float, limit: float) -> Day:
        """The same with one more value."""
        mean = self.mean + (value - self.mean) / (self.count + 1)
        least, most = min(self.least, value), max(self.most, value)
        return Day(self.day, self.measure, self.calibration, self.count + 1, mean, least, most, limit)


KINDS = (str, str, int, int, float, float, float, float)


def read(folder: Path) -> list[Day]:
    """The table of a calibration folder, oldest first; what cannot be read is left out."""
    try:
        lines = (folder / FILE).read_text("utf-8", "replace").splitlines()[1:]
    except OSError:
        return []
    found = []
    for line in lines:  # one by one: a damaged one takes no other with it, and keeps no station from starting
        try:
            found.append(Day(*(kind(word) for kind, word in zip(KINDS, line.split(","), strict=True))))
        except ValueError:
            log.warning("%s holds a row that is none: %s", folder / FILE, line[:80])
    return found


class Trend:
    """Adds to the table; it is written now and then, and never holds up who adds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days = {(each.day, each.measure, each.calibration): each for each in read(folder)}
        self._next = 0.0

    def add(self, day: str, calibration: int, readings: Iterable[Reading], now: float) -> None:
        """Take in what was measured on a day; `now` in monotonic seconds."""
        for reading in readings:
            key, value = (day, reading.measure, calibration), reading.value
            former = self._days.get(key, Day(*key, 0, 0.0, value, value, reading.limit))
            self._days[key] = former.with_one(value, reading.limit)
        if now >= self._next:
            self._next = now + EVERY
            self.write()

    def write(self) -> None:
        """Write the table; a disk that cannot take it is told by those who write the records."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow([field.name for field in fields(Day)])
        table.writerows(astuple(each) for each in self._days.values())
        try:
            replace_whole(self._folder / FILE, text.getvalue())
        except OSError as trouble:
            log.warning("the trend could not be written: %s", trouble)
