"""What passes between the rooms: the values first, then the seams that devices stand behind.

Values are frozen. A seam is a Protocol: whatever has these methods will do, a real device or one of the
simulated bench. All times called `monotonic` are seconds of the station's one `Clock`; all datetimes are UTC.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.controls import Control, Setting
from models.classifier import Prediction

Gray = NDArray[np.uint8]  # height × width

_REDUCED = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


class State(StrEnum):
    """Station states, after OPC 40100-1. `verified` stands beside them, not among them."""

    PREOPERATIONAL = "preoperational"
    HALTED = "halted"
    ERROR = "error"
    INITIALIZED = "initialized"
    READY = "ready"
    EXECUTING = "executing"


class NotAPicture(ValueError):  # noqa: N818 - it names a thing
    """Bytes that were to be a picture cannot be decoded."""


class Verdict(StrEnum):
    """What the operator is told. The line knows PASS and not-PASS only."""

    PASS = "PASS"
    REJECT = "REJECT"
    UNSURE = "UNSURE"


class Reason(StrEnum):
    """Why it is not PASS; `NONE` stands with PASS alone."""

    NONE = ""
    WRONG_PART = "wrong_part"
    UNKNOWN_PART = "unknown_part"
    TOO_CLOSE = "too_close"
    POOR_PICTURE = "poor_picture"
    NOT_VERIFIED = "not_verified"
    FAULT = "fault"

    @property
    def words(self) -> str:
        """As people read it."""
        return self.value.replace("_", " ")


class TriggerSource(StrEnum):
    """What started an inspection."""

    PRESENCE = "presence"
    KEY = "key"
    GPIO = "gpio"
    SERIAL = "serial"
    HTTP = "http"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture as the camera gave it: either its own bytes (`encoded`) or decoded `pixels`, never neither.

    number      rises by the camera's own count; a gap means dropped frames
    monotonic   seconds, when the exposure ended, as well as the camera tells
    acquired_at the same moment in UTC
    encoded     bytes of one JPEG (or, replayed, of a picture file)
    pixels      height × width (gray) or height × width × 3 (BGR), uint8
    source      the device, or the file below the replayed folder
    """

    number: int
    monotonic: float
    acquired_at: datetime
    encoded: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    source: str = ""
    is_simulated: bool = False

    def gray(self, reduce: int = 1) -> Gray:
        """The frame as uint8 gray, 1/`reduce` (1, 2, 4 or 8) of its size; reducing a JPEG costs less than decoding it.

        Raises NotAPicture.
        """
        if self.encoded is not None:
            return _decode(self.encoded, _REDUCED[reduce])
        assert self.pixels is not None
        gray = self.pixels if self.pixels.ndim == 2 else cv2.cvtColor(self.pixels, cv2.COLOR_BGR2GRAY)
        if reduce > 1:
            height, width = gray.shape
            size = (max(1, width // reduce), max(1, height // reduce))
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        return gray.astype(np.uint8, copy=False)

    def jpeg(self) -> bytes:
        """The frame as JPEG for people: the camera's own bytes where it delivered them."""
        if self.encoded is not None and self.encoded[:2] == b"\xff\xd8":
            return self.encoded
        pixels = self.pixels if self.encoded is None else _decode(self.encoded, cv2.IMREAD_COLOR)
        assert pixels is not None
        ok, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])
        if not ok:
            raise ValueError("the frame could not be encoded as JPEG")
        return encoded.tobytes()


def _decode(encoded: bytes, flags: int) -> NDArray[np.uint8]:
    try:
        pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
    except cv2.error:  # no bytes at all, or a picture too large to be one
        pixels = None
    if pixels is None:
        raise NotAPicture("it is not a picture, or a damaged one")
    return np.asarray(pixels, np.uint8)


@dataclass(frozen=True, slots=True)
class Order:
    """What is being run: who, which work order, which part number is expected."""

    part_number: str
    work_order: str = ""
    lot: str = ""
    serial: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One judged placement. `Log.append` fills in what only the log knows: sequence, previous and own hash.

    image_sha256 and frame_sha256 are those of the archived files: the patch as PNG, the frame as JPEG.
    measures holds every number that a gate looked at, so that "why?" has an answer.
    """

    inspection_id: str
    acquired_at: datetime
    decided_at: datetime
    station: str
    order: Order
    trigger: TriggerSource
    verdict: Verdict
    reason: Reason
    advice: str = ""  # what to do about it, for the operator
    predicted_part_number: str | None = None
    score: float | None = None
    distance: float | None = None
    model: str = ""  # "name sha256:…"
    recipe: str = ""
    calibration: str = ""
    verification: str = ""
    is_simulated: bool = False
    clock_synchronised: bool = False
    decision_ms: float = 0.0
    source: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)
    image_sha256: str | None = None
    frame_sha256: str | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is archived with an inspection, encoded and ready to be written.

    patch   PNG, lossless: exactly what was judged; None if the frame could not be decoded
    frame   JPEG, for people
    """

    patch: bytes | None
    frame: bytes | None


@dataclass(frozen=True, slots=True)
class Note:
    """An event that is still to be recorded, as `Log.note` takes it; `operator` among the details is who did it."""

    kind: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Clock(Protocol):
    """The one source of time of a station."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def now(self) -> datetime:
        """UTC, with microseconds."""

    def is_synchronised(self) -> bool:
        """Whether the UTC time can be trusted."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class SystemClock:
    """The computer's clock. On Linux it is the one that V4L2 stamps frames with."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def is_synchronised(self) -> bool:
        return Path("/run/systemd/timesync/synchronized").exists()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Camera(Protocol):
    """A source of frames. One thread calls it."""

    @property
    def name(self) -> str:
        """What a calibration is bound to: the device and its mode."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of its frames, pixels; None where each has its own (a replay)."""

    def open(self) -> None:
        """Take the device. Raises CameraError naming the mend. Safe to call again after `close`."""

    def close(self) -> None:
        """Give the device back; never raises."""

    def read(self, newer_than: float = 0.0) -> Frame:
        """The newest frame whose exposure ended after `newer_than` (monotonic seconds); older ones are dropped.

        Blocks for a few frame times at most. Raises CameraError when the camera is gone, stalled, frozen
        (repeats itself) or stale; a made-up picture is never returned. Raises EndOfPictures when a replay is over.
        """


@runtime_checkable
class Adjustable(Protocol):
    """A camera that lets itself be set, and says what it made of it."""

    def offers(self) -> tuple[Control, ...]:
        """Every control that it has, as it stands now; none while it cannot tell."""

    def adjust(self, wanted: Mapping[str, float]) -> tuple[Setting, ...]:
        """Set these, automatics off, and read each back; what is not offered has got None. Raises CameraError."""


@runtime_checkable
class Telling(Protocol):
    """A camera that tells of more controls than it lets itself be set by."""

    def everything(self) -> tuple[Control, ...]:
        """Every control that there is, as it stands now."""


class EndOfPictures(Exception):  # noqa: N818 - the end of a folder is no error
    """A replayed folder or video has been shown to its end."""


class Light(Protocol):
    """The lamp over the stage."""

    @property
    def level(self) -> float:
        """0 (off) to 1 (full)."""

    def set_level(self, level: float) -> None:
        """Set the level, 0 to 1. Raises LightError if it cannot be done."""


class Signal(Protocol):
    """A way of telling the line. Unopened, closed or broken it reads reject. Every method may raise SignalError."""

    def open(self) -> None:
        """Take the port exclusively and say reject."""

    def close(self) -> None:
        """Withdraw PASS and give the port back; never raises."""

    def beat(self, now: float) -> None:
        """The loop's sign of life, at every turn while the station is ready: a hung loop has no heartbeat."""

    def busy(self) -> None:
        """An inspection begins: PASS is withdrawn."""

    def send(self, inspection: Inspection) -> None:
        """Tell the verdict of a recorded inspection; returns once the line has acknowledged, where it does."""

    def clear(self) -> None:
        """The part was moved or taken away: PASS is withdrawn."""

    def fault(self, code: str) -> None:
        """The station is in trouble: PASS is withdrawn, the fault is told."""

    def triggered(self) -> TriggerSource | None:
        """Whether the line asked for an inspection since the last call; never blocks."""


class Classifier(Protocol):
    """A network ready to judge patches."""

    @property
    def part_numbers(self) -> tuple[str, ...]:
        """The part numbers that it tells apart, in the order of its scores."""

    def classify(self, patch: Gray) -> Prediction:
        """Scores and embedding of one patch (uint8, as large as the network's input)."""


class Log(Protocol):
    """The traceability log, as the loop sees it."""

    def append(self, inspection: Inspection, pictures: Pictures) -> Inspection:
        """Archive the pictures, commit the row, and return the inspection as recorded (with sequence and hashes).

        When it returns, both are on disk. Raises LogError, and then nothing of the row is left.
        """

    def note(self, kind: str, message: str, **details: Any) -> None:
        """Record an event that is no inspection: start, stop, fault, a person's act. Raises LogError."""
