"""Recalibration or retraining? Whether golden parts look to the network again as its card expects. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.chance import at_most

DOUBT = 0.05  # so seldom would right parts do as badly by chance
FARTHER = 0.25  # of the distance limit, by which golden parts may lie farther than at the last calibration


@dataclass(frozen=True, slots=True)
class Expected:
    """What the bundle's card expects of right parts.

    score     least probability with which the network must name them
    distance  how far they may lie from the known examples
    passed    share of the held-back right parts that kept both
    before    mean distance of the golden parts at the last calibration with this network, as a share of the limit
    """

    score: float
    distance: float
    passed: float = 0.95
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the golden parts have come back, and what to do, in words."""

    is_back: bool
    said: str


def fitness(scores: Sequence[float], distances: Sequence[float], expected: Expected) -> Fit:
    """What placements of golden parts say, one score and one distance each."""
    kept = sum(s >= expected.score and d <= expected.distance for s, d in zip(scores, distances, strict=True))
    of = len(scores)
    mean = sum(distances) / max(1, of) / expected.distance
    told = f"{kept} of {of} golden placements keep score and distance of the bundle's card"
    if not of or at_most(kept, of, min(expected.passed, 0.99)) < DOUBT:
        return Fit(
            False,
            f"{told}, which expects {expected.passed:.0%}: the light is true, and yet the network does not know the "
            "part. It must see new pictures: `station collect`, then `station teach`.",
        )
    if expected.before is not None and mean > expected.before + FARTHER:
        return Fit(
            False,
            f"{told}, but they lie at {mean:.0%} of the distance limit where it was {expected.before:.0%}: part or "
            "stage look different. Wipe both; if it stays so, the network must see new pictures: `station collect`, "
            "then `station teach`.",
        )
    return Fit(
        True, f"{told}, at {mean:.0%} of the distance limit: recalibrating was enough, nothing has to be learnt."
    )
