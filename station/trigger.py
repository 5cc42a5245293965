"""Frames in, "judge this one" out: arm, presence, stillness, removal. Pure, and it looks at small gray pictures only.

    ARMED ──part there──► SETTLING ──still long enough──► WAITING ──stage empty long enough──► ARMED
                              ▲                              │
                              └── unsettle(): it moved ──────┘

A change of light is smooth and everywhere and is reported as such; a part is a thing in one place. Whatever moves
while a verdict stands is told as DISTURBED, so that a PASS never outlives the part that earned it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import Comparison, compare
from calibration.profile import Profile, Region
from station.types import Frame, Gray

LOOK_WIDTH = 160  # pixels; a part of a hundredth of the width still covers what the noise does not
LIT = (0.5, 2.0)  # of the calibrated light
MIN_COVERED = 0.0008  # share of the stage: 12 of 160 × 90 pixels in one piece


class Phase(StrEnum):
    """Where a placement is."""

    ARMED = "armed"
    SETTLING = "settling"
    WAITING = "waiting"


class Event(StrEnum):
    """What the loop has to do about it."""

    JUDGE = "judge"
    DISTURBED = "disturbed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the stage has shown.

    light    as a share of the calibrated light
    covered  share of the stage, 0 to 1, that shows something other than the empty stage
    moved    share of the stage that changed since the look before
    """

    phase: Phase
    event: Event | None
    light: float
    covered: float
    moved: float


def reduction(width: int) -> int:
    """How far a frame of this width may be reduced for a look: the most of 1, 2, 4, 8 that keeps `LOOK_WIDTH`."""
    return max(by for by in (1, 2, 4, 8) if by == 1 or width // by >= LOOK_WIDTH)


def glance(frame: Frame, profile: Profile) -> Gray:
    """The stage in small gray, as `Profile.empty` shows it; costs a fraction of decoding the frame.

    Raises ValueError for a frame of another size than the calibrated ones.
    """
    return _glance(frame, profile.frame, profile.region, profile.reduce)


@lru_cache(maxsize=2)  # whoever judges a frame has just looked whether it moved; the candidate judges it once more
def _glance(frame: Frame, size: tuple[int, int], region: Region, reduce: int) -> Gray:
    small = frame.gray(reduce)
    width, height = size
    if small.shape not in _sizes(width, height, reduce):
        raise ValueError(f"the frame is not {width}×{height} as when it was calibrated; run `station calibrate`")
    return region.crop(small, reduce)


def _sizes(width: int, height: int, by: int) -> set[tuple[int, int]]:
    """Heights and widths of a reduced frame: JPEG decoders round up, others down."""
    return {(height // by, width // by), (-(-height // by), -(-width // by))}


@dataclass(frozen=True, slots=True)
class Timing:
    """When a part is judged, and when the next may come.

    still_for  seconds without motion before a part is judged
    gone_for   seconds of empty stage before the next part may come
    by_itself  False where only an outer trigger may start an inspection: JUDGE is then never said
    """

    still_for: float = 0.15
    gone_for: float = 0.15
    by_itself: bool = True


USUAL = Timing()


class Trigger:
    """Turns looks at the stage into at most one JUDGE a placement.

    profile  the calibration, with the picture of the empty stage
    """

    def __init__(self, profile: Profile, timing: Timing = USUAL) -> None:
        self._profile, self._timing = profile, timing
        self._step = noise_step(profile)
        self._phase = Phase.ARMED
        self._stands = False  # a verdict that was given stands until something moves
        self._last: Gray | None = None
        self._judged: Gray | None = None
        self._since: float | None = None  # of the present stillness, or of the present emptiness

    def look(self, frame: Frame) -> Look:
        """Take one look. Raises ValueError for a frame that is no picture, or of another size than the calibration."""
        gray = glance(frame, self._profile)
        comparison = compare(gray, self._profile.empty)
        share = covered(comparison, self._profile)
        moved, crept = self._moved(gray, self._last), self._moved(gray, self._judged)
        self._last = gray
        is_lit = LIT[0] <= comparison.light <= LIT[1]  # in the dark no stage can be seen to be empty
        event = self._advance(share > MIN_COVERED, is_lit, moved > MIN_COVERED, crept > MIN_COVERED, frame.monotonic)
        return Look(self._phase, event, comparison.light, share, moved)

    def unsettle(self, frame: Frame) -> bool:
        """Whether the stage in the picture to be judged differs from the still one; if so, settle again."""
        gray = glance(frame, self._profile)
        if self._moved(gray, self._last) <= MIN_COVERED:
            return False
        self._phase, self._last, self._since = Phase.SETTLING, gray, None
        return True

    @property
    def is_armed(self) -> bool:
        """Whether the stage is empty and the next part may come."""
        return self._phase is Phase.ARMED

    @property
    def is_spent(self) -> bool:
        """Whether what lies on the stage has been judged already, so that an outer trigger is not heeded."""
        return self._phase is Phase.WAITING

    def disarm(self) -> None:
        """Whatever lies on the stage has been judged, or must not be: wait for removal first."""
        self._phase, self._since, self._stands, self._judged = Phase.WAITING, None, True, self._last

    def _moved(self, gray: Gray, before: Gray | None) -> float:
        if before is None:
            return 1.0
        return _largest(cv2.absdiff(gray, before) > self._step)

    def _advance(self, present: bool, is_lit: bool, moving: bool, crept: bool, at: float) -> Event | None:
        match self._phase:
            case Phase.ARMED if present:
                self._phase, self._since = Phase.SETTLING, None
            case Phase.SETTLING if not present:
                self._phase = Phase.ARMED
            case Phase.SETTLING if self._timing.by_itself and self._lasted(not moving, at, self._timing.still_for):
                self.disarm()
                return Event.JUDGE
            case Phase.WAITING if self._lasted(is_lit and not present and not moving, at, self._timing.gone_for):
                self._phase = Phase.ARMED
                return Event.REMOVED
            case Phase.WAITING if crept and self._stands:  # held against what was judged: slow is motion too
                self._stands = False
                return Event.DISTURBED
        return None

    def _lasted(self, condition: bool, at: float, seconds: float) -> bool:
        if not condition:
            self._since = None
        elif self._since is None:
            self._since = at
        return self._since is not None and at - self._since >= seconds


def covered(comparison: Comparison, profile: Profile) -> float:
    """Share of the stage that the largest thing on it covers; what is below the noise is no thing."""
    return _largest(np.abs(comparison.difference) > noise_step(profile) * max(1.0, comparison.light))


def noise_step(profile: Profile) -> float:
    """Gray levels below which a change is noise."""
    return max(8.0, 6.0 * profile.noise)


def _largest(mask: NDArray[np.bool_]) -> float:
    """Share of the picture that the largest connected piece covers."""
    shown = mask.view(np.uint8)
    x, y, width, height = cv2.boundingRect(shown)  # of all that is seen; the rest need not be searched
    if not width:  # the empty stage, nearly always
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(shown[y : y + height, x : x + width], connectivity=8)
    return float(stats[1:, cv2.CC_STAT_AREA].max()) / mask.size
