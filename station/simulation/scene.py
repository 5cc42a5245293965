"""The stage, what lies on it and the hand, put together into the light that reaches the lens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.optics import DIRECT, Cutout, Lamp, irradiance, shine
from station.simulation.parts import Plane, specimen

Window = tuple[slice, slice]

VIEW = (160.0, 90.0)  # mm of stage that the frame shows
STAGE = 0.24  # reflectance of the stage: a gray mat
MAT = (1.04, 1.0, 0.97)  # its tint B, G, R
GLOVE = (1.55, 1.0, 0.55)  # nitrile, blue
TINT = 128  # of 255: tint 1.0
HAND_HALF = 34.0  # mm, half the width of the hand's cutout
FINGERS = 5.0  # mm from the middle of a part down to the upper edge of the hand's cutout


@dataclass(frozen=True, slots=True)
class Placement:
    """One part as it lies: where its middle is (mm from the middle of the view, x right, y down), how it is turned.

    angle     degrees, counter-clockwise
    specimen  which piece of this part number
    """

    part_number: str
    x: float
    y: float
    angle: float
    specimen: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything in view at one moment.

    lying   the parts on the stage
    held    the parts in the hand, where they would be laid
    hand    x, y (mm) where the hand reaches to, or None while it is out of view
    lift    mm that the hand, and what it holds, still is below that place in the view
    smear   mm that it moves during the exposure
    """

    lying: tuple[Placement, ...] = ()
    held: tuple[Placement, ...] = ()
    hand: tuple[float, float] | None = None
    lift: float = 0.0
    smear: float = 0.0


@dataclass(frozen=True, slots=True)
class Lighting:
    """lamp: level that it gives, 1 full. ambient: strength of the room light. glare: 0 none, 1 a mirrored lamp."""

    lamp: float = 1.0
    ambient: float = 0.02
    glare: float = 0.0


class Scene:
    """Draws moments. `size` is the frame in pixels, width × height; both show the same view."""

    def __init__(self, size: tuple[int, int], lamp: Lamp, seed: int) -> None:
        self.size, self._lamp = size, lamp
        self.scale = size[0] / VIEW[0]
        self.x, self.y = self._axes()
        texture = 1 + 0.02 * np.random.default_rng([seed, 2]).standard_normal(self._shape, np.float32)
        self._mat = np.asarray(STAGE * cv2.GaussianBlur(texture, (0, 0), 0.7), np.float32)
        self._light = irradiance(self.x, self.y, lamp)
        self._hot = np.asarray(np.exp(-((self.x + 30) ** 2 + (self.y + 20) ** 2) / 900.0), np.float32)
        self._hand = _hand(self.scale)

    @property
    def _shape(self) -> tuple[int, int]:
        return self.size[1], self.size[0]

    def _axes(self) -> tuple[Plane, Plane]:
        width, height = self.size
        x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) / np.float32(self.scale)
        y = (np.arange(height, dtype=np.float32) - (height - 1) / 2) / np.float32(self.scale)
        return x[None, :], y[:, None]

    def draw(self, moment: Moment, lighting: Lighting) -> tuple[Plane, NDArray[np.uint8]]:
        """Radiance (height × width, float32) and tint (height × width × 3, uint8, `TINT` = 1) of a moment."""
        direct = self._mat * self._light * np.float32(lighting.lamp)
        radiance = direct + self._mat * np.float32(lighting.ambient)
        radiance += self._hot * np.float32(0.5 * lighting.glare * lighting.lamp)
        tint = np.full((*self._shape, 3), _tint(MAT), np.uint8)
        canvas = _Canvas(radiance, tint, direct, lighting, self)
        for placement in moment.lying:
            canvas.lay(self._cutout(placement), (placement.x, placement.y))
        if moment.hand is not None:
            smear = round(moment.smear * self.scale)
            for placement in moment.held:
                canvas.lay(self._cutout(placement), (placement.x, placement.y + moment.lift), smear, shadow=False)
            reach = (
                moment.hand[0],
                moment.hand[1] + moment.lift + FINGERS + self._hand.alpha.shape[0] / 2 / self.scale,
            )
            canvas.lay(self._hand, reach, smear)
        return radiance, tint

    def _cutout(self, placement: Placement) -> Cutout:
        return _lit(placement, self._lamp, self.scale)


@lru_cache(maxsize=16)
def _lit(placement: Placement, lamp: Lamp, scale: float) -> Cutout:
    piece = specimen(placement.part_number, placement.specimen, scale)
    return shine(piece, (placement.x, placement.y), placement.angle, lamp, scale)


@dataclass
class _Canvas:
    """A picture in the making."""

    radiance: Plane
    tint: NDArray[np.uint8]
    direct: Plane
    lighting: Lighting
    scene: Scene

    def lay(self, cutout: Cutout, middle: tuple[float, float], smear: int = 0, shadow: bool = True) -> None:
        """Lay a cutout over what is there, its middle at x, y mm; `smear` pixels of upright motion."""
        overlap = self._overlap(cutout.alpha.shape, middle)
        if overlap is None:
            return
        here, there = overlap
        lamp, glare = self.lighting.lamp, self.lighting.glare
        light = self.scene._light[here] * np.float32(lamp)
        own = (cutout.lamp[there] + cutout.glare[there] * np.float32(glare)) * light
        own += cutout.ambient[there] * np.float32(self.lighting.ambient)
        alpha = cutout.alpha[there]
        own *= alpha
        if smear > 1:
            alpha, own = _smeared(alpha, smear), _smeared(own, smear)
        behind = self.radiance[here]
        if shadow:
            behind = behind - self.direct[here] * (cutout.shadow[there] * np.float32(DIRECT))
        self.radiance[here] = behind * (1 - alpha) + own
        tint = self.tint[here]
        for channel, value in enumerate(_tint(cutout.tint)):
            plane = tint[..., channel]
            plane[...] = plane + alpha * (np.float32(value) - plane)

    def _overlap(self, shape: tuple[int, ...], middle: tuple[float, float]) -> tuple[Window, Window] | None:
        """Where the cutout and the frame meet: slices of the frame, slices of the cutout."""
        scale, (width, height) = self.scene.scale, self.scene.size
        left = round(width / 2 + middle[0] * scale - shape[1] / 2)
        top = round(height / 2 + middle[1] * scale - shape[0] / 2)
        x0, x1 = max(0, left), min(width, left + shape[1])
        y0, y1 = max(0, top), min(height, top + shape[0])
        if x0 >= x1 or y0 >= y1:
            return None
        return np.s_[y0:y1, x0:x1], np.s_[y0 - top : y1 - top, x0 - left : x1 - left]


def _smeared(plane: Plane, length: int) -> Plane:
    return np.asarray(cv2.blur(plane, (1, length), borderType=cv2.BORDER_REPLICATE), np.float32)


def _tint(tint: tuple[float, float, float]) -> tuple[int, int, int]:
    b, g, r = (round(TINT * value) for value in tint)
    return b, g, r


def _hand(scale: float) -> Cutout:
    """A gloved hand reaching up from the lower edge: capsules melted into one soft shape, lit from above."""
    length = VIEW[1] + 60
    width, height = round(2 * HAND_HALF * scale), round(length * scale)
    x = ((np.arange(width, dtype=np.float32) - width / 2) / np.float32(scale))[None, :]
    y = (np.arange(height, dtype=np.float32) / np.float32(scale) - 8)[:, None]
    fingers = [
        (-15, 8, -9, 46, 5.5),
        (-5, 1, -3, 46, 6),
        (6, 3, 4, 46, 6),
        (15, 10, 10, 48, 5),
        (-26, 34, -12, 58, 6.5),
    ]
    bones = [*fingers, (-5, 52, 4, 62, 15), (0, 64, 0, length + 20, 15)]
    depth = np.stack([_capsule(x, y, *map(float, bone)) for bone in bones])
    melted = np.log(np.exp(np.clip(depth, -30, 30) / 1.5).sum(axis=0)) * 1.5  # smooth maximum, mm inside
    thick = np.sqrt(np.maximum(0, 1 - (1 - np.clip(melted, 0, 9) / 9) ** 2)) * 9
    dy, dx = np.gradient(cv2.GaussianBlur(thick.astype(np.float32), (0, 0), 0.5 * scale) * scale)
    facing = (1 + 0.3 * dx + 0.25 * dy) / np.sqrt(1 + dx * dx + dy * dy)
    alpha = np.clip(melted * scale + 0.5, 0, 1).astype(np.float32)
    lamp = (0.10 + 0.22 * np.maximum(facing, 0)).astype(np.float32)
    shift = np.array([[1, 0, 0.06 * width], [0, 1, 0.06 * width]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(alpha, shift, (width, height)), (0, 0), 3.0 * scale)
    return Cutout(alpha, lamp, lamp * 1.2, np.zeros_like(lamp), np.asarray(shadow, np.float32), GLOVE)


def _capsule(x: Plane, y: Plane, ax: float, ay: float, bx: float, by: float, radius: float) -> Plane:
    """Signed distance inside a thick line from a to b, positive inside."""
    dx, dy = bx - ax, by - ay
    along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.asarray(radius - np.hypot(x - ax - along * dx, y - ay - along * dy), np.float32)
