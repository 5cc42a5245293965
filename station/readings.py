"""Every number that a gate looked at, beside its limit: which gate decided, and by how much. Pure.

The gates themselves are in recipe.py; what is read here never decides anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from station.recipe import GATES, Evidence, Recipe


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one gate.

    gate         its name, in words
    what         the number's name
    least, most  what it may be; None where there is no such limit
    closed       what a number that only says yes or no, or counts, means where it is closed
    """

    gate: str
    what: str
    value: float
    least: float | None = None
    most: float | None = None
    closed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether this number lets the part through."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def limit(self) -> float:
        """The limit that the value lies beyond, or else the one that it lies nearer to."""
        limits = [each for each in (self.least, self.most) if each is not None]
        return min(limits, key=lambda each: abs(self.value - each))


def readings(recipe: Recipe, evidence: Evidence) -> list[Reading]:
    """All that can be read, in the order of the gates; what was not measured is left out."""
    seen, wanted = evidence.predicted, recipe.part_number
    told = [
        Reading("good picture", "light", _number(evidence.light), *recipe.light),
        Reading("good picture", "clipped", _number(evidence.clipped), most=recipe.clipped),
        Reading("good picture", "sharpness", _number(evidence.sharpness), least=recipe.sharpness),
        Reading("one part", "parts", evidence.parts, 1, 1, f"{evidence.parts} parts were seen, one is wanted"),
        Reading("one part", "covered", _number(evidence.covered), least=recipe.covered),
        Reading("one part", "touches the edge", evidence.touches_edge, most=0, closed="the part is not wholly in view"),
        Reading("one part", "moved", evidence.moved, most=0, closed="the part was moving"),
        Reading("known part", f"distance to {seen}", evidence.distances[seen], most=recipe.farthest(seen)),
        Reading(
            "expected part", f"score of {seen}", evidence.scores[seen], least=recipe.score_thresholds.get(seen, 1.0)
        ),
        Reading(
            "expected part",
            f"is {wanted}",
            seen == wanted,
            least=1,
            closed=f"{seen} was seen, with a score of {evidence.scores[seen]:.3f}, and {wanted} is expected",
        ),
        Reading(
            "verified", "verified", evidence.verified, least=1, closed="the station was not verified for the order"
        ),
    ]
    return [each for each in told if not math.isnan(each.value)]


def deciding(recipe: Recipe, evidence: Evidence) -> str | None:
    """The name of the gate that decides, in words; None when all let the part through."""
    closed = (gate for gate in GATES if gate(recipe, evidence) is not None)
    return next((gate.__name__.replace("_", " ") for gate in closed), None)


def sentence(gate: str | None, told: Sequence[Reading]) -> str:
    """Which gate decided, and by how much, for people."""
    if gate is None:
        near = [each for each in told if each.what.startswith(("score", "distance"))]
        return f"Every gate let it through: {'; '.join(map(_by_how_much, near))}."
    closed = next((each for each in told if each.gate == gate and not each.is_open), None)
    if closed is None:
        return f"The gate “{gate}” decided: a measure is missing or not a number."
    return f"The gate “{gate}” decided: {_by_how_much(closed)}."


def _by_how_much(reading: Reading) -> str:
    if reading.closed:
        return reading.closed
    side = "within" if reading.is_open else "beyond"
    away = _short(abs(reading.value - reading.limit))
    return f"the {reading.what} is {_short(reading.value)}, {away} {side} its limit of {_short(reading.limit)}"


def _short(number: float) -> str:
    """Three decimals; more, where these would be nought."""
    return f"{number:.3f}" if abs(number) >= 0.001 or number == 0 else f"{number:.1e}"


def _number(value: float | None) -> float:
    return math.nan if value is None else value
