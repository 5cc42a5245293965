"""Light to numbers: a linear camera with a noise of its own, after the model of EMVA 1288 (see README.md)."""

from __future__ import annotations

from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.parts import Plane

RATE = 1.2e6  # electrons a second in a pixel that looks at white paper under the full lamp
FULL_WELL = 10_000.0  # electrons
READ_NOISE = 20.0  # electrons, standard deviation
FIXED_OFFSET = 10.0  # electrons, standard deviation from pixel to pixel (DSNU)
FIXED_RESPONSE = 0.008  # share, standard deviation from pixel to pixel (PRNU)
BLACK = 2.0  # gray levels without any light
STEP = 255.0 / FULL_WELL  # gray levels an electron at gain 1
FOCAL = 300.0  # mm from the lens to the stage, for the fall of light towards the corners

# 256 steps of a normal distribution, of variance 1: one random byte a pixel is the cheapest honest noise
_NORMAL = np.array([NormalDist().inv_cdf((step + 0.5) / 256) for step in range(256)], np.float32)
_NORMAL /= _NORMAL.std()


class Sensor:
    """The sensor behind the lens: its fixed pattern and its vignetting are made once, from a seed.

    x, y  mm on the stage that each pixel looks at, height × width
    """

    def __init__(self, x: Plane, y: Plane, seed: int) -> None:
        chance = np.random.default_rng([seed, 1])
        shape = np.broadcast_shapes(x.shape, y.shape)
        corner = (1 + (x * x + y * y) / FOCAL**2) ** -2  # cos⁴ of the angle from the axis
        self.response = np.asarray(
            corner * (1 + FIXED_RESPONSE * chance.standard_normal(shape, np.float32)), np.float32
        )
        self.offset = np.maximum(0, FIXED_OFFSET * chance.standard_normal(shape, np.float32))

    def electrons(self, radiance: Plane, exposure: float) -> Plane:
        """Mean electrons in each pixel after `exposure` seconds, before anything clips."""
        mean = self.response * radiance
        mean *= np.float32(RATE * exposure)
        mean += self.offset
        return mean

    def level(self, electrons: Plane, gain: float) -> Plane:
        """Gray levels of so many electrons, not yet rounded; a full well and 255 are the most."""
        level = np.minimum(electrons, np.float32(FULL_WELL))
        level *= np.float32(gain * STEP)
        level += np.float32(BLACK)
        return np.asarray(np.clip(level, 0, 255, out=level), np.float32)

    def expose(self, radiance: Plane, exposure: float, gain: float, chance: np.random.Generator) -> NDArray[np.uint8]:
        """One exposure in gray levels, height × width, uint8."""
        mean = self.electrons(radiance, exposure)
        noise = np.asarray(cv2.LUT(chance.integers(0, 256, mean.shape, np.uint8), _NORMAL), np.float32)
        noise *= deviation(mean)
        return np.asarray(cv2.convertScaleAbs(self.level(mean + noise, gain)), np.uint8)  # rounds


def deviation(electrons: Plane) -> Plane:
    """Temporal noise, standard deviation in electrons: of the photons (Poisson) and of reading them out."""
    return np.asarray(cv2.sqrt(electrons + np.float32(READ_NOISE**2)), np.float32)
