"""The station on the simulated bench, with the released network and a log on a real disk, for whoever times it."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from station import assembly, service
from station.assembly import Demo
from station.types import Frame
from station.verification import Waived


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The network runs on one thread anyhow; so do the pictures here."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with assembly.demo(tmp_path / "data", seed=1, accelerated=True, period=1 / 30) as demo:
        demo.station.verification = Waived("a benchmark")
        with service.started(demo.station):
            yield demo


def next_frame(demo: Demo) -> Frame:
    """What lies on the bench, 1280×720 in MJPG, as it is now."""
    return demo.station.camera.read(newer_than=demo.station.clock.monotonic())
