"""Copies of a patch as the part could have lain and been lit; seeded, and fast enough to make each copy only once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.preprocess import Gray

WIDER = 1.5  # a patch is cut so much wider than the network sees it, that a turned one has no empty corners


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges, each drawn from evenly.

    rotation    degrees
    shift       share of the width, and of the height
    zoom        share by which the part grows; 0 where size is evidence
    brightness  factor on the gray levels
    over_edge   share of the copies of which a straight edge cuts a side off
    """

    rotation: tuple[float, float]
    shift: tuple[float, float]
    zoom: tuple[float, float]
    brightness: tuple[float, float]
    over_edge: float = 0.0


# Hafizh et al., Table I
PAPER = Augmentation(rotation=(0, 45), shift=(0, 0.1), zoom=(0, 0.2), brightness=(0.1, 1.0))

# Ours: the part is found and centred and lies at any angle; its size is evidence; the station watches its light. No
# mirror images: a left-handed part is not a right-handed one. A part over the edge never passes, but the record should
# name it.
STAGE = Augmentation(rotation=(0, 360), shift=(-0.03, 0.03), zoom=(0, 0), brightness=(0.8, 1.2), over_edge=0.3)

AUGMENTATIONS = {"stage": STAGE, "paper": PAPER}


def augment(wide: Gray, augmentation: Augmentation, size: int, rng: np.random.Generator, wider: float = WIDER) -> Gray:
    """One copy, size×size uint8, of the middle of a patch that is `wider` (square, uint8, of any scale)."""
    if rng.random() < augmentation.over_edge:
        wide = _over_edge(wide, rng, wider)
    zoom = 1.0 + rng.uniform(*augmentation.zoom)
    shift = size * rng.uniform(*augmentation.shift, size=2)
    copy = turn(wide, rng.uniform(*augmentation.rotation), size, zoom, (shift[0], shift[1]), wider)
    return np.asarray(cv2.convertScaleAbs(copy, alpha=rng.uniform(*augmentation.brightness)), np.uint8)


def turn(
    wide: Gray,
    degrees: float,
    size: int,
    zoom: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    wider: float = WIDER,
) -> Gray:
    """The middle of a wider patch, turned about its centre and resized to size×size uint8, grown and shifted (pixels).

    All in one interpolation, so that a turned patch is as sharp and as noisy as one that is not.
    """
    side = wide.shape[0]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, zoom * wider * size / side)
    matrix[0, 2] += (size - side) / 2 + shift[0]
    matrix[1, 2] += (size - side) / 2 + shift[1]
    return np.asarray(cv2.warpAffine(wide, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _over_edge(wide: Gray, rng: np.random.Generator, wider: float) -> Gray:
    """Plain gray to the left of some line, and the rest of the part, a third or more of it, in the middle."""
    half = wide.shape[0] / wider / 2
    seen = rng.uniform(-half / 3, half)
    cut = wide.copy()
    cut[:, : round(wider * half - seen)] = np.median(wide[::4, ::4])
    return np.roll(cut, -round((half - seen) / 2), axis=1)
