"""A picture in the making: things are laid over each other as the camera sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.optics import Cutout
from station.simulation.parts import Plane

Window = tuple[slice, slice]
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

    def lay(self, cutout: Cutout, middle: tuple[float, float], smear: float = 0.0, shadow: bool = True) -> None:
        """Lay a cutout over what is there, its middle at x, y (mm from the middle); `smear` mm of upright motion."""
        overlap = self._overlap(cutout.alpha.shape, middle)
        if overlap is None:
            return
        here, there = overlap
        alpha = cutout.alpha[there]
        own = self._lit(cutout, here, there) * alpha
        if smear * self.scale > 1:
            alpha, own = (_smeared(plane, smear * self.scale) for plane in (alpha, own))
        behind = self.radiance[here]
        if shadow:
            behind = behind - self.direct[here] * cutout.shadow[there]
        self.radiance[here] = behind * (1 - alpha) + own
        self._colour(here, alpha, cutout.tint)

    def _lit(self, cutout: Cutout, here: Window, there: Window) -> Plane:
        light = cutout.lamp[there]
        if self.lighting.glare:
            light = light + cutout.glare[there] * np.float32(self.lighting.glare)
        return light * self.lamp[here] + cutout.ambient[there] * np.float32(self.lighting.ambient)

    def _colour(self, here: Window, alpha: Plane, tint: tuple[float, float, float]) -> None:
        for channel, value in enumerate(tint_steps(tint)):
            plane = self.tint[here][..., channel]
            plane[...] = plane + alpha * (np.float32(value) - plane)

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


def tint_steps(tint: tuple[float, float, float]) -> tuple[int, int, int]:
    """A tint as a canvas keeps it."""
    b, g, r = (round(TINT * value) for value in tint)
    return b, g, r


def _smeared(plane: Plane, length: float) -> Plane:
    return np.asarray(cv2.blur(plane, (1, round(length)), borderType=cv2.BORDER_REPLICATE), np.float32)
