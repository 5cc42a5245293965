"""Pictures in, instructions out, a profile at the end: the same for a terminal, a browser and a test.

steps = wizard(...)
ask = next(steps)                 # what the technician has to do
ask = steps.send(shots)           # pictures taken after it was done: the next instruction …
except StopIteration as done:     # … or the profile, done.value
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from calibration.measure import Gray, clipped, compare, level, noise, sharpness
from calibration.profile import Profile, Region

SHOTS = 12  # pictures a step: enough for the noise of one to be averaged away
DARKEST, BRIGHTEST = 25.0, 215.0  # gray levels of the empty stage between which a part can be darker and brighter
MOST_CLIPPED = 0.02  # share of the empty stage
MOST_NOISE = 12.0  # gray levels; more is no sensor's noise but something that moves or flickers
LEAST_COVERED = 0.002  # share of the stage that a part must change


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture: the region of the stage in full, and as a look sees it (reduced)."""

    stage: Gray
    look: Gray


@dataclass(frozen=True, slots=True)
class Ask:
    """What the technician is asked to do before the next pictures are taken."""

    text: str


@dataclass(frozen=True, slots=True)
class Adjust(Ask):
    """The same step again: what is wrong, and which knob mends it."""


Steps = Generator[Ask, Sequence[Shot], Profile]


def wizard(
    camera: str,
    frame: tuple[int, int],
    region: Region,
    reduce: int,
    made_by: str,
    made_at: str,
    patch_of: Callable[[Gray], tuple[Gray, int]],
    is_simulated: bool = False,
) -> Steps:
    """Measure the empty stage, then one part in focus.

    camera    name of camera and mode, which the profile is valid for
    frame     width and height of its frames, pixels
    patch_of  what the network sees of a picture of the stage, and how many parts are found in it
    """
    shots = yield Ask("Clear the stage and take the hands away.")
    while trouble := _empty_trouble(shots, patch_of(shots[-1].stage)[1]):
        shots = yield Adjust(trouble)
    empty = np.median([shot.look for shot in shots], axis=0).astype(np.uint8)
    noisy = _noise(shots)
    shots = yield Ask("Lay one part in the middle of the stage and take the hand away.")
    while trouble := _part_trouble(shots, empty, patch_of(shots[-1].stage)[1]):
        shots = yield Adjust(trouble)
    patch, part = _typical([(patch_of(shot.stage)[0], shot.stage) for shot in shots])
    return Profile(
        camera=camera,
        frame=frame,
        made_at=made_at,
        made_by=made_by,
        region=region,
        reduce=reduce,
        empty=empty,
        part=part,
        noise=noisy,
        sharpness=sharpness(patch),
        clipped=clipped(patch),
        is_simulated=is_simulated,
    )


def _typical(pictures: list[tuple[Gray, Gray]]) -> tuple[Gray, Gray]:
    """Patch and stage of the picture whose sharpness lies in the middle."""
    return sorted(pictures, key=lambda picture: sharpness(picture[0]))[len(pictures) // 2]


def _empty_trouble(shots: Sequence[Shot], parts: int) -> str:
    light = level(shots[-1].look)
    if light < DARKEST:
        return f"The empty stage is too dark ({light:.0f} of 255). Turn up the lamp, or lengthen the exposure."
    if light > BRIGHTEST or clipped(shots[-1].stage) > MOST_CLIPPED:
        return f"The empty stage is too bright ({light:.0f} of 255). Turn down the lamp, or shorten the exposure."
    if parts:
        return "Something lies on the stage. Clear it, and wipe it."
    return _moving(shots)


def _part_trouble(shots: Sequence[Shot], empty: Gray, parts: int) -> str:
    difference = np.abs(compare(shots[-1].look, empty).difference)
    if float((difference > 10).mean()) < LEAST_COVERED:
        return "No part is seen. Lay one in the middle of the stage."
    if parts != 1:
        return f"{parts or 'No'} parts are found where one was asked for. Lay one in the middle of the stage."
    return _moving(shots)


def _moving(shots: Sequence[Shot]) -> str:
    return "The picture moves or flickers. Keep the stage still, and see that the lamp is steady." * (
        _noise(shots) > MOST_NOISE
    )


def _noise(shots: Sequence[Shot]) -> float:
    return float(np.median([noise(a.look, b.look) for a, b in pairwise(shots)]))
