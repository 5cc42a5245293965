"""A camera on the ribbon cable of a Raspberry Pi: picamera2, the gray plane of its YUV420, every control locked."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import numpy as np

from station.cameras.controls import Control, Setting
from station.errors import CameraError
from station.types import Clock, Frame

MOST_DROPPED = 16  # frames in one read
PATIENCE = 1.0  # seconds for one frame
MANUAL_FOCUS = 0  # libcamera's AfModeManual
SETTLE = 6  # frames until one was taken with controls that were set just now
# the station's words, and those of libcamera
_NAMES = {"exposure": "ExposureTime", "gain": "AnalogueGain", "focus": "LensPosition"}
_UNITS = {"exposure": "µs", "gain": "", "focus": "dioptres"}
_KINDS: dict[str, type[int] | type[float]] = {"exposure": int, "gain": float, "focus": float}


class PiCamera:
    """A camera of libcamera, by its number as `rpicam-hello --list-cameras` gives it.

    exposure_us (microseconds), gain (analogue), lens_position (dioptres)   None leaves the control to the camera
    controls   what was asked, against what the newest frame was taken with

    Frames hold the gray plane as pixels. Their time is the moment the sensor began to hand the frame over, when its
    first line had been exposed. Once exposure or gain is given, neither they nor the white balance adapt any more.
    """

    def __init__(
        self,
        clock: Clock,
        index: int = 0,
        width: int = 1280,
        height: int = 720,
        fps: float = 30,
        exposure_us: int | None = None,
        gain: float | None = None,
        lens_position: float | None = None,
    ) -> None:
        self._clock = clock
        self._index = index
        self._size = (width, height)
        self._fps = fps
        asked = {"ExposureTime": exposure_us, "AnalogueGain": gain, "LensPosition": lens_position}
        self._asked: dict[str, float] = {name: value for name, value in asked.items() if value is not None}
        self._camera: Any = None
        self._number = 0
        self._metadata: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return f"picamera:{self._index} {self._size[0]}x{self._size[1]}"

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def controls(self) -> list[Setting]:
        """What was asked of the camera, against what it says of its newest frame."""
        return [Setting(name, value, self._metadata.get(name)) for name, value in self._asked.items()]

    def open(self) -> None:
        self.close()
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise CameraError("picamera2 is missing: apt install python3-picamera2, and make the venv anew.") from error
        try:
            self._camera = Picamera2(self._index)
            self._start()
        except CameraError:
            self.close()
            raise
        except (IndexError, RuntimeError) as error:
            self.close()
            raise CameraError(
                f"The camera {self._index} cannot be used ({error}): check its ribbon cable with rpicam-hello "
                "--list-cameras, and close the program that uses it."
            ) from error

    def close(self) -> None:
        camera, self._camera = self._camera, None
        self._metadata = {}
        if camera is not None:
            for each in (
                camera.stop,
                camera.close,
            ):  # the ribbon may be off; one that cannot stop is let go all the same
                with suppress(RuntimeError):
                    each()

    def offers(self) -> tuple[Control, ...]:
        """Those that `adjust` sets; libcamera tells the range, and nothing of steps."""
        if self._camera is None:
            return ()
        found = []
        for name, control in _NAMES.items():
            least, most, default = self._camera.camera_controls.get(control, (None, None, None))
            if least is not None:
                bounds = float(least), float(most), 0.0, _UNITS[name]
                value = self._value(control, default or least)
                found.append(Control(name, value, *bounds, is_volatile=control not in self._asked))
        return tuple(found)

    def _value(self, control: str, default: float) -> float:
        """As the newest frame tells it; what was asked for and is not told of by a frame is not known."""
        if control in self._metadata or control not in self._asked:
            return float(self._metadata.get(control, default))
        return math.nan if self._metadata else float(self._asked[control])

    def everything(self) -> tuple[Control, ...]:
        """Besides those: every number that libcamera offers, to look at alone."""
        if self._camera is None:
            return ()
        others = []
        for name, (least, most, default) in sorted(self._camera.camera_controls.items()):
            value = self._metadata.get(name, default)
            if name not in _NAMES.values() and all(isinstance(each, int | float) for each in (least, most, value)):
                others.append(Control(name, float(value), float(least), float(most), is_read_only=True))
        return (*self.offers(), *others)

    def adjust(self, wanted: Mapping[str, float]) -> tuple[Setting, ...]:
        """They are set again whenever the camera is opened."""
        if self._camera is None:
            raise CameraError(f"The camera {self._index} is not open: open it before it is set.")
        self._asked |= {_NAMES[name]: _KINDS[name](value) for name, value in wanted.items() if name in _NAMES}
        self._camera.set_controls(self._locked())
        for _ in range(SETTLE):
            self._next()
        return tuple(Setting(name, value, self._metadata.get(_NAMES.get(name, ""))) for name, value in wanted.items())

    def read(self, newer_than: float = 0.0) -> Frame:
        cutoff = max(newer_than, self._clock.monotonic() - 1 / self._fps)
        for _ in range(MOST_DROPPED):
            frame = self._next()
            if frame.monotonic > cutoff:
                return frame
        self.close()
        raise CameraError(f"The camera {self._index} gives only old frames: restart the computer.")

    def _start(self) -> None:
        # without a queue a request is completed by a frame that comes after it
        configuration = self._camera.create_video_configuration(
            main={"size": self._size, "format": "YUV420"}, queue=False, controls=self._locked()
        )
        self._camera.configure(configuration)
        got = tuple(self._camera.camera_configuration()["main"]["size"])
        if got != self._size:
            raise CameraError(
                f"The camera {self._index} has no size {self._size[0]}x{self._size[1]}: set {got[0]}x{got[1]}, "
                "or one that it offers."
            )
        self._camera.start()

    def _locked(self) -> dict[str, Any]:
        """The controls, each with its automatic switched off."""
        frame_time = round(1e6 / self._fps)  # microseconds
        controls: dict[str, Any] = {"FrameDurationLimits": (frame_time, frame_time), **self._asked}
        if "ExposureTime" in self._asked or "AnalogueGain" in self._asked:
            controls |= {"AeEnable": False, "AwbEnable": False}
        if "LensPosition" in self._asked:
            controls["AfMode"] = MANUAL_FOCUS
        return controls

    def _next(self) -> Frame:
        """The next frame that the camera completes, its buffer given back."""
        if self._camera is None:
            raise CameraError(f"The camera {self._index} is not open: open it before reading.")
        try:
            request = self._camera.capture_request(wait=False).get_result(timeout=PATIENCE)
        except TimeoutError as error:
            self.close()
            raise CameraError(f"The camera {self._index} has stalled: check its ribbon cable.") from error
        try:
            self._metadata = request.get_metadata()
            planes = request.make_array("main")  # the gray plane above the two of colour, lines padded to the stride
            gray = np.ascontiguousarray(planes[: self._size[1], : self._size[0]])
        finally:
            request.release()
        self._number += 1
        now = self._clock.monotonic()
        monotonic = now - (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - self._metadata["SensorTimestamp"]) / 1e9
        exposed = self._clock.now() - timedelta(seconds=now - monotonic)
        return Frame(self._number, monotonic, exposed, None, gray, f"picamera:{self._index}")
