"""Dark and flat field: every pixel as if the light and the lens were the same everywhere.

    corrected = (gray - dark) · gain,        gain = WHITE / (white - dark)

the two-point correction (EMVA 1288 measures what it removes as DSNU and PRNU). Of eight-bit arrays, and with gains that
are whole multiples of a power of two, so that it costs little and comes out the same on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import CLIPPED, Gray, falloff

WHITE = 240.0  # gray level of a white sheet, corrected: the same with every lamp, so that a network sees the same
FINE, COARSE = 128, 64  # a gain of 1, as it is kept; the fine one where no gain is beyond 255 / 128
ODD = 0.25  # share by which a pixel may differ from its neighbours before it is broken
HOT = 32.0  # gray levels in the dark
MOST_BAD = 0.001  # share of the pixels


@dataclass(frozen=True, slots=True, eq=False)
class FlatField:
    """The correction of one region of the frame.

    dark   level without light, height × width, uint8
    gain   height × width, uint8, in units of 1 / unit
    unit   128 or 64
    bad    pixels that cannot be corrected: broken, or with too little light
    """

    dark: Gray
    gain: Gray
    unit: int
    bad: int = 0

    def whole(self, gray: Gray) -> Gray:
        """A picture of the region, in full or reduced, corrected."""
        dark, gain = self._maps(gray.shape)
        return self._apply(gray, dark, gain)

    def window(self, gray: Gray, left: int, top: int) -> Gray:
        """What was cut out of such a picture in full, from `left`, `top` on, corrected: it costs only its own size."""
        height, width = gray.shape
        here = np.s_[top : top + height, left : left + width]
        return self._apply(gray, self.dark[here], self.gain[here])

    def _apply(self, gray: Gray, dark: Gray, gain: Gray) -> Gray:
        bare = cv2.subtract(gray, dark)
        return np.asarray(cv2.multiply(bare, gain, bare, scale=1 / self.unit), np.uint8)

    def _maps(self, shape: tuple[int, ...]) -> tuple[Gray, Gray]:
        if shape == self.gain.shape:
            return self.dark, self.gain
        return _reduced(self, (shape[0], shape[1]))


@lru_cache(maxsize=4)  # a flat field is one object as long as its profile is in use
def _reduced(field: FlatField, shape: tuple[int, int]) -> tuple[Gray, Gray]:
    size = (shape[1], shape[0])
    dark, gain = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (field.dark, field.gain))
    return np.asarray(dark, np.uint8), np.asarray(gain, np.uint8)


def flat_field(dark: Sequence[Gray], white: Sequence[Gray]) -> FlatField:
    """Make it from pictures with the cap on the lens, and of a white sheet. All height × width, uint8."""
    black, bright = mean(dark), mean(white)
    smooth_black, light = cv2.blur(black, (5, 5)), cv2.blur(bright, (5, 5)) - cv2.blur(black, (5, 5))
    odd = np.abs(bright - black - light) > ODD * np.maximum(light, 1.0)
    gain = WHITE / np.maximum(np.where(odd, light, bright - black), 1.0)  # a broken pixel as its neighbours
    bad = odd | (bright >= CLIPPED) | (black - smooth_black > HOT) | (gain * COARSE > 255)
    usable = gain[~bad]
    unit = FINE if usable.size and usable.max() * FINE <= 255 else COARSE
    kept = np.asarray(np.clip(np.rint(gain * unit), 0, 255), np.uint8)
    return FlatField(np.asarray(np.rint(smooth_black), np.uint8), kept, unit, int(np.count_nonzero(bad)))


def trouble(field: FlatField, white: Sequence[Gray]) -> str:
    """What speaks against a flat field, in words, by the white pictures; empty where nothing does."""
    share = field.bad / field.gain.size
    if share > MOST_BAD:
        clip = float((mean(white) >= CLIPPED).mean())
        why = "the white sheet is too bright there" if clip > share / 2 else "they are too dark, or broken"
        return f"{field.bad} pixels ({share:.2%}) cannot be corrected: {why}. Even the light, wipe lens and sheet."
    left = falloff(field.whole(np.asarray(np.rint(mean(white)), np.uint8)))
    if left > 0.02:
        return f"Corrected, the white sheet still falls off by {left:.1%}. Lay a clean sheet flat, and shade the stage."
    return ""


def mean(pictures: Sequence[Gray]) -> NDArray[np.float32]:
    """Mean of pictures of one scene, height × width, float32."""
    total = np.zeros(pictures[0].shape, np.float32)
    for picture in pictures:
        cv2.accumulate(picture, total)
    return np.asarray(total / len(pictures), np.float32)
