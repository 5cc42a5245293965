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
from models.dataset import Picture

NEIGHBOURS = 3  # one odd example among the references must not let an unknown part through
WITHIN = 0.985  # of the right parts lie within the distance limit
LEAST = 0.75  # no part passes with a lower score, however well the held-back pictures were told apart


def distance(embedding: Vectors, references: Vectors, k: int = NEIGHBOURS) -> float:
    """Mean cosine distance, 0 to 2, of an embedding (d) to the k nearest of the references (n × d), all of length 1.

    NaN, which never passes, where there are no references.
    """
    if not len(references):
        return float("nan")
    alike = references @ embedding
    alike.sort()  # of some hundreds, quicker than to part them
    nearest = alike[-k:]
    away = float(1.0 - np.add.reduce(nearest) / np.float32(len(nearest)))
    return 0.0 if away < 0.0 else away  # unlike max, it keeps a NaN a NaN


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
    specimens  n names: of each its specimen, or its group where no specimen is told
    sessions, calibrations  n names, empty where none is told; or none at all
    """

    scores: Vectors
    away: Vectors
    labels: NDArray[np.intp]
    specimens: Sequence[str]
    sessions: Sequence[str] = ()
    calibrations: Sequence[str] = ()


def of_pictures(pictures: Iterable[Picture]) -> tuple[list[str], list[str], list[str]]:
    """Specimens, sessions and calibrations of pictures, as `Held` wants them."""
    told = [(each.piece, each.session, each.calibration) for each in pictures]
    return [each[0] for each in told], [each[1] for each in told], [each[2] for each in told]


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
        right = held.labels == index
        limits[part] = distance_limit(held.away[right, index])
        near = np.where(held.away[:, index] <= limits[part], held.scores[:, index], np.float32(0))
        rivals = {other: _trials(held, near, number) for number, other in enumerate(part_numbers) if number != index}
        shown = [threshold(worst, asked.escape) for worst, _, _ in rivals.values()]
        bounded = None if None in shown else max(filter(None, shown))
        wrong = (held.labels != index) & (held.labels < len(part_numbers))
        scores[part] = score_threshold(held.scores[right, index], near[wrong], bounded)
        bounds[part] = max(
            (
                Bound(
                    other,
                    asked.escape,
                    len(worst),
                    _reached(worst, scores[part]),
                    sessions,
                    calibration=calibration,
                    dated=asked.dated,
                )
                for other, (worst, sessions, calibration) in rivals.items()
            ),
            key=lambda bound: bound.shown,
        )
    return Thresholds(scores, limits, bounds)


def _trials(held: Held, near: Vectors, label: int) -> tuple[Vectors, int, str]:
    """Of each specimen of a part number the highest score as the expected one; in how many sessions; which calibration.

    Pictures of several calibrations have none: nobody could say when their bound lapses.
    """
    chosen = np.flatnonzero(held.labels == label).tolist()
    worst = worst_of_each(near[chosen], [held.specimens[each] for each in chosen])
    sessions, calibrations = (
        {names[each] for each in chosen} if names else set() for names in (held.sessions, held.calibrations)
    )
    return worst, len(sessions - {""}), calibrations.pop() if len(calibrations) == 1 else ""


def _reached(worst: Vectors, score: float) -> int:
    return int(np.sum(worst >= np.float32(score)))
