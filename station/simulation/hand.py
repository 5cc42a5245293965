"""The operator's hand in a blue glove: it brings and takes the parts, and hides them meanwhile."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from station.simulation.optics import Cutout
from station.simulation.parts import Plane

GLOVE = (1.55, 1.0, 0.55)  # tint B, G, R of blue nitrile
WIDTH, LENGTH = 68.0, 150.0  # mm of the cutout: the forearm reaches out of any view
FINGERS = 5.0  # mm from the middle of a part down to the upper edge of the hand that holds it
BONES = (  # capsules: from x, y to x, y, radius, in mm; x from the middle of the hand, y down from the longest finger
    (-15, 8, -9, 46, 5.5),
    (-5, 1, -3, 46, 6.0),
    (6, 3, 4, 46, 6.0),
    (15, 10, 10, 48, 5.0),
    (-26, 34, -12, 58, 6.5),
    (-5, 52, 4, 62, 15.0),
    (0, 64, 0, LENGTH + 20, 15.0),
)


@lru_cache(maxsize=4)
def hand(scale: float) -> Cutout:
    """A gloved hand reaching up from the lower edge: capsules melted into one soft shape, lit from above."""
    width, height = round(WIDTH * scale), round(LENGTH * scale)
    x = ((np.arange(width, dtype=np.float32) - width / 2) / np.float32(scale))[None, :]
    y = (np.arange(height, dtype=np.float32) / np.float32(scale) - 8)[:, None]
    depth = np.stack([_capsule(x, y, *bone) for bone in BONES])
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
    across, down = x - ax - along * dx, y - ay - along * dy
    return np.asarray(radius - np.sqrt(across * across + down * down), np.float32)  # `hypot` takes five times as long
