"""A stand-in for the module picamera2, which exists only on a Raspberry Pi. Never held against the real one.

It shows what picamera2's source says: sizes are cut to what the hardware can do, lines are padded to the stride,
every buffer must be given back, the sensor takes exposure and gain in steps, and stamps are CLOCK_BOOTTIME.
"""

from __future__ import annotations

import time
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

BUFFERS = 6
PADDING = 64


class Bench:
    """The cameras of one computer, and how they misbehave."""

    def __init__(self) -> None:
        self.is_busy = self.is_stalled = False
        self.ages: list[float] = []  # of the next frames, seconds; then new ones
        self.cameras: list[Picamera2] = []
        self.module = SimpleNamespace(Picamera2=self.make)

    def make(self, index: int = 0) -> Picamera2:
        if index > 0:
            raise IndexError("list index out of range")
        if self.is_busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.cameras.append(Picamera2(self))
        return self.cameras[-1]


class Picamera2:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.asked: dict[str, Any] = {}
        self.size = (0, 0)
        self.taken = 0
        self.shown = 0
        self.is_started = self.is_closed = False

    def create_video_configuration(self, main: dict[str, Any], queue: bool, controls: dict[str, Any]) -> dict[str, Any]:
        assert main["format"] == "YUV420"
        width, height = main["size"]
        main = main | {"size": (width - width % 64, height - height % 2)}
        return {"main": main, "queue": queue, "controls": controls}

    def configure(self, configuration: dict[str, Any]) -> None:
        assert not configuration["queue"]
        self.configuration = configuration

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration

    camera_controls: ClassVar[dict[str, tuple[Any, Any, Any]]] = {
        "ExposureTime": (29, 112_000, 20_000),
        "AnalogueGain": (1.0, 16.0, 1.0),
    }

    def set_controls(self, controls: dict[str, Any]) -> None:
        assert self.is_started
        self.configuration["controls"] |= controls

    def start(self) -> None:
        self.is_started = True

    def stop(self) -> None:
        self.is_started = False

    def close(self) -> None:
        self.is_closed = True

    def capture_request(self, wait: bool) -> Job:
        assert self.is_started
        assert not wait
        return Job(self)


class Job:
    def __init__(self, camera: Picamera2) -> None:
        self.camera = camera

    def get_result(self, timeout: float) -> Request:
        done: Future[Request] = Future()
        if not self.camera.bench.is_stalled and self.camera.taken < BUFFERS:
            done.set_result(Request(self.camera))
            return done.result(timeout)
        raise TimeoutError


class Request:
    def __init__(self, camera: Picamera2) -> None:
        self.camera = camera
        camera.taken += 1
        camera.shown += 1
        age = camera.bench.ages.pop(0) if camera.bench.ages else 0.0
        self.stamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - round(age * 1e9)

    def get_metadata(self) -> dict[str, Any]:
        controls = self.camera.configuration["controls"]
        metadata: dict[str, Any] = {"SensorTimestamp": self.stamp}
        if "ExposureTime" in controls:
            metadata["ExposureTime"] = round(controls["ExposureTime"] // 29.6 * 29.6)
        if "AnalogueGain" in controls:
            metadata["AnalogueGain"] = min(16.0, round(controls["AnalogueGain"] * 16) / 16)
        return metadata

    def gray(self) -> NDArray[np.uint8]:
        width, height = self.camera.configuration["main"]["size"]
        return np.random.default_rng(self.camera.shown).integers(0, 256, (height, width), np.uint8)

    def make_array(self, name: str) -> NDArray[np.uint8]:
        assert name == "main"
        gray = self.gray()
        planes = np.full((gray.shape[0] * 3 // 2, gray.shape[1] + PADDING), 128, np.uint8)
        planes[: gray.shape[0], : gray.shape[1]] = gray
        return planes

    def release(self) -> None:
        self.camera.taken -= 1
