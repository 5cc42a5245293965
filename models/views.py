"""A patch as it would look, were the part turned, and in learning the light a little different.

On the line four quarter turns, which move pixels and interpolate nothing: the same bits on every machine. In learning
eight more between them. Beyond the corners lies plain gray, as beyond a picture's edge.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.preprocess import Gray

QUARTERS = 4
LEARNT = 12  # views of a known example, all round
JUDGED = slice(None, None, LEARNT // QUARTERS)  # of those that are learnt: the quarter turns
GAINS = (
    1,
    0.75,
    1.25,
    1,
    0.85,
    1.15,
    1,
    1.35,
    0.65,
    1,
    1.1,
    0.9,
)  # the light of learnt views; 1 if judged


def judged(patch: Gray) -> list[Gray]:
    """The views of a patch, size × size uint8, that are judged."""
    return [quarter(patch, turns) for turns in range(QUARTERS)]


def learnt(patch: Gray) -> list[Gray]:
    """The views of a patch that are learnt; the first of every three is one that is judged."""
    return [lit(turned(patch, 360.0 / LEARNT * view), gain) for view, gain in enumerate(GAINS)]


def turned(patch: Gray, degrees: float) -> Gray:
    """A patch, turned about its middle, counter-clockwise."""
    turns, rest = divmod(degrees, 90.0)
    return quarter(_between(patch, rest) if rest else patch, int(turns))


def lit(patch: Gray, gain: float) -> Gray:
    """A patch in so many times the light; what would be brighter than white is white."""
    return patch if gain == 1 else np.asarray(cv2.convertScaleAbs(patch, alpha=gain), np.uint8)


def quarter(patch: Gray, turns: int) -> Gray:
    """A patch, turned by so many right angles."""
    return np.ascontiguousarray(np.rot90(patch, turns))


def _between(patch: Gray, degrees: float) -> Gray:
    middle = (patch.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    level = float(np.median(patch[::4, ::4]))  # mostly the stage's
    return np.asarray(cv2.warpAffine(patch, matrix, patch.shape, borderValue=level), np.uint8)
