"""The simulated bench, whose truth is known, for tests of what measures it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.measure import Gray
from station.simulation import Bench, SimulatedCamera, SimulatedClock
from station.simulation.optics import LAMP, Lamp


class Stage:
    """Bench and camera, at a quarter of the pixels, and pictures as the wizard takes them."""

    def __init__(self, seed: int = 1, lamp: Lamp = LAMP, size: tuple[int, int] = (640, 360)) -> None:
        self.clock = SimulatedClock()
        self.bench = Bench(self.clock, seed, size, lamp)
        self.camera = SimulatedCamera(self.bench)
        self.camera.open()

    def shot(self) -> Gray:
        return self.camera.read(newer_than=self.clock.monotonic()).gray()

    def shots(self, count: int = 12) -> Sequence[Gray]:
        return [self.shot() for _ in range(count)]

    def raw(self) -> Gray:
        """Pixels of the sensor, before the camera makes a JPEG of them."""
        self.clock.sleep(self.bench.period)
        at = self.clock.monotonic()
        return self.bench.sensor.expose(
            self.camera.radiance(at)[0], self.camera.exposure, self.camera.gain, self.camera._chance
        )

    def electrons(self) -> NDArray[np.float32]:
        """The truth: mean electrons in each pixel."""
        return self.bench.sensor.electrons(self.camera.radiance(self.clock.monotonic())[0], self.camera.exposure)
