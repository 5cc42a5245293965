"""Training pictures from the bench: the same parts, the same light and the same camera as on the line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from station.simulation.bench import Bench
from station.simulation.camera import SHARP, SimulatedCamera
from station.simulation.clock import SimulatedClock
from station.simulation.parts import PART_NUMBERS, UNKNOWN

PER_GROUP = 4  # pictures of one specimen in one session
TEST = 5  # one group in so many is for testing
LIGHT, FOCUS = 0.15, 4.0  # ± share of the light, ± mm of focus: how far a station drifts between two calibrations


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a part number, by its number; what follows from that is the row of the manifest."""

    part_number: str
    number: int

    @property
    def file(self) -> str:
        return f"{self.part_number}/{self.number:05d}.jpg"

    @property
    def session(self) -> int:
        """A new specimen under a new light, every `PER_GROUP` pictures."""
        return self.number // PER_GROUP

    @property
    def group(self) -> str:
        return f"{self.part_number} session {self.session:04d}"

    @property
    def split(self) -> str:
        if self.part_number == UNKNOWN:
            return "unknown"
        return "test" if self.session % TEST == TEST - 1 else "train"


def pictures(count: int) -> list[Picture]:
    """What `write` takes: `count` pictures of each part number."""
    return [Picture(part_number, number) for part_number in PART_NUMBERS for number in range(count)]


def write(folder: Path, count: int, seed: int, size: tuple[int, int] = (1280, 720)) -> Iterator[Picture]:
    """Take `count` pictures of each part number, then write the manifest; yields each picture as it is taken.

    The same arguments give the same bytes. The manifest comes last: without it a broken-off run is no data set.
    Raises FileExistsError where there is something already.
    """
    folder.mkdir(parents=True)
    bench = Bench(SimulatedClock(), seed, size)
    camera = SimulatedCamera(bench)
    camera.open()
    todo = pictures(count)
    for picture in todo:
        path = folder / picture.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_take(picture, bench, camera))
        yield picture
    _write_manifest(folder / "manifest.csv", todo)


def _take(picture: Picture, bench: Bench, camera: SimulatedCamera) -> bytes:
    """Lay the specimen of the picture's session by chance and photograph it at rest, in the session's light."""
    session = np.random.default_rng([bench.seed, 6, PART_NUMBERS.index(picture.part_number), picture.session])
    bench.ageing = 1 + session.uniform(-LIGHT, LIGHT)
    camera.focus = SHARP + session.uniform(-FOCUS, FOCUS)
    bench.lay(bench.choose(picture.part_number, specimen=int(session.integers(1_000_000))))
    return camera.read().jpeg()


def _write_manifest(path: Path, rows: list[Picture]) -> None:
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "part_number", "group", "split"])
        table.writerows([row.file, row.part_number, row.group, row.split] for row in rows)
