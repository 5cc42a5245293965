"""What to expect, and how everything that was measured becomes a verdict.

The gates stand in one list, in their order; the first that is not passed names the verdict. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from station.types import Reason, Verdict

NEVER = -1.0  # a distance that nothing has


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is expected of one part number.

    score_thresholds  part number → least probability with which the network must name it
    distance_limits   part number → how far its embedding may lie from the known examples
    light             today's light as a share of the calibrated: least and most
    sharpness         least sharpness as a share of the calibrated
    clipped           most saturated pixels, as a share of the picture, above the calibrated
    covered           least share of the stage that differs from the calibrated empty stage
    """

    part_number: str
    name: str
    score_thresholds: Mapping[str, float]
    distance_limits: Mapping[str, float]
    light: tuple[float, float] = (0.75, 1.3)
    sharpness: float = 0.5
    clipped: float = 0.1
    covered: float = 0.0008

    def farthest(self, seen: str) -> float:
        """How far from the known examples a part may lie that the network takes for this; a look-alike never passes."""
        return self.distance_limits.get(seen, NEVER)

    def least(self, seen: str) -> float:
        """With what probability the network must name this; a look-alike has no threshold of its own."""
        return self.score_thresholds.get(seen, 0.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the gates look at. None means: there is nothing to measure it on (a replay, an empty stage).

    scores     part number → probability
    distances  part number → distance of the embedding to its known examples
    """

    parts: int
    touches_edge: bool
    moved: bool
    scores: Mapping[str, float]
    distances: Mapping[str, float]
    verified: bool
    light: float | None = None
    sharpness: float | None = None
    clipped: float | None = None
    covered: float | None = None

    @classmethod
    def of(cls, measures: Mapping[str, float], verified: bool) -> Evidence:
        """The evidence that a record's `measures` are the numbers of.

        verified  where the record is older than this number among its measures

        Raises KeyError when they are not all there: the picture was never judged.
        """
        known = {name: measures[name] for name in ("light", "sharpness", "clipped", "covered") if name in measures}
        return cls(
            parts=int(measures["parts"]),
            touches_edge=bool(measures["touches_edge"]),
            moved=bool(measures["moved"]),
            scores=_by_part("score ", measures),
            distances=_by_part("distance ", measures),
            verified=bool(measures.get("verified", verified)),
            **known,
        )

    @property
    def predicted(self) -> str:
        """The part number that the network saw."""
        return max(self.scores, key=lambda part_number: self.scores[part_number])

    def numbers(self) -> list[float]:
        """Every number, without its name."""
        known = [number for number in (self.light, self.sharpness, self.clipped, self.covered) if number is not None]
        flags = (self.parts, self.touches_edge, self.moved, self.verified)
        return [*self.scores.values(), *self.distances.values(), *flags, *known]

    def measures(self) -> dict[str, float]:
        """Every number, flat, for the record."""
        numbers = {f"score {part}": value for part, value in self.scores.items()}
        numbers |= {f"distance {part}": value for part, value in self.distances.items()}
        numbers |= {"parts": self.parts, "touches_edge": float(self.touches_edge), "moved": float(self.moved)}
        numbers["verified"] = float(self.verified)
        known = {"light": self.light, "sharpness": self.sharpness, "clipped": self.clipped, "covered": self.covered}
        return numbers | {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reason, and what the operator can do about it."""

    verdict: Verdict
    reason: Reason = Reason.NONE
    advice: str = ""


def decide(recipe: Recipe, evidence: Evidence) -> Decision:
    """PASS if every gate lets the part through; else what the first closed gate says."""
    for gate in GATES:
        decision = gate(recipe, evidence)
        if decision is not None:
            return decision
    return Decision(Verdict.PASS)


def sound(recipe: Recipe, evidence: Evidence) -> Decision | None:
    """Numbers that are no numbers decide nothing; nor is anything decided for no part number."""
    if not recipe.part_number:
        return Decision(Verdict.REJECT, Reason.NOT_VERIFIED, "There is no work order. Scan or choose one.")
    complete = evidence.scores.keys() == evidence.distances.keys() and recipe.part_number in evidence.scores
    if complete and all(
        map(math.isfinite, [*evidence.numbers(), *recipe.score_thresholds.values(), *recipe.distance_limits.values()])
    ):
        return None
    return Decision(Verdict.REJECT, Reason.FAULT, "A measure is missing or not a number. Call the technician.")


def good_picture(recipe: Recipe, evidence: Evidence) -> Decision | None:
    """Light, clipping and focus lie within the calibration."""
    if evidence.light is not None and not recipe.light[0] <= evidence.light <= recipe.light[1]:
        return _poor(f"The light is at {evidence.light:.0%} of its calibration. Look at the lamp.")
    if evidence.clipped is not None and evidence.clipped > recipe.clipped:
        return _poor("The picture is too bright in places. Turn the part, or look at the lamp.")
    if evidence.sharpness is not None and evidence.sharpness < recipe.sharpness:
        return _poor("The picture is not sharp. Wipe the lens, or call the technician.")
    return None


def one_part(recipe: Recipe, evidence: Evidence) -> Decision | None:
    """A part is there, alone, whole and still."""
    if evidence.parts == 0 or (evidence.covered is not None and evidence.covered < recipe.covered):
        return _poor("No part is seen. Lay one part in the middle of the stage.")
    if evidence.parts > 1:
        return _poor("More than one part is seen. Leave one on the stage.")
    if evidence.touches_edge:
        return _poor("The part is not wholly in view. Move it to the middle.")
    if evidence.moved:
        return _poor("The part was moving. Lay it down and take the hand away.")
    return None


def known_part(recipe: Recipe, evidence: Evidence) -> Decision | None:
    """It looks like the known examples of what the network takes it for."""
    seen = evidence.predicted
    if evidence.distances[seen] <= recipe.farthest(seen):
        return None
    return Decision(Verdict.REJECT, Reason.UNKNOWN_PART, f"This is no part that the station knows; {_wanted(recipe)}.")


def expected_part(recipe: Recipe, evidence: Evidence) -> Decision | None:
    """The network names the expected part, with a probability beyond the threshold."""
    seen = evidence.predicted
    if evidence.scores[seen] < recipe.least(seen):
        return Decision(Verdict.UNSURE, Reason.TOO_CLOSE, "Too close to call. Turn the part and lay it again.")
    if seen != recipe.part_number:
        return Decision(Verdict.REJECT, Reason.WRONG_PART, f"This is {seen}; {_wanted(recipe)}.")
    return None


def verified(recipe: Recipe, evidence: Evidence) -> Decision | None:  # noqa: ARG001 - gates share one shape
    """The station has been shown to tell golden from challenge part, for this order."""
    if evidence.verified:
        return None
    return Decision(Verdict.REJECT, Reason.NOT_VERIFIED, "The station is not verified for this order.")


Gate = Callable[[Recipe, Evidence], Decision | None]
GATES: tuple[Gate, ...] = (sound, good_picture, one_part, known_part, expected_part, verified)


def _by_part(name: str, measures: Mapping[str, float]) -> dict[str, float]:
    return {key.removeprefix(name): value for key, value in measures.items() if key.startswith(name)}


def _poor(advice: str) -> Decision:
    return Decision(Verdict.UNSURE, Reason.POOR_PICTURE, advice)


def _wanted(recipe: Recipe) -> str:
    return f"expected is {recipe.part_number}"
