"""The TFLite interpreter that the line runs; imports no training library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the network says of one patch.

    scores      one probability a part number, float32, summing to 1 (a sigmoid p is given as (1 - p, p))
    embedding   the penultimate layer, float32, normalised to length 1
    """

    scores: NDArray[np.float32]
    embedding: NDArray[np.float32]
