"""The exposure is found by measuring: a linear camera needs one look to know it, and the camera's own steps decide.

    level = black + response · exposure        (EMVA 1288: linear, up to where it clips)

search = find(...); exposure = next(search); then search.send(level) gives the next one to try, until it returns.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from calibration.controls import Control
from calibration.measure import CLIPPED

CLOSE = 0.01  # share of the target within which nothing better is looked for
GOOD = 0.02  # share of the target within which it serves
MOST_STEPS = 6
DARK = 4.0  # gray levels above black: below, the level says little of the response
WHEN_CLIPPED, WHEN_DARK = 0.3, 8.0  # by so much the exposure is changed when the picture says nothing of the response


@dataclass(frozen=True, slots=True)
class Found:
    """What the search ends with; `trouble` is empty, or says what to turn."""

    exposure: float
    level: float
    steps: int
    trouble: str = ""


def find(control: Control, target: float, black: float) -> Generator[float, float, Found]:
    """Search for the exposure that brings the brightest place to `target`, both in gray levels; see above.

    Sent is the level that was measured at what was yielded, 250 or more when it clips.
    """
    exposure, tried = control.nearest(control.value), dict[float, float]()
    while len(tried) < MOST_STEPS:
        level = yield exposure
        tried[exposure] = level
        if abs(level - target) <= CLOSE * target:
            break
        following = control.nearest(exposure * _factor(level, target, black))
        if following in tried:
            break
        exposure = following
    exposure, level = min(tried.items(), key=lambda each: _merit(each[0], each[1], target))
    return Found(exposure, level, len(tried), _trouble(control, target, tried, exposure))


def _adapts(tried: Mapping[float, float]) -> bool:
    """Whether another exposure brought the same picture, where it was neither clipped nor dark."""
    levels = [level for level in tried.values() if 2 * DARK < level < CLIPPED]
    return len(levels) > 1 and len(levels) == len(tried) and max(levels) - min(levels) < GOOD * max(levels)


def _merit(exposure: float, level: float, target: float) -> tuple[float, ...]:
    """The least is the best; of those that miss alike, the one that went farthest the right way."""
    if level >= CLIPPED:
        return 1, exposure
    return 0, abs(level - target), exposure if level > target else -exposure


def _factor(level: float, target: float, black: float) -> float:
    if level >= CLIPPED:
        return WHEN_CLIPPED
    if level < black + DARK:
        return WHEN_DARK
    return (target - black) / (level - black)


def _trouble(control: Control, target: float, tried: Mapping[float, float], exposure: float) -> str:
    level = tried[exposure]
    if abs(level - target) <= GOOD * target:
        return ""
    reached = f"The white sheet is at {level:.0f} of 255 where {target:.0f} is wanted"
    if _adapts(tried):
        return f"{reached}, and the exposure changes nothing. Switch the camera's automatics off."
    if level < target and exposure >= control.nearest(control.most):
        return f"{reached}, with the longest exposure. Turn up the lamp, bring it nearer, or open the lens."
    if level > target and exposure <= control.nearest(control.least):
        return f"{reached}, with the shortest exposure. Turn down the lamp, or close the lens."
    if control.step and control.step > GOOD * exposure:
        return (
            f"{reached}, and the camera has no exposure between. Turn down the lamp, so that its steps count for less."
        )
    return f"{reached}, and more exposure does not bring more light as it should. Switch the camera's automatics off."
