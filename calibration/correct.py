"""Dark and flat field: every pixel as if the light and the lens were the same everywhere.

    corrected = (gray - dark) · gain,        gain = WHITE / (white - dark)

the two-point correction (EMVA 1288 measures what it removes as DSNU and PRNU). A gain is a whole multiple of 1/16384:
so fine that its steps draw no lines into a smooth stage, which the network would see; and its product with a gray level
has 24 bits, which float32 holds exactly, so that every processor gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import CLIPPED, Gray, falloff

WHITE = 240.0  # gray level of a white sheet, corrected: the same with every lamp, so that a network sees the same
UNIT = 16384  # a gain of 1, as it is kept
MOST_GAIN = 65535 / UNIT
ODD = 0.25  # share by which a pixel may differ from its neighbours before it is broken
HOT = 32.0  # gray levels in the dark
MOST_BAD = 0.001  # share of the pixels

Gain = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class FlatField:
    """The correction of one region of the frame.

    dark   level without light, height × width, uint8
    gain   height × width, uint16, in units of 1 / unit; uint8 in a calibration of before they were fine
    unit   `UNIT`; before, 128 or 64
    bad    pixels that cannot be corrected: broken, or with too little light
    """

    dark: Gray
    gain: Gain
    unit: int = UNIT
    bad: int = 0
    factor: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", _factor(self.gain, self.unit))

    def whole(self, gray: Gray) -> Gray:
        """A picture of the region, in full or reduced, corrected."""
        dark, factor = self._maps(gray.shape)
        return self._apply(gray, dark, factor)

    def window(self, gray: Gray, left: int, top: int) -> Gray:
        """What was cut out of such a picture in full, from `left`, `top` on, corrected: it costs only its own size."""
        height, width = gray.shape
        here = np.s_[top : top + height, left : left + width]
        return self._apply(gray, self.dark[here], self.factor[here])

    def _apply(self, gray: Gray, dark: Gray, factor: NDArray[np.float32]) -> Gray:
        return np.asarray(cv2.multiply(cv2.subtract(gray, dark), factor, dtype=cv2.CV_8U), np.uint8)

    def _maps(self, shape: tuple[int, ...]) -> tuple[Gray, NDArray[np.float32]]:
        if shape == self.gain.shape:
            return self.dark, self.factor
        return _reduced(self, (shape[0], shape[1]))


@lru_cache(maxsize=4)  # a flat field is one object as long as its profile is in use
def _reduced(flat: FlatField, shape: tuple[int, int]) -> tuple[Gray, NDArray[np.float32]]:
    size = (shape[1], shape[0])
    dark, gain = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (flat.dark, flat.gain))
    return np.asarray(dark, np.uint8), _factor(np.asarray(gain), flat.unit)


def _factor(gain: Gain, unit: int) -> NDArray[np.float32]:
    return np.asarray(gain / np.float32(unit), np.float32)


def flat_field(dark: Sequence[Gray], white: Sequence[Gray]) -> FlatField:
    """Make it from pictures with the cap on the lens, and of a white sheet. All height × width, uint8."""
    black, bright = mean(dark), mean(white)
    smooth_black = cv2.blur(black, (5, 5))
    taken_off = np.rint(smooth_black)  # whole levels, and by what is left the gain goes: the sheet becomes WHITE
    light = cv2.blur(bright, (5, 5)) - taken_off
    odd = np.abs(bright - taken_off - light) > ODD * np.maximum(light, 1.0)
    gain = WHITE / np.maximum(np.where(odd, light, bright - taken_off), 1.0)  # a broken pixel as its neighbours
    bad = odd | (bright >= CLIPPED) | (black - smooth_black > HOT) | (gain > MOST_GAIN)
    kept = np.asarray(np.rint(np.minimum(gain, MOST_GAIN) * UNIT), np.uint16)
    return FlatField(np.asarray(taken_off, np.uint8), kept, bad=int(np.count_nonzero(bad)))


def trouble(flat: FlatField, white: Sequence[Gray]) -> str:
    """What speaks against a flat field, in words, by the white pictures; empty where nothing does."""
    share = flat.bad / flat.gain.size
    if share > MOST_BAD:
        clip = float((mean(white) >= CLIPPED).mean())
        why = "the white sheet is too bright there" if clip > share / 2 else "they are too dark, or broken"
        return f"{flat.bad} pixels ({share:.2%}) cannot be corrected: {why}. Even the light, wipe lens and sheet."
    left = falloff(flat.whole(np.asarray(np.rint(mean(white)), np.uint8)))
    if left > 0.02:
        return f"Corrected, the white sheet still falls off by {left:.1%}. Lay a clean sheet flat, and shade the stage."
    return ""


def mean(pictures: Sequence[Gray]) -> NDArray[np.float32]:
    """Mean of pictures of one scene, height × width, float32."""
    total = np.zeros(pictures[0].shape, np.float32)
    for picture in pictures:
        cv2.accumulate(picture, total)
    return np.asarray(total / len(pictures), np.float32)
