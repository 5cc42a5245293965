"""The empty stage, and one part on it: all that a quick calibration measures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from calibration import correct
from calibration.ground import displaced
from calibration.measure import clipped, compare, focus, level
from calibration.steps.doubts import moving, noise_of
from calibration.steps.focus import typical
from calibration.wizard import Adjust, Ask, Done, Live, Shot, Steps, Work

DARKEST, BRIGHTEST = 25.0, 215.0  # gray levels of the empty stage between which a part can be darker and brighter
MOST_CLIPPED = 0.02  # share of the empty stage
LEAST_COVERED = 0.002  # share of the stage that a part must change


def empty(work: Work) -> Steps:
    """The empty stage, as a look sees it: what every later picture is held against."""
    setup = work.setup
    answer = yield Ask("Clear the stage and take the hands away.", lambda shot: Live("level", level(shot.look)))
    while trouble := _not_empty(answer.shots, setup.patch_of(answer.shots[-1].stage, work.flat)[1]):
        answer = yield Adjust(trouble)
    looks = np.asarray(np.median([shot.look for shot in answer.shots], axis=0), np.uint8)
    stages = [work.flat.whole(shot.stage) if work.flat else shot.stage for shot in answer.shots]
    ground = np.asarray(np.rint(correct.mean(stages)), np.uint8)
    sharp_as = float(np.median([focus(one, other) for one, other in pairwise(stages)]))
    facts = {"noise": noise_of(answer.shots), "stage_level": level(looks), "ground_focus": sharp_as}
    facts["is_followed"] = float(bool(displaced(stages[0], ground, work.facts.get("scale", 1.0))))
    return Done("empty", facts, {"empty": looks, "ground": ground}, f"The empty stage is at {level(looks):.0f} of 255.")


def part(work: Work) -> Steps:
    """One part in focus, where focus was not sought step by step."""
    setup = work.setup
    answer = yield Ask("Lay one part in the middle of the stage and take the hand away.")
    while trouble := _no_part_seen(answer.shots, work, setup.patch_of(answer.shots[-1].stage, work.flat)[1]):
        answer = yield Adjust(trouble)
    return Done("part", {}, {"part": typical(answer.shots, setup, work)})


def _not_empty(shots: Sequence[Shot], parts: int) -> str:
    light = level(shots[-1].look)
    if light < DARKEST:
        return f"The empty stage is too dark ({light:.0f} of 255). Turn up the lamp, or lengthen the exposure."
    if light > BRIGHTEST or clipped(shots[-1].stage) > MOST_CLIPPED:
        return f"The empty stage is too bright ({light:.0f} of 255). Turn down the lamp, or shorten the exposure."
    if parts:
        return "Something lies on the stage. Clear it, and wipe it."
    return moving(shots)


def _no_part_seen(shots: Sequence[Shot], work: Work, parts: int) -> str:
    difference = np.abs(compare(shots[-1].look, work.pictures["empty"]).difference)
    if float((difference > 10).mean()) < LEAST_COVERED:
        return "No part is seen. Lay one in the middle of the stage."
    if parts != 1:
        return f"{parts or 'No'} parts are found where one was asked for. Lay one in the middle of the stage."
    return moving(shots)
