"""The empty stage of today against that of the calibration: light, evenness, focus, and where the camera stands. Pure.

No board lies there between two parts, but the stage has a texture, edges, screws. How far these have moved is told by
phase correlation (C. D. Kuglin, D. C. Hines, The Phase Correlation Image Alignment Method, 1975) in eight windows; all
together are a shift, the one against the other are a turn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import Gray, blocks, focus

Points = NDArray[np.float64]  # n × (x, y)

LEAST_RESPONSE = 0.03  # of a phase correlation: with less nothing on the stage could be followed
NEAR = 0.7  # share of a tolerance from which on the technician is warned
ROWS, COLUMNS = 2, 4
TURNS, ENOUGH = 4, 0.002  # tries, and radians that need no further one
AGREED = 1.5  # pixels between what a window says and what they all say
FEWEST = 4  # of these windows have to agree on something
LOOK_WIDTH = 640  # pixels: finer is not needed to find a shift


class State(StrEnum):
    """How a number lies to its tolerance."""

    WITHIN = "within"
    NEAR = "near"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far each measure of the empty stage may lie from the baseline; the other way round for the better is none.

    light     share, more or less
    evenness  share by which the light's slope over the stage may have changed
    focus     share by which the stage may have become less sharp
    shift     mm
    moved     the same as a share of the picture's width, where no board has told how many pixels a mm has
    turn      degrees
    """

    light: float = 0.10
    evenness: float = 0.04
    focus: float = 0.4
    shift: float = 1.0
    moved: float = 0.006
    turn: float = 0.6


SAID = {
    "light": "The light is at {value:+.0%} against its calibration (±{limit:.0%}): look at lamp and room light",
    "evenness": "The light has become uneven by {value:.0%} (at most {limit:.0%}): somebody has turned the lamp",
    "focus": "The stage is {value:.0%} less sharp than calibrated (at most {limit:.0%}): look at lens and focus",
    "shift": "The camera has moved by {value:.1f} mm (at most {limit:.1f}): look at its clamp",
    "moved": "The picture has moved by {value:.1%} of its width (at most {limit:.1%}): look at the camera's clamp",
    "turn": "The camera has turned by {value:.1f}° (at most {limit:.1f}): look at its clamp",
}
LOST = "The stage is not seen where it was, nor near: the camera was moved far, or turned: look at its clamp"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of the empty stage against the baseline; `value` is signed for the light alone."""

    measure: str
    value: float
    limit: float

    @property
    def state(self) -> State:
        """Where it lies; what is no number is beyond."""
        size = abs(self.value)
        if not size <= self.limit:
            return State.BEYOND
        return State.NEAR if size > NEAR * self.limit else State.WITHIN

    @property
    def sentence(self) -> str:
        """For the technician."""
        if math.isnan(self.value):
            return LOST
        return SAID[self.measure].format(value=self.value, limit=self.limit)


def measured(first: Gray, second: Gray, ground: Gray, figures: Mapping[str, float]) -> dict[str, float]:
    """Two pictures of the empty stage, region in full, corrected, held against the calibrated `ground`.

    figures  of the profile: `ground_focus` at calibration, `scale` in pixels a mm (none without a board),
             `is_followed`: 1 where the stage showed what could be followed

    light and evenness as shares of the calibrated, 0 unchanged; focus as the share that is lost; shift mm, or moved as
    a share of the width; turn °.
    Raises ValueError where the pictures have another size.
    """
    if not first.shape == second.shape == ground.shape:
        raise ValueError(f"the stage is {first.shape} where {ground.shape} was calibrated; run `station calibrate`")
    ratio = (blocks(first) + blocks(second) + 2) / (2 * blocks(ground) + 2)
    light = float(np.median(ratio))
    found = {"light": light - 1, "evenness": float(np.percentile(np.abs(ratio / max(light, 1e-3) - 1), 95))}
    if figures.get("ground_focus", 0.0) > 0:
        found["focus"] = max(0.0, 1 - focus(first, second) / figures["ground_focus"])
    return found | _place(first, ground, figures)


def _place(today: Gray, ground: Gray, figures: Mapping[str, float]) -> dict[str, float]:
    scale = figures.get("scale", 0.0)
    name, unit = ("shift", scale) if scale > 0 else ("moved", float(ground.shape[1]))
    moved = displaced(today, ground, unit)
    if not moved:  # what could be followed at the calibration and cannot any more has moved, nobody knows how far
        return {name: math.nan} if figures.get("is_followed") else {}
    return {name: moved["shift"], "turn": moved["turn"]}


def readings(found: Mapping[str, float], tolerances: Tolerances) -> list[Reading]:
    """Each measure against its tolerance."""
    return [Reading(name, value, getattr(tolerances, name)) for name, value in found.items()]


def displaced(today: Gray, ground: Gray, scale: float) -> dict[str, float]:
    """Shift in mm and turn in degrees; nothing where the stage shows nothing that could be followed.

    scale  pixels a mm, or a unit of another length
    """
    by = 1
    while by == 1 or today.shape[1] > LOOK_WIDTH:  # halved at least once: the camera's own pattern does not move
        today, ground, by = np.asarray(cv2.pyrDown(today), np.uint8), np.asarray(cv2.pyrDown(ground), np.uint8), 2 * by
    x = y = turn = 0.0
    for _ in range(TURNS):  # a turn smears the windows: turned back by what was found, they tell the rest of it
        found = _shifted(_turned(today, turn), ground)
        if found is None:
            return {}
        x, y, more = found
        turn += more
        if abs(more) < ENOUGH:
            break
    return {"shift": math.hypot(x, y) * by / scale, "turn": abs(math.degrees(turn))}


def _turned(gray: Gray, turn: float) -> Gray:
    """Turned back about its middle by so many radians."""
    if turn == 0:
        return gray
    middle = ((gray.shape[1] - 1) / 2, (gray.shape[0] - 1) / 2)
    back = cv2.getRotationMatrix2D(middle, math.degrees(turn), 1.0)
    return np.asarray(cv2.warpAffine(gray, back, gray.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _shifted(today: Gray, ground: Gray) -> tuple[float, float, float] | None:
    """Shift in pixels and small turn in radians; None where too little can be followed."""
    height, width = today.shape[0] // ROWS, today.shape[1] // COLUMNS
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    places, shifts = [], []
    for top, left in product(range(0, ROWS * height, height), range(0, COLUMNS * width, width)):
        here = np.s_[top : top + height, left : left + width]
        shift, response = cv2.phaseCorrelate(_texture(ground[here]), _texture(today[here]), window)
        if response >= LEAST_RESPONSE:
            places.append((left + width / 2 - today.shape[1] / 2, top + height / 2 - today.shape[0] / 2))
            shifts.append(shift)
    return _rigid(np.array(places), np.array(shifts)) if len(shifts) >= FEWEST else None


def _rigid(places: Points, shifts: Points) -> tuple[float, float, float] | None:
    """Shift and small turn (radians) that explain the shifts at these places, n × 2; None where they agree on none."""
    design = np.zeros((2 * len(places), 3))
    design[::2, 0] = design[1::2, 1] = 1
    design[::2, 2], design[1::2, 2] = -places[:, 1], places[:, 0]
    use = np.ones(len(places), bool)
    fit = np.zeros(3)
    off = np.zeros(len(places))
    for _ in range(3):
        rows = np.repeat(use, 2)
        fit = np.linalg.lstsq(design[rows], shifts.ravel()[rows], rcond=None)[0]
        off = np.linalg.norm(shifts - (design @ fit).reshape(-1, 2), axis=1)
        use = off <= max(AGREED, 2 * float(np.median(off)))
    if np.count_nonzero(off <= AGREED) < FEWEST:
        return None
    return float(fit[0]), float(fit[1]), float(fit[2])


def _texture(gray: Gray) -> NDArray[np.float32]:
    """The picture without what is smooth, which is the light's."""
    smooth = cv2.blur(gray, (15, 15)).astype(np.float32)
    return np.asarray((gray - smooth) / (smooth + 4), np.float32)
