"""A picture in the making: things are laid over each other as the camera sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.optics import Cutout
from station.simulation.parts import Plane

Window = tuple[slice, slice]
Steps = tuple[int, int, int]  # a tint as a canvas keeps it: B, G, R, `TINT` = 1
NOTHING: Window = np.s_[0:0, 0:0]
TINT = 128  # of 255: tint 1.0


@dataclass(frozen=True, slots=True)
class Lighting:
    """The light, and what lies flat on the mat and changes what it sends back.

    lamp     the level that it gives, 1 full
    ambient  strength of the room light
    glare    0 none, 1 a mirrored lamp
    lean     degrees by which the lamp's head is turned towards the right
    sheet    "" for the bare mat, "white" or "board"
    """

    lamp: float = 1.0
    ambient: float = 0.02
    glare: float = 0.0
    lean: float = 0.0
    sheet: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Radiance, tint, and what is needed to light what is laid on them. All maps height × width.

    radiance  float32, 1.0 = white paper under the full lamp
    tint      × 3, uint8, B, G, R, `TINT` = 1
    direct    share of the radiance that a shadow takes away
    lamp      light of the lamp that falls there
    scale     pixels a mm
    """

    radiance: Plane
    tint: NDArray[np.uint8]
    direct: Plane
    lamp: Plane
    lighting: Lighting
    scale: float

    def copy(self) -> Canvas:
        """One to lay things on while this stays as it is."""
        return replace(self, radiance=self.radiance.copy(), tint=self.tint.copy())

    def restore(self, base: Canvas, window: Window) -> None:
        """Make a window as it is on another canvas."""
        self.radiance[window], self.tint[window] = base.radiance[window], base.tint[window]

    def lay(self, cutout: Cutout, middle: tuple[float, float], smear: float = 0.0, shadow: bool = True) -> Window:
        """Lay a cutout over what is there, its middle at x, y (mm from the middle); `smear` mm of upright motion.

        Returns the window that it changed.
        """
        overlap = self._overlap(cutout.alpha.shape, middle)
        if overlap is None:
            return NOTHING
        here, there = overlap
        if shadow:
            self.radiance[here] -= self.direct[here] * cutout.shadow[there]
        self._cover(cutout, *_within(here, there, cutout.columns), smear * self.scale)
        return here

    def _cover(self, cutout: Cutout, here: Window, there: Window, smear: float) -> None:
        """Lay what the cutout covers, without its shadow; `smear` in pixels."""
        alpha = cutout.alpha[there]
        own = self._lit(cutout, here, there)
        own *= alpha
        if smear > 1:
            alpha, own = _smeared(alpha, smear), _smeared(own, smear)
        behind = self.radiance[here]
        behind *= 1 - alpha
        behind += own
        self._colour(here, alpha, tint_steps(cutout.tint))

    def _lit(self, cutout: Cutout, here: Window, there: Window) -> Plane:
        light = cutout.lamp[there]
        if self.lighting.glare:
            light = light + cutout.glare[there] * np.float32(self.lighting.glare)
        return light * self.lamp[here] + cutout.ambient[there] * np.float32(self.lighting.ambient)

    def _colour(self, here: Window, alpha: Plane, steps: Steps) -> None:
        """Mix a tint in. Where nothing shows through it is the tint itself, which is nearly everywhere."""
        under = self.tint[here]
        is_whole = alpha == 1
        cv2.copyTo(_plain(self.tint.shape, steps)[here], is_whole.view(np.uint8), under)
        down, right = np.divmod(np.flatnonzero((alpha > 0) != is_whole), alpha.shape[1])
        before = under[down, right]
        under[down, right] = before + alpha[down, right, None] * (np.array(steps, np.float32) - before)

    def _overlap(self, shape: tuple[int, ...], middle: tuple[float, float]) -> tuple[Window, Window] | None:
        """Where the cutout and the frame meet: slices of the frame, slices of the cutout."""
        height, width = self.radiance.shape
        left = round(width / 2 + middle[0] * self.scale - shape[1] / 2)
        top = round(height / 2 + middle[1] * self.scale - shape[0] / 2)
        x0, x1 = max(0, left), min(width, left + shape[1])
        y0, y1 = max(0, top), min(height, top + shape[0])
        if x0 >= x1 or y0 >= y1:
            return None
        return np.s_[y0:y1, x0:x1], np.s_[y0 - top : y1 - top, x0 - left : x1 - left]


def around(one: Window, other: Window) -> Window:
    """The least window that holds both."""
    if NOTHING in (one, other):
        return other if one == NOTHING else one
    rows, columns = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return rows, columns


def _within(here: Window, there: Window, columns: slice) -> tuple[Window, Window]:
    """Two windows, of frame and cutout, cut down to some columns of the cutout."""
    shift = here[1].start - there[1].start
    left = max(there[1].start, columns.start)
    right = max(left, min(there[1].stop, columns.stop))
    return (here[0], slice(left + shift, right + shift)), (there[0], slice(left, right))


@lru_cache(maxsize=4)
def _plain(shape: tuple[int, ...], steps: Steps) -> NDArray[np.uint8]:
    """A picture of nothing but one tint."""
    return np.full(shape, steps, np.uint8)


def tint_steps(tint: tuple[float, float, float]) -> Steps:
    """A tint as a canvas keeps it."""
    b, g, r = (round(TINT * value) for value in tint)
    return b, g, r


def _smeared(plane: Plane, length: float) -> Plane:
    return np.asarray(cv2.blur(plane, (1, round(length)), borderType=cv2.BORDER_REPLICATE), np.float32)
