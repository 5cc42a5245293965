"""Measures of a picture, each pure: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

CLIPPED = 250  # JPEG and demosaicing pull a saturated pixel down by a few levels


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A picture of the stage held against the picture of the same stage, empty.

    light       today's light as a share of the baseline's, median over the stage; 1.0 is unchanged
    difference  height × width, float32, gray levels: what light alone does not explain
    """

    light: float
    difference: NDArray[np.float32]


def compare(gray: Gray, empty: Gray) -> Comparison:
    """Part the change of a scene into light, which is smooth and everywhere, and the rest, which is a thing.

    The light is fitted as a plane of ratios gray / empty by least squares, twice, the second time without the pixels
    that the first fit explains badly; a part may cover up to a half of the stage. Both arrays: height × width, uint8.
    """
    if gray.shape != empty.shape:
        raise ValueError(f"the picture is {gray.shape}, the empty stage {empty.shape}: calibrate again")
    sample = np.s_[::FIT_STEP, ::FIT_STEP]
    ratio = _lifted(gray[sample]) / _lifted(empty[sample])
    typical = _middle(ratio)
    spread = max(0.02, 1.4826 * _middle(np.abs(ratio - typical)))
    fit = _fit(ratio, np.abs(ratio - typical) <= max(3 * spread, 0.15 * typical))
    fit = _fit(ratio, np.abs(ratio - _plane(fit, ratio.shape)) <= max(3 * spread, 0.05 * typical))
    return Comparison(typical, _lifted(gray) - _plane(fit, gray.shape) * _lifted(empty))


def _lifted(gray: Gray) -> NDArray[np.float32]:
    """One level more, so that black divides."""
    return gray + np.float32(1.0)


def _middle(values: NDArray[np.float32]) -> float:
    """The upper median, which is a value that is there; by sorting, the quickest way to it where many are equal."""
    return float(np.sort(values, axis=None)[values.size // 2])


RIDGE = np.eye(3, dtype=np.float32) * 1e-3  # a stage that nothing fits has still an answer: a flat one
FIT_STEP = 4  # light is smooth: one pixel in sixteen tells it as well as all of them


def _fit(values: NDArray[np.float32], use: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Least-squares plane a + b·x + c·y through the used values, x and y from -1 to 1."""
    design = _design(values.shape)
    used = design * use.ravel()  # weights of 0 and 1
    return np.linalg.solve(used @ design.T + RIDGE, used @ values.ravel())


def _plane(fit: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    y, x = _axes(shape)
    return np.asarray((fit[0] + fit[1] * x) + fit[2] * y, np.float32)


@lru_cache(maxsize=4)  # a station looks at one size of picture, thirty times a second
def _design(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1, x and y of each pixel, 3 × pixels."""
    y, x = np.broadcast_arrays(*_axes(shape))
    return np.stack([np.ones_like(x), x, y]).reshape(3, -1)


@lru_cache(maxsize=8)
def _axes(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, x = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    return y[:, None], x[None, :]


def level(gray: Gray) -> float:
    """Mean gray level, 0 to 255."""
    return float(cv2.mean(gray)[0])


def clipped(gray: Gray) -> float:
    """Share of the pixels, 0 to 1, that are saturated."""
    return cv2.countNonZero((gray >= CLIPPED).view(np.uint8)) / gray.size


def sharpness(gray: Gray) -> float:
    """Mean squared gradient over the squared mean level, so that more light is not taken for more focus.

    Tenengrad (Krotkov 1988) with the Sobel operator, normalised; it has no unit and compares like with like.
    """
    dx, dy = cv2.spatialGradient(gray)  # Sobel's 3×3 both ways in one pass
    energy = (cv2.norm(dx, cv2.NORM_L2SQR) + cv2.norm(dy, cv2.NORM_L2SQR)) / gray.size
    return float(energy) / max(1.0, level(gray)) ** 2


def noise(first: Gray, second: Gray) -> float:
    """Temporal noise in gray levels: standard deviation of the difference of two pictures of one scene, over √2.

    EMVA 1288, the two-picture method.
    """
    return float(np.std(first.astype(np.float32) - second.astype(np.float32)) / np.sqrt(2.0))
