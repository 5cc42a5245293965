"""A frame that is old, out of order or seen before is a camera fault, never a verdict (promise 3)."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from station.cameras.controls import Control, Setting
from station.cameras.jpeg import START, whole_jpeg
from station.errors import CameraError
from station.types import Adjustable, Camera, Clock, Frame, Telling


class Freshness:
    """Remembers what a camera showed last and refuses what cannot be the stage of this moment.

    max_age   seconds between the exposure of a frame and its check
    memory    how many former frames a frame is compared with: a driver that hangs repeats its whole ring of buffers
    """

    def __init__(self, max_age: float = 0.5, memory: int = 64) -> None:
        self._max_age = max_age
        self._number = -math.inf
        self._monotonic = -math.inf
        self._digests: deque[bytes] = deque(maxlen=memory)

    def check(self, frame: Frame, now: float) -> None:
        """Raises CameraError, one sentence that says what is wrong with the frame; `now` is monotonic seconds.

        No two exposures of a real sensor are alike to the last bit, so equal bytes are an old picture.
        """
        name = frame.source or "The camera"
        # turned round, so that a NaN is a fault
        if not frame.monotonic <= now:
            raise CameraError(f"{name} stamps its frames with another clock: set its driver to the monotonic clock.")
        if now - frame.monotonic > self._max_age:
            raise CameraError(f"{name} gave a stale frame, {now - frame.monotonic:.1f} s old: plug the camera in anew.")
        if not (frame.number > self._number and frame.monotonic > self._monotonic):
            raise CameraError(f"{name} gave its frames out of order: plug the camera in anew.")
        digest = _digest(frame)
        if digest in self._digests:
            raise CameraError(
                f"{name} is frozen, it repeats a former picture: plug the camera in anew, "
                "and see that the lamp is on and the lens uncovered."
            )
        self._number, self._monotonic = frame.number, frame.monotonic
        self._digests.append(digest)


class FreshCamera:
    """A camera whose every frame is fresh and whole: wraps another and checks what it gives.

    may_repeat  True while black or white pictures are wanted, as for a flat field: these may well be all alike
    """

    may_repeat = False

    def __init__(self, camera: Camera, freshness: Freshness, clock: Clock) -> None:
        self._camera = camera
        self._freshness = freshness
        self._clock = clock

    @property
    def inner(self) -> Camera:
        """The camera itself."""
        return self._camera

    @property
    def name(self) -> str:
        return self._camera.name

    @property
    def size(self) -> tuple[int, int] | None:
        return self._camera.size

    def open(self) -> None:
        self._camera.open()

    def close(self) -> None:
        self._camera.close()

    def offers(self) -> tuple[Control, ...]:
        return self._camera.offers() if isinstance(self._camera, Adjustable) else ()

    def everything(self) -> tuple[Control, ...]:
        return self._camera.everything() if isinstance(self._camera, Telling) else self.offers()

    def adjust(self, wanted: Mapping[str, float]) -> tuple[Setting, ...]:
        if isinstance(self._camera, Adjustable):
            return self._camera.adjust(wanted)
        return tuple(Setting(name, value, None) for name, value in wanted.items())

    def read(self, newer_than: float = 0.0) -> Frame:
        frame = self._camera.read(newer_than)
        if frame.encoded is not None and frame.encoded.startswith(START) and whole_jpeg(frame.encoded) is None:
            raise CameraError(f"{self.name} gave a torn picture: try another cable or USB port.")
        if not self.may_repeat:
            self._freshness.check(frame, self._clock.monotonic())
        if frame.monotonic <= newer_than:
            raise CameraError(f"{self.name} gave a frame from before its trigger: plug the camera in anew.")
        return frame


class Judged:
    """Remembers the pictures that were judged: the same one for another placement is a camera fault.

    A part that was taken away and laid again never looks the same to the last bit, so somebody shows an old picture
    with new frame, number and time around it, or in a loop longer than the memory of `Freshness`.

    memory  how many pictures
    """

    def __init__(self, memory: int = 1000) -> None:
        self._memory = memory
        self._known: dict[int, None] = {}  # in their order

    def check(self, picture: bytes) -> None:
        """Raises CameraError for a picture of a part that was judged before, encoded without loss."""
        known = hash(picture)  # 64 bits, of this process alone: a seventh of the time of a SHA-256
        if known in self._known:
            raise CameraError(
                "The camera shows a part exactly as it showed one before: plug the camera in anew, "
                "and see that nothing but the stage is before it."
            )
        self._known[known] = None
        if len(self._known) > self._memory:
            del self._known[next(iter(self._known))]


def _digest(frame: Frame) -> bytes:
    if frame.encoded is not None:
        return hashlib.sha256(frame.encoded).digest()
    assert frame.pixels is not None
    return hashlib.sha256(np.ascontiguousarray(frame.pixels).data).digest()
