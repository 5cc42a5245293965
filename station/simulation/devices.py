"""The bench behind the station's seams: a camera, a lamp, a line. Raw, as hardware is: nothing here checks itself."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from station.errors import CameraError, LightError, SignalError
from station.simulation.bench import Bench
from station.simulation.canvas import TINT, Lighting
from station.simulation.parts import Plane
from station.simulation.scene import Moment
from station.types import Frame, Inspection, TriggerSource, Verdict

QUALITY = 92  # of the camera's JPEG
SHARP = 400.0  # mm: the focus at which the stage is sharp
SPREAD = 0.02  # mm on the stage that a point is spread for each mm of false focus
LENS = 0.05  # mm that it is spread at best


class SimulatedCamera:
    """The camera over the bench. It delivers MJPG and, like hardware, hands on whatever the bench does to it.

    exposure  seconds
    gain      factor, 1 or more
    focus     mm; `SHARP` is right
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.exposure, self.gain, self.focus = 0.008, 1.0, SHARP
        self._chance = np.random.default_rng([bench.seed, 4])
        self._opened: int | None = None  # the bench's count of unplugs when it was opened
        self._number = 0
        self._recent: deque[Frame] = deque(maxlen=64)
        self._drawn: tuple[Moment, Lighting, float] | None = None
        self._picture: tuple[Plane, NDArray[np.uint8]]

    @property
    def name(self) -> str:
        width, height = self._bench.size
        return f"simulated bench {width}×{height}"

    def open(self) -> None:
        if not self._bench.plugged:
            raise CameraError("The simulated camera is unplugged: plug it in again.")
        self._opened = self._bench.plugs

    def close(self) -> None:
        self._opened = None

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
        bench = self._bench
        spread = math.hypot(LENS, SPREAD * (self.focus + bench.blur - SHARP)) * bench.scene.scale
        asked = (bench.moment(at, self.exposure), bench.lighting(), spread)
        if asked != self._drawn:
            radiance, tint = bench.scene.draw(*asked[:2])
            if spread > 0.45:  # pixels; less is not seen
                radiance = np.asarray(cv2.GaussianBlur(radiance, (0, 0), spread), np.float32)
            self._drawn, self._picture = asked, (radiance, tint)
        return self._picture

    def expose(self, at: float) -> NDArray[np.uint8]:
        """Pixels of one exposure that ends at a moment, height × width × 3 (BGR), uint8, not yet compressed."""
        radiance, tint = self.radiance(at)
        gray = self._bench.sensor.expose(radiance, self.exposure, self.gain, self._chance)
        return np.asarray(cv2.multiply(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), tint, scale=1 / TINT), np.uint8)

    def encode(self, pixels: NDArray[np.uint8]) -> bytes:
        """The JPEG that the camera makes of them."""
        return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()

    def _wait(self, newer_than: float) -> int:
        """Wait until an exposure has ended after `newer_than` that was not delivered; returns its number."""
        bench = self._bench
        self._check()
        number = math.floor(bench.clock.monotonic() / bench.period)
        least = max(self._number, math.floor(newer_than / bench.period)) + 1
        while number < least:
            bench.clock.sleep(least * bench.period - bench.clock.monotonic() + 1e-6)
            number = math.floor(bench.clock.monotonic() / bench.period)
        self._check()
        self._number = number
        return number

    def _check(self) -> None:
        if self._opened is None:
            raise CameraError("The simulated camera is not open: open it first.")
        if not self._bench.plugged or self._opened != self._bench.plugs:
            raise CameraError("The simulated camera was unplugged: plug it in again.")

    def _stamped(self, number: int) -> Frame:
        clock, ended = self._bench.clock, number * self._bench.period
        at = clock.now() - timedelta(seconds=clock.monotonic() - ended)
        return Frame(number, ended, at, encoded=b"", source=self.name, is_simulated=True)

    def _damaged(self, encoded: bytes) -> bytes:
        if self._bench.torn:
            encoded = encoded[: len(encoded) // 2]
        if self._bench.garbled:
            middle = len(encoded) // 2
            encoded = encoded[:middle] + self._chance.bytes(64) + encoded[middle + 64 :]
        return encoded


class SimulatedLight:
    """The bench's lamp. It obeys also when it is dark or old, as a lamp does that cannot see itself."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @property
    def level(self) -> float:
        return self._bench.lamp_level

    def set_level(self, level: float) -> None:
        if not 0.0 <= level <= 1.0:
            raise LightError(f"The lamp cannot be set to {level}: choose a level from 0 to 1.")
        self._bench.lamp_level = level


@dataclass(frozen=True, slots=True)
class Message:
    """What the line was told: `word` is PASS, REJECT, BUSY, CLEAR, FAULT, OPEN or CLOSE; `detail` a code or reason."""

    at: float
    word: str
    detail: str = ""
    inspection: Inspection | None = None


class SimulatedLine:
    """The other end of the signal: a listener like a PLC, that keeps all that it is told.

    broken        True: the cable is cut; every method but `close` raises SignalError, and the line reads reject
    acknowledges  False: the line does not acknowledge verdicts
    """

    def __init__(self, bench: Bench) -> None:
        self._clock = bench.clock
        self.broken, self.acknowledges = False, True
        self.messages: list[Message] = []
        self.last_beat: float | None = None
        self._asserted = False
        self._requests: deque[TriggerSource] = deque()

    @property
    def asserts_pass(self) -> bool:
        """Whether the line reads PASS now."""
        return self._asserted and not self.broken

    def request(self, source: TriggerSource = TriggerSource.GPIO) -> None:
        """The line asks for an inspection."""
        self._requests.append(source)

    def open(self) -> None:
        self._tell("OPEN")

    def close(self) -> None:
        self._asserted = False
        if not self.broken:
            self._tell("CLOSE")

    def beat(self, now: float) -> None:
        self._reach()
        self.last_beat = now

    def busy(self) -> None:
        self._tell("BUSY")

    def send(self, inspection: Inspection) -> None:
        word = "PASS" if inspection.verdict is Verdict.PASS else "REJECT"
        self._tell(word, inspection.reason.value, inspection)
        if not self.acknowledges:
            self._asserted = False
            raise SignalError("The line did not acknowledge the verdict: look at its controller.")
        self._asserted = word == "PASS"

    def clear(self) -> None:
        self._tell("CLEAR")

    def fault(self, code: str) -> None:
        self._tell("FAULT", code)

    def triggered(self) -> TriggerSource | None:
        self._reach()
        return self._requests.popleft() if self._requests else None

    def _tell(self, word: str, detail: str = "", inspection: Inspection | None = None) -> None:
        """Every message withdraws PASS; `send` alone asserts it again."""
        self._asserted = False
        self._reach()
        self.messages.append(Message(self._clock.monotonic(), word, detail, inspection))

    def _reach(self) -> None:
        if self.broken:
            raise SignalError("The line cannot be reached: look at its cable.")
