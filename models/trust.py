"""What a prediction is worth: how far the part lies from the known ones, and the thresholds of distance and score.

Thresholds are chosen on pictures that were held back from training, and on the int8 network that the line runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

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


def score_threshold(right: Vectors, wrong: Vectors) -> float:
    """A threshold that none of the wrong parts reaches, half-way to the right ones.

    right, wrong  scores of one part number, on pictures of that part and of others
    """
    reached = float(wrong.max(initial=0.0))
    usual = float(np.quantile(right, 1.0 - WITHIN, method="lower"))
    between = (reached + max(reached, usual)) / 2
    return max(LEAST, between, float(np.nextafter(np.float32(reached), np.float32(2))))


def still_possible(wrong: int) -> float:
    """The share of wrong parts that may pass, at 95 % confidence, when none of so many independent ones did.

    Exact (C. J. Clopper, E. S. Pearson, 1934); 1 when none was tried. Pictures of one session are hardly independent.
    """
    return 1.0 - 0.05 ** (1.0 / wrong) if wrong else 1.0


def distances(embeddings: Vectors, references: Iterable[Vectors]) -> Vectors:
    """Of n embeddings (n × d) to the references (m × d) of each of k part numbers: n × k."""
    return np.array([[distance(each, known) for each in embeddings] for known in references], np.float32).T


def choose(
    scores: Vectors, away: Vectors, labels: NDArray[np.intp], part_numbers: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Score thresholds and distance limits, part number → number, from pictures that were held back.

    scores  n × part numbers
    away    n × part numbers: the distances to their references
    labels  n indices: the part number that each picture really shows

    A wrong part that lies too far away is stopped by its distance; the threshold has to stop the others.
    """
    thresholds, limits = {}, {}
    for index, part in enumerate(part_numbers):
        right = labels == index
        limits[part] = distance_limit(away[right, index])
        wrong = ~right & (away[:, index] <= limits[part])
        thresholds[part] = score_threshold(scores[right, index], scores[wrong, index])
    return thresholds, limits
