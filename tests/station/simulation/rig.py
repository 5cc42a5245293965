"""A small bench with its camera open, for tests."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation import Bench, Placement, SimulatedCamera, SimulatedClock
from station.simulation.optics import LAMP, Lamp
from station.types import Frame

SIZE = (320, 180)  # pixels: 2 a mm


class Rig:
    """Bench, camera and clock, and what tests do with them again and again."""

    def __init__(self, seed: int = 1, lamp: Lamp = LAMP) -> None:
        self.clock = SimulatedClock()
        self.bench = Bench(self.clock, seed, SIZE, lamp)
        self.camera = SimulatedCamera(self.bench)
        self.camera.open()

    def frame(self) -> Frame:
        return self.camera.read(newer_than=self.clock.monotonic())

    def gray(self) -> NDArray[np.float64]:
        return self.frame().gray().astype(np.float64)

    def colour(self) -> NDArray[np.uint8]:
        return np.asarray(cv2.imdecode(np.frombuffer(self.frame().jpeg(), np.uint8), cv2.IMREAD_COLOR), np.uint8)

    def radiance(self) -> NDArray[np.float32]:
        return self.camera.radiance(self.clock.monotonic())[0]

    def until_rest(self) -> list[Frame]:
        frames = []
        while self.bench.busy:
            frames.append(self.frame())
        return frames


def lying(part_number: str = "1041-A", x: float = 0.0, y: float = 0.0, angle: float = 0.0) -> Placement:
    return Placement(part_number, x, y, angle, specimen=1)
