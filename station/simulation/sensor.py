"""Light to numbers: a linear camera with a noise of its own, after the model of EMVA 1288 (see README.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.canvas import Window
from station.simulation.parts import Plane

RATE = 1.2e6  # electrons a second in a pixel that looks at white paper under the full lamp
FULL_WELL = 10_000.0  # electrons
READ_NOISE = 20.0  # electrons, standard deviation
FIXED_OFFSET = 10.0  # electrons, standard deviation from pixel to pixel (DSNU)
FIXED_RESPONSE = 0.008  # share, standard deviation from pixel to pixel (PRNU)
BRIGHTEST = 255.0
BLACK = 2.0  # gray levels without any light
STEP = BRIGHTEST / FULL_WELL  # gray levels an electron at gain 1
STRIP = 1 << 17  # pixels that are sampled at once
WHOLE: Window = np.s_[:, :]
FOCAL = 300.0  # mm from the lens to the stage, for the fall of light towards the corners

# 256 steps of a normal distribution, of variance 1: one random byte a pixel is the cheapest honest noise
_NORMAL = np.array([NormalDist().inv_cdf((step + 0.5) / 256) for step in range(256)], np.float32)
_NORMAL /= _NORMAL.std()


class Sensor:
    """The sensor behind the lens: its fixed pattern and its vignetting are made once, from a seed.

    x, y  mm on the stage that each pixel looks at, height × width
    """

    def __init__(self, x: Plane, y: Plane, seed: int) -> None:
        pattern = _pattern(np.broadcast_shapes(x.shape, y.shape), seed)
        corner = (1 + (x * x + y * y) / FOCAL**2) ** -2  # cos⁴ of the angle from the axis
        self.response = np.asarray(corner * pattern[0], np.float32)
        self.offset = pattern[1].copy()  # a sensor's own, which dust may fall on

    def electrons(self, radiance: Plane, exposure: float, window: Window = WHOLE) -> Plane:
        """Mean electrons in each pixel after `exposure` seconds, before anything clips; of a window of the sensor."""
        mean = self.response[window] * radiance
        mean *= np.float32(RATE * exposure)
        mean += self.offset[window]
        return mean

    def level(self, electrons: Plane, gain: float) -> Plane:
        """Gray levels of so many electrons, not yet rounded; a full well and 255 are the most."""
        level = _levels(np.minimum(electrons, np.float32(FULL_WELL)), gain)
        return np.asarray(np.clip(level, 0, BRIGHTEST, out=level), np.float32)

    def expose(self, radiance: Plane, exposure: float, gain: float, chance: np.random.Generator) -> NDArray[np.uint8]:
        """One exposure in gray levels, height × width, uint8."""
        mean = self.electrons(radiance, exposure)
        return np.concatenate([gray.copy() for _, gray in self.sample(mean, deviation(mean), gain, chance)])

    def sample(
        self, mean: Plane, spread: Plane, gain: float, chance: np.random.Generator
    ) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
        """Gray levels, uint8, of so many electrons and the standard deviation of their noise: rows, and what they hold.

        Strip by strip, so that what is at work stays near the processor; what is yielded is overwritten by the next.
        """
        dice, high = _dice(chance, mean.shape), max(1, STRIP // mean.shape[1])
        is_full = _levels(np.array([FULL_WELL], np.float32), gain)[0] >= BRIGHTEST  # the well clips nothing else
        gray = np.empty((high, mean.shape[1]), np.uint8)
        for top in range(0, mean.shape[0], high):
            rows = slice(top, top + high)
            level = np.asarray(cv2.LUT(dice[rows], _NORMAL), np.float32)
            level *= spread[rows]
            level += mean[rows]
            if not is_full:
                np.minimum(level, np.float32(FULL_WELL), out=level)
            cv2.threshold(_levels(level, gain), 0, 0, cv2.THRESH_TOZERO, level)
            yield rows, np.asarray(cv2.convertScaleAbs(level, gray[: len(level)]), np.uint8)  # rounds, 255 at the most


@lru_cache(maxsize=4)  # benches of one seed are set up again and again, and their pattern costs the most
def _pattern(shape: tuple[int, ...], seed: int) -> tuple[Plane, Plane]:
    """What differs from pixel to pixel: response, 1.0 on the average, and offset in electrons."""
    chance = np.random.default_rng([seed, 1])
    response = 1 + FIXED_RESPONSE * chance.standard_normal(shape, np.float32)
    return response, np.maximum(0, FIXED_OFFSET * chance.standard_normal(shape, np.float32))


def _levels(electrons: Plane, gain: float) -> Plane:
    """Electrons to levels, in place, before anything clips."""
    electrons *= np.float32(gain * STEP)
    electrons += np.float32(BLACK)
    return electrons


def _dice(chance: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """`chance.integers(0, 256, shape, np.uint8)`, out of the very same bits, in a third of its time."""
    words, rest = divmod(math.prod(shape), 8)
    if rest or chance.bit_generator.state.get("has_uint32", 1):  # half a word is left over, and would come first
        return chance.integers(0, 256, shape, np.uint8)
    return chance.bit_generator.random_raw(words).astype("<u8", copy=False).view(np.uint8).reshape(shape)


def deviation(electrons: Plane) -> Plane:
    """Temporal noise, standard deviation in electrons: of the photons (Poisson) and of reading them out."""
    return np.asarray(cv2.sqrt(electrons + np.float32(READ_NOISE**2)), np.float32)
