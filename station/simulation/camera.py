"""The camera over the bench: raw, as hardware is. What it delivers is for the station to check."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.controls import Control, Setting
from station.errors import CameraError
from station.simulation.bench import Bench
from station.simulation.canvas import TINT
from station.simulation.parts import Plane
from station.simulation.sight import Sight, View
from station.types import Frame

QUALITY = 92  # of the camera's JPEG
SHARP = 400.0  # mm: the focus at which the stage is sharp
SPREAD = 0.02  # mm on the stage that a point is spread for each mm of false focus
LINE = 2e-5  # seconds: the exposure is a whole number of sensor lines
LENS = 0.05  # mm that it is spread at best


class SimulatedCamera:
    """The camera over the bench. It delivers MJPG and, like hardware, hands on whatever the bench does to it.

    exposure  seconds
    gain      factor, 1 or more
    focus     mm; `SHARP` is right
    habits    control → what the camera makes of a value that is asked of it, where it does not simply obey
    others    controls that it tells of and `adjust` does not set; a program beside the station may change them
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.exposure, self.gain, self.focus = 0.008, 1.0, SHARP
        self._chance = np.random.default_rng([bench.seed, 4])
        self._opened: int | None = None  # the bench's count of unplugs when it was opened
        self._number = 0
        self._recent: deque[Frame] = deque(maxlen=64)
        self._sight = Sight(bench.scene, bench.sensor)
        self.habits: dict[str, Callable[[float], float]] = {}
        self.others: dict[str, Control] = {}

    @property
    def name(self) -> str:
        width, height = self._bench.size
        return f"simulated bench {width}×{height}"

    @property
    def size(self) -> tuple[int, int]:
        return self._bench.size

    def open(self) -> None:
        if not self._bench.plugged:
            raise CameraError("The simulated camera is unplugged: plug it in again.")
        self._opened = self._bench.plugs

    def close(self) -> None:
        self._opened = None

    def offers(self) -> tuple[Control, ...]:
        """Exposure in steps of a sensor line, up to the frame's time; gain; focus."""
        longest = math.floor(self._bench.period / LINE) * LINE
        return (
            Control("exposure", 1e6 * self.exposure, 1e6 * LINE, 1e6 * longest, 1e6 * LINE, "µs"),
            Control("gain", self.gain, 1.0, 8.0, 1 / 16),
            Control("focus", self.focus, 300.0, 500.0, 0.5, "mm"),
        )

    def everything(self) -> tuple[Control, ...]:
        """Those, and the others."""
        return (*self.offers(), *self.others.values())

    def adjust(self, wanted: Mapping[str, float]) -> tuple[Setting, ...]:
        """Set controls, and read them back."""
        offered = {control.name: control for control in self.offers()}
        for name, value in wanted.items():
            if name in offered:
                taken = self.habits.get(name, offered[name].nearest)(value)
                setattr(self, name, taken / 1e6 if name == "exposure" else taken)
        now = {control.name: control.value for control in self.offers()}
        return tuple(Setting(name, value, now.get(name)) for name, value in wanted.items())

    def read(self, newer_than: float = 0.0) -> Frame:
        """The next frame of the bench; frozen, late, torn and garbled ones too, as hardware would."""
        number = self._wait(newer_than)
        bench = self._bench
        if bench.frozen and self._recent:
            last = self._recent[-1]
            return last if bench.frozen_times else replace(self._stamped(number), encoded=last.encoded)
        frame = replace(self._stamped(number), encoded=self._damaged(self.encode(self.expose(number * bench.period))))
        self._recent.append(frame)
        return self._recent[max(0, len(self._recent) - 1 - bench.late)]

    def radiance(self, at: float) -> tuple[Plane, NDArray[np.uint8]]:
        """The truth: the light on the sensor at a moment (height × width, float32, 1.0 = white paper) and its tint."""
        self._look(at)
        return self._sight.radiance.copy(), self._sight.tint.copy()

    def expose(self, at: float) -> NDArray[np.uint8]:
        """Pixels of one exposure that ends at a moment, height × width × 3 (BGR), uint8, not yet compressed."""
        self._look(at)
        sight = self._sight
        sight.expose(self.exposure)
        pixels = np.empty_like(sight.tint)
        for rows, gray in self._bench.sensor.sample(sight.mean, sight.deviation, self.gain, self._chance):
            cv2.multiply(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), sight.tint[rows], pixels[rows], scale=1 / TINT)
        return pixels

    def _look(self, at: float) -> None:
        bench = self._bench
        spread = math.hypot(LENS, SPREAD * (self.focus + bench.blur - SHARP)) * bench.scene.scale
        moment, lighting = bench.moment(at, self.exposure), bench.lighting(at, self.exposure)
        self._sight.look(View(moment, lighting, spread, bench.pose))

    def encode(self, pixels: NDArray[np.uint8]) -> bytes:
        """The JPEG that the camera makes of them."""
        return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()

    def _wait(self, newer_than: float) -> int:
        """Wait until an exposure has ended after `newer_than` that was not delivered; returns its number."""
        clock, period = self._bench.clock, self._bench.period
        least = max(self._number, math.floor(newer_than / period)) + 1
        least += least * period <= newer_than  # where the division was rounded down
        self._check()
        while (number := math.floor(clock.monotonic() / period)) < least:
            clock.sleep(max(0.0, least * period - clock.monotonic()) + 1e-6)  # a real clock has gone on meanwhile
        self._check()
        self._number = number
        return number

    def _check(self) -> None:
        if self._opened is None:
            raise CameraError("The simulated camera is not open: open it first.")
        if not self._bench.plugged or self._opened != self._bench.plugs:
            raise CameraError("The simulated camera was unplugged: plug it in again.")

    def _stamped(self, number: int) -> Frame:
        clock = self._bench.clock
        ended = min(number * self._bench.period, clock.monotonic())  # never after now, however it is rounded
        at = clock.now() - timedelta(seconds=clock.monotonic() - ended)
        return Frame(number, ended, at, encoded=b"", source=self.name, is_simulated=True)

    def _damaged(self, encoded: bytes) -> bytes:
        if self._bench.torn:
            encoded = encoded[: len(encoded) // 2]
        if self._bench.garbled:
            middle = len(encoded) // 2
            encoded = encoded[:middle] + self._chance.bytes(64) + encoded[middle + 64 :]
        return encoded
