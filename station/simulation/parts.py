"""The machined parts: their drawing in millimetres, and single specimens with the marks of their making.

1041-A   turned flange ø 40, six holes, bore ø 12
1041-B   the same, bore ø 15: the look-alike
1042     square flange 36 × 36, four holes, hexagon bore 13: unknown to the network
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # height × width

HALF = 29.0  # mm from the middle of a specimen to the edge of its maps: half a diagonal, and its shadow
PLATE, HUB = 8.0, 3.0  # mm: thickness of the flange, height of the hub above it
HUB_RADIUS = 11.0
CHAMFER = 0.8


Distance = Callable[[Plane, Plane], Plane]  # x, y in mm → mm to the nearest edge of a shape, positive inside it


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the workshop was told to make: a plate of some outline, with a bore in its middle and holes around; mm."""

    part_number: str
    outline: Distance
    bore: Distance
    holes: int
    hole_circle: float  # its radius
    hole_radius: float


def _round(radius: float, cx: float = 0.0, cy: float = 0.0) -> Distance:
    return lambda x, y: np.asarray(radius - np.hypot(x - cx, y - cy), np.float32)


def _square(half: float, corner: float) -> Distance:
    def distance(x: Plane, y: Plane) -> Plane:
        qx, qy = np.abs(x) - (half - corner), np.abs(y) - (half - corner)
        outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
        return np.asarray(corner - outside - np.minimum(np.maximum(qx, qy), 0), np.float32)

    return distance


def _hexagon(half: float) -> Distance:
    def distance(x: Plane, y: Plane) -> Plane:
        sides = [np.abs(x * math.cos(turn) + y * math.sin(turn)) for turn in (0.0, math.pi / 3, 2 * math.pi / 3)]
        return np.asarray(half - np.maximum(np.maximum(sides[0], sides[1]), sides[2]), np.float32)

    return distance


DRAWINGS = {
    drawing.part_number: drawing
    for drawing in (
        Drawing("1041-A", _round(20.0), _round(6.0), holes=6, hole_circle=15.5, hole_radius=2.2),
        Drawing("1041-B", _round(20.0), _round(7.5), holes=6, hole_circle=15.5, hole_radius=2.2),
        Drawing("1042", _square(18.0, 4.0), _hexagon(6.5), holes=4, hole_circle=18.4, hole_radius=2.2),
    )
}
PART_NUMBERS = tuple(DRAWINGS)
UNKNOWN = "1042"  # never shown in training


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """One piece of metal at rotation 0: square maps, float32, its middle in their middle.

    alpha     0 to 1: how much of the pixel is metal
    height    mm above the stage
    nx, ny    tilt of the surface: x and y of its unit normal
    ux, uy    unit vector across the marks that the tool left
    shade     reflectance against the mean of all specimens
    """

    alpha: Plane
    height: Plane
    nx: Plane
    ny: Plane
    ux: Plane
    uy: Plane
    shade: Plane


@lru_cache(maxsize=24)
def specimen(part_number: str, number: int, scale: float) -> Specimen:
    """Make specimen `number` of a part number, `scale` pixels a mm; the same arguments make the same specimen."""
    chance = np.random.default_rng([PART_NUMBERS.index(part_number), number])
    alpha, height, nx, ny = _form(part_number, scale)
    ux, uy, where = _ways(scale)
    mark = _marks(where, chance)
    sx, sy = _scratches(alpha.shape, scale, chance)
    nx, ny = nx + ux * mark + sx, ny + uy * mark + sy
    length: Plane = np.sqrt(1 + nx * nx + ny * ny)
    stain = cv2.resize(chance.normal(0, 0.05, (12, 12)).astype(np.float32), alpha.shape, interpolation=cv2.INTER_CUBIC)
    shade = np.asarray(chance.uniform(0.88, 1.12) * (1 + stain), np.float32)
    return Specimen(alpha, height, nx / length, ny / length, ux, uy, shade)


def _grid(scale: float) -> tuple[Plane, Plane]:
    side = 2 * round(HALF * scale)
    axis = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / scale
    return np.broadcast_to(axis[None, :], (side, side)), np.broadcast_to(axis[:, None], (side, side))


@lru_cache(maxsize=8)
def _form(part_number: str, scale: float) -> tuple[Plane, Plane, Plane, Plane]:
    """What every piece has in common: coverage, height, and slopes along x and y.

    A plate with a hub on it, a bore and holes through it, every edge chamfered.
    """
    drawing, (x, y) = DRAWINGS[part_number], _grid(scale)
    radius = np.hypot(x, y)
    inside = np.minimum(drawing.outline(x, y), -drawing.bore(x, y))  # mm to the nearest edge
    for angle in ((2 * hole + 1) * math.pi / drawing.holes for hole in range(drawing.holes)):
        hole = _round(drawing.hole_radius, drawing.hole_circle * math.cos(angle), drawing.hole_circle * math.sin(angle))
        inside = np.minimum(inside, -hole(x, y))
    top = PLATE + HUB * np.clip((HUB_RADIUS - radius) / 0.5, 0, 1)
    height = np.where(inside > 0, top - np.clip(CHAMFER - inside, 0, CHAMFER), 0).astype(np.float32)
    return np.clip(inside * scale + 0.5, 0, 1).astype(np.float32), height, *_slopes(height, scale)


def _slopes(height: Plane, scale: float) -> tuple[Plane, Plane]:
    """Minus the gradient of the height; what is steeper than a chamfer is a wall that no camera above can see."""
    dy, dx = np.gradient(cv2.GaussianBlur(height, (0, 0), 0.1 * scale) * scale)
    return np.clip(-dx, -1, 1).astype(np.float32), np.clip(-dy, -1, 1).astype(np.float32)


@lru_cache(maxsize=4)
def _ways(scale: float) -> tuple[Plane, Plane, NDArray[np.float64]]:
    """Where the tool goes on every piece: the unit vector across its way, and which way it is, in mm.

    Circles on the hub, wide arcs of a milling cutter on the plate.
    """
    x, y = _grid(scale)
    radius = np.hypot(x, y) + 1e-6
    far = 60.0  # mm, radius of the arcs
    across = np.hypot(x, y + far)
    turned = radius < HUB_RADIUS + 0.5
    ux = np.where(turned, x / radius, x / across)
    uy = np.where(turned, y / radius, (y + far) / across)
    return ux.astype(np.float32), uy.astype(np.float32), np.where(turned, radius, across)


def _marks(where: NDArray[np.float64], chance: np.random.Generator) -> Plane:
    """How deep the tool went on its ways, as a slope."""
    profile = chance.standard_normal(2048)
    profile = (profile + np.roll(profile, 1)) * 0.05
    return np.interp(where * 7.0, np.arange(2048), profile).astype(np.float32)


def _scratches(shape: tuple[int, ...], scale: float, chance: np.random.Generator) -> tuple[Plane, Plane]:
    """Fine straight scratches, anywhere, each a slope across itself."""
    sx, sy = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for _ in range(chance.integers(6, 26)):
        start = chance.uniform(0, shape[0], 2)
        angle, length = chance.uniform(0, np.pi), chance.gamma(2.0, 3.0) * scale
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        depth = chance.uniform(-0.5, 0.5)
        for plane, slope in ((sx, -np.sin(angle) * depth), (sy, np.cos(angle) * depth)):
            cv2.line(plane, _point(start), _point(end), float(slope), 1, cv2.LINE_4)
    blur = 0.08 * scale
    return cv2.GaussianBlur(sx, (0, 0), blur), cv2.GaussianBlur(sy, (0, 0), blur)  # type: ignore[return-value] # OpenCV's stub is wider


def _point(where: NDArray[np.float64]) -> tuple[int, int]:
    return int(where[0]), int(where[1])
