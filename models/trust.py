"""What a prediction is worth: how far the part lies from the known ones, and the thresholds of score and distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

NEIGHBOURS = 3  # one odd example among the references must not let an unknown part through


def distance(embedding: Vectors, references: Vectors, k: int = NEIGHBOURS) -> float:
    """Mean cosine distance, 0 to 2, of an embedding (d) to the k nearest of the references (n × d), all of length 1."""
    distances = 1.0 - references @ embedding
    nearest = np.partition(distances, min(k, len(distances)) - 1)[:k]
    return max(0.0, float(nearest.mean()))
