from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from math import inf

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from station.assembly import Demo
from station.cameras.freshness import FreshCamera, Freshness
from station.loop import turn
from station.types import Frame
from station.watch import Limits, Watch
from tests.benchmarks.conftest import next_frame
from tests.benchmarks.pairs import WARM_UP, ratio
from tests.station.factories import inspection

PAIRS = 25
FRAMES = 15  # looked at in one go: half a second of a camera's


class Taken:
    """A camera whose frames were taken before, so that the bench draws nothing while it is timed."""

    name = "taken"
    size = None

    def __init__(self) -> None:
        self.next: Iterator[Frame] = iter(())

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self, newer_than: float = 0.0) -> Frame:
        return next(self.next)


@pytest.mark.benchmark(group="watching an empty stage")
def test_watching_an_empty_stage_takes_at_most_0_7_of_decoding_every_frame(
    demo: Demo, benchmark: BenchmarkFixture
) -> None:
    """A whole turn of the loop: the frame held for fresh, the line told that the station lives, the stage looked at."""
    camera = Taken()
    station = replace(demo.station, camera=FreshCamera(camera, Freshness(max_age=inf), demo.station.clock))
    seen = [next_frame(demo) for _ in range(FRAMES * (WARM_UP + PAIRS))]
    waiting = (seen[first : first + FRAMES] for first in range(0, len(seen), FRAMES))

    def next_frames() -> tuple[list[Frame]]:
        taken = next(waiting)
        camera.next = iter(taken)
        return (taken,)

    def watching(taken: list[Frame]) -> None:
        for _ in taken:
            assert turn(station) is None

    def decoding_to_bgr(taken: list[Frame]) -> None:
        for frame in taken:
            assert frame.encoded
            cv2.imdecode(np.frombuffer(frame.encoded, np.uint8), cv2.IMREAD_COLOR)

    assert ratio(benchmark, watching, decoding_to_bgr, PAIRS, next_frames) <= 0.7


@pytest.mark.benchmark(group="the watch for drift over a hundred placements, in inferences")
def test_the_watch_for_drift_takes_at_most_a_fiftieth_of_an_inference(demo: Demo, benchmark: BenchmarkFixture) -> None:
    watch, patch = Watch(Limits()), np.full((224, 224), 128, np.uint8)
    placement = inspection(score=1.0, distance=0.3, measures={"light": 1.0, "sharpness": 0.9, "clipped": 0.0})

    def a_hundred_placements() -> None:
        for _ in repeat(None, 100):
            watch.consider(placement, 0.4)

    def inference() -> None:
        demo.station.model.classifier.classify(patch)

    assert ratio(benchmark, a_hundred_placements, inference, PAIRS) <= 2.0
