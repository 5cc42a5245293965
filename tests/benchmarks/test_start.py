import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from station.assembly import BENCH, EXPECTED
from tests.benchmarks.pairs import ratio

PAIRS = 25
IMPORTS = "import cv2, numpy; from ai_edge_litert import interpreter; print('ready', flush=True); input()"
STATION = f"""
import sys
from pathlib import Path
from station import assembly, service

folder, data = map(Path, sys.argv[1:])
with assembly.replay(folder, None, Path({str(BENCH)!r}), {EXPECTED!r}, data) as replay, service.started(replay.station):
    print("ready", flush=True)
    input()
"""


class Processes:
    """Pythons that say when they are ready, and then wait; their end is not timed.

    They keep byte code in a folder of their own, as an installed program does, whatever the environment says.
    """

    def __init__(self, byte_code: Path) -> None:
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(byte_code)}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._waiting: list[subprocess.Popen[bytes]] = []

    def starting(self, code: str, *arguments: Path) -> Callable[[], None]:
        def start() -> None:
            command = [sys.executable, "-c", code, *map(str, arguments)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment)
            self._waiting.append(process)
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"

        return start

    def end(self) -> tuple[()]:
        while self._waiting:
            self._waiting.pop().communicate(b"\n")
        return ()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path / "byte_code")
    yield processes
    processes.end()


@pytest.mark.benchmark(group="start-up to ready, in imports of the libraries alone")
def test_the_station_is_ready_within_1_5_times_of_importing_its_libraries(
    processes: Processes, tmp_path: Path, benchmark: BenchmarkFixture
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "one.jpg"), np.zeros((720, 1280), np.uint8))
    imports, station = processes.starting(IMPORTS), processes.starting(STATION, pictures, tmp_path / "data")
    assert ratio(benchmark, station, imports, PAIRS, processes.end) <= 1.5
