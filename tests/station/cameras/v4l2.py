"""A stand-in for cv2.VideoCapture on a V4L2 device, with the habits found on a real one.

After a pause the frames that the driver kept come first, all at once. After an unplug `grab` is false, `isOpened`
true, and `retrieve` gives the last picture again. `set` says yes whatever becomes of it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cameras.usb import MJPG
from tests.station.cameras.test_freshness import Clock

FPS = 30
BGR3 = cv2.VideoWriter.fourcc(*"BGR3")
AUTOMATIC = {
    cv2.CAP_PROP_EXPOSURE: (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
    cv2.CAP_PROP_WB_TEMPERATURE: (cv2.CAP_PROP_AUTO_WB, 0),
}


class Device:
    """A camera at the end of a cable; `capture` opens it, as often as one likes."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        self.knows_jpeg = True
        self.sizes = [(64, 48), (32, 24)]
        self.buffers = 2
        self.is_busy = self.is_stalled = self.is_frozen = False
        self.torn: set[int] = set()
        self.behind = bytes(100)
        self.ahead = 0.0
        self.limits = {
            cv2.CAP_PROP_EXPOSURE: (1, 5000),
            cv2.CAP_PROP_GAIN: (0, 100),
            cv2.CAP_PROP_WB_TEMPERATURE: (2800, 6500),
            cv2.CAP_PROP_AUTO_EXPOSURE: (0, 3),
            cv2.CAP_PROP_AUTO_WB: (0, 1),
        }
        self.captures: list[StandIn] = []
        self.plug()

    def plug(self) -> None:
        self.path.touch()

    def unplug(self) -> None:
        self.path.unlink()
        for capture in self.captures:
            capture.is_gone = True

    def capture(self, path: str) -> StandIn:
        assert path == str(self.path)
        self.captures.append(StandIn(self))
        return self.captures[-1]

    def jpeg(self, frame: int) -> bytes:
        """What the camera makes of its frame number `frame`: never the same twice."""
        return cv2.imencode(".jpg", self.pixels(frame))[1].tobytes()

    def pixels(self, frame: int) -> NDArray[np.uint8]:
        return np.random.default_rng(frame).integers(0, 256, (48, 64, 3), np.uint8)


class StandIn:
    """One opening of a Device."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.is_gone = self.is_released = False
        self.waiting: list[int] = []  # full buffers; while none is free, newer frames are lost
        self.filled = int(device.clock.monotonic() * FPS)
        self.last = 0
        self.values = {cv2.CAP_PROP_FOURCC: float(BGR3), cv2.CAP_PROP_AUTO_EXPOSURE: 3.0, cv2.CAP_PROP_AUTO_WB: 1.0}
        self.sets: list[int] = []
        self.size = device.sizes[0]

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return not self.device.is_busy

    def release(self) -> None:
        self.is_released = True

    def set(self, control: int, value: float, /) -> bool:
        assert not isinstance(value, bool), "OpenCV takes no bool for a number"
        self.sets.append(control)
        if control == cv2.CAP_PROP_FOURCC:
            self.values[control] = value if self.device.knows_jpeg else BGR3
        elif control == cv2.CAP_PROP_FRAME_WIDTH:
            self.size = min(self.device.sizes, key=lambda size: abs(size[0] - value))
        elif control in self.device.limits:
            self._control(control, value)
        elif control == cv2.CAP_PROP_CONVERT_RGB:
            self.values[control] = value
        return True

    def _control(self, control: int, value: float) -> None:
        automatic, off = AUTOMATIC.get(control, (control, value))
        if self.get(automatic) == off or control == automatic:
            low, high = self.device.limits[control]
            self.values[control] = min(max(value, low), high)

    def get(self, control: int, /) -> float:
        if control == cv2.CAP_PROP_FRAME_WIDTH:
            return self.size[0]
        if control == cv2.CAP_PROP_FRAME_HEIGHT:
            return self.size[1]
        if control == cv2.CAP_PROP_POS_MSEC:
            return 1000 * (self.last / FPS + self.device.ahead)
        return self.values.get(control, 50.0 if control in self.device.limits else -1.0)

    def grab(self) -> bool:
        if self.is_gone or self.is_released or self.device.is_stalled:
            return False
        clock = self.device.clock
        shown = int(clock.monotonic() * FPS)
        for frame in range(self.filled + 1, shown + 1):
            if len(self.waiting) < self.device.buffers:
                self.waiting.append(frame)
        if not self.waiting:
            shown += 1
            clock.sleep(max(0.0, shown / FPS - clock.monotonic()) + 1e-6)
            self.waiting.append(shown)
        self.filled = shown
        self.last = self.waiting.pop(0)
        return True

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        frame = 0 if self.device.is_frozen else self.last
        if self.values[cv2.CAP_PROP_FOURCC] != MJPG:
            return True, self.device.pixels(frame)
        encoded = self.device.jpeg(frame) + self.device.behind
        encoded = encoded[: len(encoded) // 2] if self.last in self.device.torn else encoded
        return True, np.frombuffer(encoded, np.uint8)[None]
