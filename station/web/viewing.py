"""A frame made ready for people who set a camera: small, magnified, and counted by brightness. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from calibration.measure import CLIPPED, brightest, level, sharpness
from calibration.profile import Region
from station.types import Frame

BINS = 64  # of a histogram; each is four gray levels wide
BLACK = 4  # gray levels: below, nothing is told apart any more
ZOOM = 3  # the middle of the region, a third of it each way, is shown pixel by pixel


@dataclass(frozen=True, slots=True)
class Figures:
    """What a picture of the region tells of exposure and focus.

    counts     pixels in each of `BINS` equal steps from black to white
    black      share of the pixels that are black, 0 to 1
    clipped    share that is saturated
    level      mean gray level, 0 to 255
    brightest  gray level of the brightest place
    sharpness  of the middle; no unit, the more the sharper
    """

    counts: tuple[int, ...]
    black: float
    clipped: float
    level: float
    brightest: float
    sharpness: float


def figures(frame: Frame, region: Region | None) -> Figures:
    """Count the region of a frame; all of it where there is none. Raises ValueError for what is no picture."""
    gray = frame.gray()
    stage = region.crop(gray) if region else gray
    counts = np.bincount(stage.ravel(), minlength=256)
    middle = zoomed(Region(0, 0, stage.shape[1], stage.shape[0])).crop(stage)
    return Figures(
        tuple(int(each) for each in counts.reshape(BINS, -1).sum(axis=1)),
        float(counts[:BLACK].sum()) / stage.size,
        float(counts[CLIPPED:].sum()) / stage.size,
        level(stage),
        brightest(stage),
        1000 * sharpness(middle),
    )


def zoomed(region: Region) -> Region:
    """The middle of a region."""
    width, height = region.width // ZOOM, region.height // ZOOM
    return Region(region.x + (region.width - width) // 2, region.y + (region.height - height) // 2, width, height)


def small(frame: Frame, region: Region | None, is_zoomed: bool = False) -> bytes:
    """A JPEG of the frame at half its size, the region drawn in; `is_zoomed`: the middle of the region, magnified.

    Empty for what is no picture.
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(frame.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, ValueError):
        return b""
    if pixels is None:
        return b""
    region = region or Region(0, 0, pixels.shape[1], pixels.shape[0])
    if is_zoomed:
        part = zoomed(region)
        cut = pixels[part.y : part.y + part.height, part.x : part.x + part.width]
        shown = cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    else:
        shown = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        corners = region.x, region.y, region.x + region.width, region.y + region.height
        left, top, right, bottom = (corner // 2 for corner in corners)
        cv2.rectangle(shown, (left, top), (right - 1, bottom - 1), (255, 255, 255), 2)
    return cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
