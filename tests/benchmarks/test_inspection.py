import os
import sqlite3
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from models.preprocess import prepare
from station.assembly import EXPECTED, Demo
from station.log.archive import sync
from station.log.store import configure
from station.loop import Station, inspect
from station.types import Frame, TriggerSource
from tests.benchmarks.conftest import next_frame
from tests.benchmarks.pairs import ratio

PAIRS = 100


class Bare:
    """What no station can do without, and nothing else: no gates, no hashes, no indices, no errors to mind."""

    def __init__(self, station: Station, folder: Path) -> None:
        folder.mkdir()
        self._station, self._folder, self._names = station, folder, count()
        self._database = sqlite3.connect(folder / "bare.db", isolation_level=None)
        configure(self._database)
        self._database.execute("CREATE TABLE records (record TEXT)")

    def parts(self, frame: Frame) -> None:
        patch = prepare(frame.gray(), self._station.model.preparation).pixels
        self._station.model.classifier.classify(patch)
        self._write(cv2.imencode(".png", patch, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())
        self._write(frame.jpeg())
        sync(self._folder)
        self._database.execute("INSERT INTO records VALUES (?)", ["a kilobyte of text, " * 50])

    def close(self) -> None:
        self._database.close()

    def _write(self, picture: bytes) -> None:
        with (self._folder / str(next(self._names))).open("wb") as file:
            file.write(picture)
            file.flush()
            os.fsync(file.fileno())


@pytest.mark.benchmark(group="trigger to signal, in unavoidable parts")
def test_trigger_to_signal_takes_at_most_1_3_times_its_unavoidable_parts(
    demo: Demo, tmp_path: Path, benchmark: BenchmarkFixture
) -> None:
    demo.bench.lay(demo.bench.choose(EXPECTED))
    bare = Bare(demo.station, tmp_path / "bare")

    def trigger_to_signal(frame: Frame) -> None:
        inspect(demo.station, frame, TriggerSource.PRESENCE)

    found = ratio(benchmark, trigger_to_signal, bare.parts, PAIRS, lambda: (next_frame(demo),))
    bare.close()
    assert found <= 1.3


@pytest.mark.benchmark(group="a whole inspection on one thread, in inferences")
def test_a_whole_inspection_takes_at_most_as_long_as_40_inferences(demo: Demo, benchmark: BenchmarkFixture) -> None:
    """Most of it is waiting for the disk, three times; the bound leaves room for a slow one."""
    demo.bench.lay(demo.bench.choose(EXPECTED))
    patch = np.full((224, 224), 128, np.uint8)

    def inspection(frame: Frame) -> None:
        inspect(demo.station, frame, TriggerSource.PRESENCE)

    def inference(frame: Frame) -> None:
        demo.station.model.classifier.classify(patch)

    found = ratio(benchmark, inspection, inference, PAIRS, lambda: (next_frame(demo),))
    benchmark.extra_info["inspections a second"] = round(1 / benchmark.stats.stats.median)
    assert found <= 40
