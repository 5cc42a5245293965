"""Measures of a picture, each pure: arrays in, numbers out. README.md lists them with units and sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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
    _, fit = cv2.solve(used @ design.T + RIDGE, used @ values.reshape(-1, 1), flags=cv2.DECOMP_CHOLESKY)
    return np.asarray(fit[:, 0], np.float32)


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


def brightest(gray: Gray | NDArray[np.float32]) -> float:
    """Gray level of the brightest place: the 98th percentile of the picture smoothed over a sixteenth of its width.

    Neither a hot pixel nor a speck of dust decides it. The exposure is set by it, so that nothing clips.
    """
    return float(np.percentile(blocks(gray), 98))


def falloff(gray: Gray | NDArray[np.float32], black: float = 0.0) -> float:
    """By what share the darkest place falls short of the brightest, 0 to 1, smoothed over a sixteenth of the width.

    Of a picture of a white sheet; `black` is the level without light. EMVA 1288 tells non-uniformity as a standard
    deviation (PRNU), which hides a dark corner; this is its peak to peak form for what is smooth.
    """
    smooth = blocks(gray) - black
    return float(1 - smooth.min() / max(1.0, smooth.max()))


def blocks(gray: Gray | NDArray[np.float32], across: int = 16) -> NDArray[np.float32]:
    """Mean gray levels of blocks, about so many in a row."""
    block = max(1, gray.shape[1] // across)
    size = (max(1, gray.shape[1] // block), max(1, gray.shape[0] // block))
    return np.asarray(cv2.resize(gray.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def straying(pictures: Sequence[Gray], across: int) -> NDArray[np.float32]:
    """By how many gray levels each block strays at most from its median over a series, beyond what noise explains.

    Of 2 pictures or more of one scene, height × width, uint8; about `across` blocks in a row. A mean of the series
    hides what is in a few of its pictures, a shadow for one; this finds it. Noise explains five standard deviations of
    a block's mean: of so many blocks in so many pictures, hardly one strays further by chance.
    """
    series = np.stack([blocks(picture, across) for picture in pictures])
    sigma = float(np.median([noise(one, other) for one, other in pairwise(pictures)]))
    by_noise = 5 * sigma * math.sqrt(series[0].size / pictures[0].size)
    far = np.abs(series - np.median(series, axis=0)).max(axis=0) - by_noise
    return np.asarray(np.maximum(0.0, far), np.float32)


def pattern(mean: NDArray[np.float32], black: float = 0.0) -> float:
    """Fixed pattern from pixel to pixel as a share of the level: PRNU of EMVA 1288, of a mean of many pictures.

    What is smooth (light, lens) is taken off first, as the standard's high-pass does.
    """
    rough = mean - cv2.blur(mean, (7, 7))
    return float(np.std(rough)) / max(1.0, float(mean.mean()) - black)


def snr(level: float, black: float, sigma: float) -> float:
    """Signal to noise, dB: 20·log10((level - black) / sigma), all in gray levels. EMVA 1288."""
    return 20 * math.log10(max(level - black, 1e-6) / max(sigma, 1e-6))


def ambient(off: float, on: float, black: float) -> float:
    """Share of the light that is not the lamp's, 0 to 1: levels with the lamp off and on, and without any light."""
    return min(1.0, max(0.0, off - black) / max(1e-6, on - black))


@dataclass(frozen=True, slots=True)
class Flicker:
    """How the light swings from picture to picture.

    depth  amplitude as a share of the mean level; twice that is the IES percent flicker of what the camera sees
    mains  50 or 60 (Hz) where that mains explains it, else None: something that comes and goes, or the camera
    """

    depth: float
    mains: int | None


def flicker(levels: Sequence[float], times: Sequence[float]) -> Flicker:
    """Fit a swing at twice the mains to the levels of pictures and the times (s) at which each was exposed.

    Least squares at the very times, so that the camera's rate may alias it (N. R. Lomb, Astrophysics and Space Science
    39, 1976). A swing that falls on the camera's own rate looks steady and does no harm. 6 pictures or more.
    """
    level, at = np.asarray(levels, np.float64), np.asarray(times, np.float64)
    mean = float(level.mean())
    left = level - mean
    whole = float(left @ left)
    if whole == 0.0 or mean <= 0:
        return Flicker(0.0, None)
    found = []
    for mains in (50, 60):
        phase = 4 * np.pi * mains * (at - at[0])
        waves = np.stack([np.cos(phase), np.sin(phase), np.ones_like(phase)])
        fit, *_ = np.linalg.lstsq(waves.T, left, rcond=1e-6)
        rest = left - fit @ waves
        found.append((float(rest @ rest) / whole, mains, math.hypot(fit[0], fit[1]) / mean))
    unexplained, mains, depth = min(found)
    if unexplained < 0.4:
        return Flicker(depth, mains)
    return Flicker(math.sqrt(2 * whole / len(level)) / mean, None)


def focus(first: Gray, second: Gray, black: float = 0.0) -> float:
    """Sharpness of one scene from two pictures of it, without what noise would add; no unit.

    As `sharpness`, but of the products of the gradients of both: what is in the scene is in both, noise in one only, so
    its mean is nought. More noise of a darker picture is not taken for more focus. `black` is the level without light.
    """
    energy = 0.0
    for order in ((1, 0), (0, 1)):
        one, other = (cv2.Sobel(gray, cv2.CV_32F, *order) for gray in (first, second))
        energy += float(np.vdot(one, other)) / first.size
    return max(0.0, energy) / max(1.0, (level(first) + level(second)) / 2 - black) ** 2
