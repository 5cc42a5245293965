"""A picture of the stage becomes what the network sees: the part, found and centred, in a window of fixed side.

    gray ──find──► Finding(centre, extent, count, …)
      └───cut around the centre, `window` pixels wide──resize──► patch, 224×224

The window is chosen once, at training, and kept by the bundle. No part is ever scaled to fit: two look-alikes may
differ in nothing but size. The very same function runs in training and on the line.

A part is found by its edges, not by its gray level: metal is darker than the stage here and brighter there, and the
light of a lamp falls off smoothly, which makes no edges. Every step is of integers or exact interpolation, so that a
patch is the same bit for bit on x86-64 and aarch64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Points = NDArray[np.intp]  # n × (y, x)

LOOK_SIDE = 200  # pixels; the longer side of the picture that is searched is at most this
EDGE = 20  # gray levels within 3×3 pixels that make an edge, at the least
NOISE_FACTOR = 4  # and this many times the typical difference, where the stage is rough
JOIN = 20  # pieces nearer than 1/20 of the longer side belong to one part
SMALLEST = 25  # a part is at least 1/25 of the longer side long; dust is less
LESSER = 5  # a second part has at least 1/5 of the edges of the first; less is a scratch on the stage
WHOLE = 0  # in place of a window
WHOLE_REGION = (
    "Fewer than half of the pictures show one whole part, so the whole region is judged: nobody will see whether a "
    "part is whole, or alone. If parts are to lie in full view, collect such pictures and learn again."
)
WIDEST = 1 << 14  # pixels; no camera's picture is wider, and memory is made for a window before it is filled
RIM = 64  # the outermost 1/64 of the longer side is the picture's own rim: often a dark line of the camera


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the bundle keeps of how its patches were made.

    window  side of the square around the part, in pixels of the region; WHOLE takes the whole region, made square
    size    side of the patch, in pixels

    Raises ValueError when one of them can be no side; a card may say anything.
    """

    window: int
    size: int = 224

    def __post_init__(self) -> None:
        for name, side, least in (("window", self.window, WHOLE), ("size", self.size, 1)):
            if isinstance(side, bool) or not isinstance(side, int) or side < least:
                raise ValueError(f"the {name} of a patch is {side!r}, not a whole number of pixels from {least} on")
        if self.window > WIDEST:
            raise ValueError(f"the window of a patch is {self.window!r} pixels wide, more than any picture ({WIDEST})")

    @property
    def is_whole(self) -> bool:
        """Whether the patch shows the whole region: the part fills it, so that place and edges say nothing."""
        return self.window == WHOLE


@dataclass(frozen=True, slots=True)
class Finding:
    """What lies on the stage; lengths in pixels of the region.

    centre         (x, y) of the part with the most edges, or of the region when nothing was found
    extent         (width, height) of the upright box around it; (0, 0) when nothing was found
    area           what its convex outline encloses, in square pixels
    count          separate parts; 0 is an empty stage
    touches_edge   a part reaches the rim of the region, or the first does not fit into the window
    contrast       mean step at its edges, in gray levels
    """

    centre: tuple[int, int]
    extent: tuple[int, int] = (0, 0)
    area: int = 0
    count: int = 0
    touches_edge: bool = False
    contrast: float = 0.0

    @property
    def found(self) -> bool:
        """Whether anything is there."""
        return self.count > 0


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """What the network sees: `pixels`, size×size uint8; and what was found in the picture that it was cut from."""

    pixels: Gray
    finding: Finding


class Flat(Protocol):
    """A correction of light and lens, pixel by pixel; see `calibration.correct`."""

    def whole(self, gray: Gray) -> Gray:
        """A picture of the stage, in full or halved, corrected."""

    def window(self, gray: Gray, left: int, top: int) -> Gray:
        """What was cut out of a picture in full, from `left`, `top` on, corrected."""


def prepare(gray: Gray, preparation: Preparation, flat: Flat | None = None) -> Patch:
    """Find the part and cut its window out of a picture, height × width uint8, of any size.

    flat  corrects the picture, where it was not corrected before: only what is looked at, at a fraction of the cost

    Nothing found gives the window in the middle, so that the network can be run all the same; the caller refuses it.
    """
    finding = seen(find(gray, flat), preparation)
    return Patch(cut(gray, finding.centre, preparation, flat), finding)


def seen(finding: Finding, preparation: Preparation) -> Finding:
    """What was found, as far as the window shows it; where the part fills the region, one part or none."""
    if preparation.is_whole:
        return replace(finding, count=min(finding.count, 1), touches_edge=False)
    return replace(finding, touches_edge=finding.touches_edge or max(finding.extent) > preparation.window)


def find(gray: Gray, flat: Flat | None = None) -> Finding:
    """What lies on the stage (height × width, uint8), seen by its edges; no picture of the empty stage is needed."""
    small, scale = _small(gray, flat)
    steps = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    rim = 1 + max(small.shape) // RIM
    inner = np.zeros_like(steps)
    inner[rim:-rim, rim:-rim] = steps[rim:-rim, rim:-rim]
    edges = inner > max(EDGE, NOISE_FACTOR * int(np.median(steps)))
    parts = sorted(_gather(_pieces(edges)), key=len, reverse=True)
    parts = [part for part in parts if len(part) * LESSER >= len(parts[0])]
    if not parts:
        return Finding(centre=(gray.shape[1] // 2, gray.shape[0] // 2))
    low, high = parts[0].min(axis=0), parts[0].max(axis=0)  # (y, x)
    return Finding(
        centre=(int(low[1] + high[1]) * scale // 2, int(low[0] + high[0]) * scale // 2),
        extent=(int(high[1] - low[1] + 1) * scale, int(high[0] - low[0] + 1) * scale),
        area=_area(parts[0]) * scale * scale,
        count=len(parts),
        touches_edge=any(_reaches(part, rim, small.shape) for part in parts),
        contrast=float(steps[tuple(parts[0].T)].mean()),
    )


def cut(gray: Gray, centre: tuple[int, int], preparation: Preparation, flat: Flat | None = None) -> Gray:
    """The window around `centre` as size×size uint8; beyond the picture it is plain gray."""
    height, width = gray.shape
    window = preparation.window
    if preparation.is_whole:
        window, centre = max(height, width), (width // 2, height // 2)
    left, top = centre[0] - window // 2, centre[1] - window // 2
    inside = gray[max(0, top) : top + window, max(0, left) : left + window]
    if flat:
        inside = flat.window(inside, max(0, left), max(0, top))
    above, before = max(0, -top), max(0, -left)
    below, after = max(0, top + window - height), max(0, left + window - width)
    level = int(np.median(inside[::4, ::4]))  # mostly the stage's
    square = cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_CONSTANT, value=level)
    square, _ = _halve(np.asarray(square, np.uint8), 2 * preparation.size - 1)
    side = (preparation.size, preparation.size)
    return np.asarray(cv2.resize(square, side, interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)


def _small(gray: Gray, flat: Flat | None) -> tuple[Gray, int]:
    """What is searched, and how many times smaller it is. It is corrected before it is halved for the last time.

    So the steps that correction leaves between gray levels are smoothed too, and what is found is nearly what a
    picture shows that was corrected in full.
    """
    if flat is None:
        return _halve(gray, LOOK_SIDE)
    half, before = _halve(gray, 2 * LOOK_SIDE)
    small, after = _halve(flat.whole(half), LOOK_SIDE)
    return small, before * after


def _halve(gray: Gray, at_most: int) -> tuple[Gray, int]:
    """Halve until the longer side is at most so long, smoothed against aliasing; and how many times smaller it is."""
    scale = 1
    while max(gray.shape) > at_most:
        gray, scale = np.asarray(cv2.pyrDown(gray), np.uint8), 2 * scale
    return gray, scale


def _pieces(edges: NDArray[np.bool_]) -> Iterator[Points]:
    """Edge pixels that lie close together, where they reach far enough to be no dust."""
    longer = max(edges.shape)
    reach = np.ones((1 + longer // JOIN,) * 2, np.uint8)
    joined = cv2.dilate(edges.astype(np.uint8), reach)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for label in range(1, count):
        left, top, width, height, _ = boxes[label]
        window = np.s_[top : top + height, left : left + width]
        piece = np.argwhere(edges[window] & (labels[window] == label)) + np.array([top, left])
        if np.ptp(piece, axis=0).max() * SMALLEST >= longer:
            yield piece


def _gather(pieces: Iterable[Points]) -> list[Points]:
    """Whatever lies within the outline of a part is of that part: a bore, a hub, a mark."""
    parts: list[Points] = []
    for piece in sorted(pieces, key=_area, reverse=True):
        middle = (piece.min(axis=0) + piece.max(axis=0)) / 2
        around = (
            n for n, part in enumerate(parts) if cv2.pointPolygonTest(_outline(part), middle.tolist(), False) >= 0
        )
        index = next(around, None)
        if index is None:
            parts.append(piece)
        else:
            parts[index] = np.concatenate([parts[index], piece])
    return parts


def _outline(part: Points) -> NDArray[np.int32]:
    return np.asarray(cv2.convexHull(part.astype(np.int32)), np.int32)


def _area(part: Points) -> int:
    return int(cv2.contourArea(_outline(part)))


def _reaches(part: Points, rim: int, shape: tuple[int, ...]) -> bool:
    return bool(part.min() <= rim or np.any(part.max(axis=0) >= np.subtract(shape, rim + 1)))
