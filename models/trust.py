"""What a prediction is worth: how far the part lies from the known ones, and the thresholds of distance and score.

Thresholds are chosen on pictures that were held back from training, and on the int8 network that the line runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bound import ESCAPE, Bound, Vectors, above, threshold, worst_of_each

NEIGHBOURS = 3  # one odd example among the references must not let an unknown part through
WITHIN = 0.985  # of the right parts lie within the distance limit
LEAST = 0.75  # no part passes with a lower score, however well the held-back pictures were told apart


def distance(embedding: Vectors, references: Vectors, k: int = NEIGHBOURS) -> float:
    """Mean cosine distance, 0 to 2, of an embedding (d) to the k nearest of the references (n × d), all of length 1.

    NaN, which never passes, where there are no references.
    """
    if not len(references):
        return float("nan")
    distances = 1.0 - references @ embedding
    nearest = np.partition(distances, min(k, len(distances)) - 1)[:k]
    return float(np.maximum(0.0, nearest.mean()))  # unlike max, it keeps a NaN a NaN


def distance_limit(right: Vectors) -> float:
    """The distance within which `WITHIN` of the right parts (n distances) lie."""
    return float(np.quantile(right, WITHIN, method="higher"))


def score_threshold(right: Vectors, wrong: Vectors, bounded: float | None) -> float:
    """The least score that passes, 0 to 1.

    right, wrong  scores of one part number, on pictures of that part and of others
    bounded       the loosest threshold that is shown to hold back as many wrong parts as was asked; None when none is

    Where none is shown, no wrong part that was seen may pass. Where right and wrong parts lie apart, the threshold
    stands half-way, however loose it might be.
    """
    reached = float(wrong.max(initial=0.0))
    usual = float(np.quantile(right, 1.0 - WITHIN, method="lower"))
    half_way = (reached + usual) / 2 if usual > reached else 0.0
    return max(LEAST, half_way, above(reached) if bounded is None else bounded)


def distances(embeddings: Vectors, references: Iterable[Vectors]) -> Vectors:
    """Of n embeddings (n × d) to the references (m × d) of each of k part numbers: n × k."""
    return np.array([[distance(each, known) for each in embeddings] for known in references], np.float32).T


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What a network says of n pictures whose groups it has not learnt.

    scores  n × part numbers, and one more where look-alikes were learnt as `other`
    away    the same: the distances to their references
    labels  n indices: the part number that each picture really shows; one beyond them all is `other`
    groups  n names: one specimen at one time
    """

    scores: Vectors
    away: Vectors
    labels: NDArray[np.intp]
    groups: Sequence[str]
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What thresholds are to show.

    escape  the share of wrong parts that may pass as each part number
    dated   the day, YYYY-MM-DD; it stands beside the bound
    """

    escape: float = ESCAPE
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Part number → the least score, the farthest distance, and what is known of the wrong parts that pass them."""

    scores: Mapping[str, float]
    distances: Mapping[str, float]
    bounds: Mapping[str, Bound]

    def told(self) -> dict[str, Any]:
        """As a card keeps them."""
        return {
            "score_thresholds": dict(self.scores),
            "distance_limits": dict(self.distances),
            "bounds": {part: bound.told() for part, bound in self.bounds.items()},
        }


def choose(held: Held, part_numbers: Sequence[str], asked: Asked) -> Thresholds:
    """Thresholds from pictures that were held back.

    A wrong part that lies too far away is stopped by its distance; the threshold has to stop the others. Pictures of
    `other` are no trials: a dozen look-alikes teach what to refuse, and bound nothing.
    """
    scores, limits, bounds = {}, {}, {}
    for index, part in enumerate(part_numbers):
        right, wrong = held.labels == index, (held.labels != index) & (held.labels < len(part_numbers))
        limits[part] = distance_limit(held.away[right, index])
        near = np.where(held.away[:, index] <= limits[part], held.scores[:, index], np.float32(0))
        groups = [group for group, is_wrong in zip(held.groups, wrong, strict=True) if is_wrong]
        worst = worst_of_each(near[wrong], groups)
        scores[part] = score_threshold(held.scores[right, index], near[wrong], threshold(worst, asked.escape))
        escapes = int(np.sum(worst >= np.float32(scores[part])))
        bounds[part] = Bound(asked.escape, len(worst), escapes, held.sessions, dated=asked.dated)
    return Thresholds(scores, limits, bounds)
