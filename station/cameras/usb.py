"""A USB camera: V4L2 through OpenCV, its own JPEG where it makes one, the newest frame only."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cameras.controls import Control, Setting
from station.cameras.jpeg import whole_jpeg
from station.cameras.v4l2 import offered
from station.errors import CameraError
from station.types import Clock, Frame

MJPG = cv2.VideoWriter.fourcc(*"MJPG")
MOST_DROPPED = 16  # frames in one read; more than any driver keeps for us
LEAD = 0.1  # seconds; some drivers stamp a frame with the end of its frame time, a little ahead of the clock

# each value, and the automatic that would override it
_VALUES = {
    "exposure": (cv2.CAP_PROP_EXPOSURE, "auto_exposure"),
    "gain": (cv2.CAP_PROP_GAIN, "auto_exposure"),
    "white_balance": (cv2.CAP_PROP_WB_TEMPERATURE, "auto_white_balance"),
    "focus": (cv2.CAP_PROP_FOCUS, "autofocus"),
}
# each automatic, and what switches it off: 1 is V4L2_EXPOSURE_MANUAL, and 0 would be automatic
_AUTOMATICS = {
    "auto_exposure": (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
    "auto_white_balance": (cv2.CAP_PROP_AUTO_WB, 0),
    "autofocus": (cv2.CAP_PROP_AUTOFOCUS, 0),
}


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name
    def set(self, prop: int, value: float, /) -> bool: ...
    def get(self, prop: int, /) -> float: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]: ...
    def release(self) -> None: ...


def capture_v4l2(device: str) -> Capture:
    """Open a V4L2 device. OpenCV waits ten seconds for a stalled camera unless it is told otherwise before."""
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    return cv2.VideoCapture(device, cv2.CAP_V4L2)  # type: ignore[return-value] # its stub takes wider arrays


class UsbCamera:
    """A V4L2 camera at a stable path (/dev/v4l/by-id/…).

    exposure, gain, white_balance (kelvin), focus   in the camera's own units; None leaves the control alone
    query      asks the driver for its controls
    controls   after `open`: what was asked of the camera, against what it says it does

    Frames hold the camera's own JPEG, or BGR pixels where it makes none. Their number counts what the driver handed
    over, their time is the driver's stamp. Streaming makes V4L2 exclusive: a second program cannot open the camera.
    """

    def __init__(
        self,
        device: str,
        clock: Clock,
        width: int = 1280,
        height: int = 720,
        fps: float = 30,
        exposure: float | None = None,
        gain: float | None = None,
        white_balance: float | None = None,
        focus: float | None = None,
        capture: Callable[[str], Capture] = capture_v4l2,
        query: Callable[[str], tuple[Control, ...]] = offered,
    ) -> None:
        self._device = device
        self._clock = clock
        self._size = (width, height)
        self._fps = fps
        asked = {"exposure": exposure, "gain": gain, "white_balance": white_balance, "focus": focus}
        self._asked = {name: value for name, value in asked.items() if value is not None}
        self._make_capture, self._query = capture, query
        self._capture: Capture | None = None
        self._number = 0
        self.controls: list[Setting] = []

    @property
    def name(self) -> str:
        return f"usb:{self._device} {self._size[0]}x{self._size[1]}"

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def open(self) -> None:
        self.close()
        self._capture = self._take()
        try:
            _set_format(self._capture, self._size, self._fps)
            self._grab()  # some cameras forget their controls when the stream starts
            self._check_format()
            self.controls = _lock(self._capture, self._asked)
        except CameraError:
            self.close()
            raise

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def everything(self) -> tuple[Control, ...]:
        """Every control that the driver tells of, as it stands now."""
        return self._query(self._device)

    def offers(self) -> tuple[Control, ...]:
        """Those that `adjust` sets. An automatic that is still on locks them: the driver says so, `adjust` ends it."""
        return tuple(replace(each, is_read_only=False) for each in self.everything() if each.name in _VALUES)

    def adjust(self, wanted: Mapping[str, float]) -> tuple[Setting, ...]:
        """They are set again whenever the camera is opened."""
        if self._capture is None:
            raise CameraError(f"The camera {self._device} is not open: open it before it is set.")
        known = {name: value for name, value in wanted.items() if name in _VALUES}
        self._asked |= known
        self.controls = _lock(self._capture, self._asked)
        got = {setting.name: setting.got for setting in self.controls}
        return tuple(Setting(name, value, got.get(name)) for name, value in wanted.items())

    def read(self, newer_than: float = 0.0) -> Frame:
        # after a pause the driver hands over old frames first, all at once
        cutoff = max(newer_than, self._clock.monotonic() - 1 / self._fps)
        for _ in range(MOST_DROPPED):
            monotonic = self._grab()
            if monotonic > cutoff and (frame := self._retrieve(monotonic)):
                return frame
        self.close()
        raise CameraError(f"The camera {self._device} gives only old or torn frames: try another cable or USB port.")

    def _take(self) -> Capture:
        if not Path(self._device).exists():
            raise CameraError(
                f"There is no camera at {self._device}: plug it in; /dev/v4l/by-id lists those there are."
            )
        if not os.access(self._device, os.R_OK | os.W_OK):
            raise CameraError(
                f"The camera {self._device} may not be opened: add the station's user to the group video."
            )
        capture = self._make_capture(self._device)
        if not capture.isOpened():
            raise CameraError(f"The camera {self._device} cannot be used: close the program that uses it.")
        return capture

    def _check_format(self) -> None:
        assert self._capture
        got = (round(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        if got != self._size:
            raise CameraError(
                f"The camera {self._device} has no size {self._size[0]}x{self._size[1]}: set {got[0]}x{got[1]}, "
                "or one that it offers."
            )

    def _grab(self) -> float:
        """Take the next frame from the driver; returns when it was exposed."""
        if self._capture is None:
            raise CameraError(f"The camera {self._device} is not open: open it before reading.")
        if not self._capture.grab():
            self.close()  # an unplugged camera keeps its number until it is let go
            raise CameraError(f"The camera {self._device} was unplugged or has stalled: check its cable.")
        self._number += 1
        stamp, now = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, self._clock.monotonic()
        return min(stamp, now) if stamp < now + LEAD else stamp

    def _retrieve(self, monotonic: float) -> Frame | None:
        """The frame that was grabbed, or None if it was torn on its way."""
        assert self._capture
        ok, pixels = self._capture.retrieve()
        is_jpeg = round(self._capture.get(cv2.CAP_PROP_FOURCC)) == MJPG
        encoded = whole_jpeg(pixels.tobytes()) if ok and is_jpeg else None
        if not ok or (is_jpeg and encoded is None):
            return None
        exposed = self._clock.now() - timedelta(seconds=self._clock.monotonic() - monotonic)
        return Frame(self._number, monotonic, exposed, encoded, None if is_jpeg else pixels, self._device)


def _set_format(capture: Capture, size: tuple[int, int], fps: float) -> None:
    """Ask for the camera's own JPEG at this size; what came of it is read back once the stream runs."""
    capture.set(cv2.CAP_PROP_FOURCC, MJPG)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    # the answer to the first question is yes even from a camera that knows no JPEG
    capture.set(cv2.CAP_PROP_CONVERT_RGB, 0 if round(capture.get(cv2.CAP_PROP_FOURCC)) == MJPG else 1)


def _lock(capture: Capture, asked: dict[str, float]) -> list[Setting]:
    """Switch the automatics off, then set the values they would override; all are read back at the end."""
    automatics = {_VALUES[name][1] for name in asked}
    steps: list[tuple[str, int, float]] = [(name, *step) for name, step in _AUTOMATICS.items() if name in automatics]
    steps += [(name, _VALUES[name][0], value) for name, value in asked.items()]
    for _, control, value in steps:
        capture.set(control, value)
    return [Setting(name, value, _offered(capture.get(control))) for name, control, value in steps]


def _offered(value: float) -> float | None:
    return None if value == -1 else value  # OpenCV's word for a control that the camera does not have
