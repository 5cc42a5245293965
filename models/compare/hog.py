"""Histograms of oriented gradients with logistic regression: what could be done before networks.

N. Dalal, B. Triggs, "Histograms of Oriented Gradients for Human Detection", 2005: the gradients of a cell are counted
by direction, each as much as it is steep; four cells at a time are brought to one length, clipped, and brought to it
again. Here without weighing by the place in a cell. In numpy, as OpenCV has dropped its own with version 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.classifier import Prediction
from models.compare.logistic import Logistic, fit
from models.preprocess import Gray

Floats = NDArray[np.float32]

CELL = 16  # pixels, the side; 8 in the paper, on pictures half as wide
DIRECTIONS = 9  # in half a turn: dark on bright is as bright on dark
CLIPPED = 0.2
PLAIN = 1.0  # gray level a pixel; what is flatter is noise, and is not made as large as an edge


class Hog:
    """Judges patches by their gradients.

    patches  n × size × size uint8 that are learnt, and n labels
    """

    def __init__(self, patches: Iterable[Gray], labels: NDArray[np.intp], part_numbers: tuple[str, ...]) -> None:
        seen = np.stack([hog(patch) for patch in patches])
        self.part_numbers = part_numbers
        self._mean = seen.mean(axis=0)
        self._logistic: Logistic = fit(seen, labels, len(part_numbers))

    @property
    def parameters(self) -> int:
        """Numbers that were learnt."""
        return self._logistic.weights.size + self._logistic.bias.size

    def classify(self, patch: Gray) -> Prediction:
        """Scores of one patch, size×size uint8; the embedding is what sets its gradients apart from all."""
        seen = hog(patch)
        apart = seen - self._mean
        scores = self._logistic.scores(seen[None])[0]
        return Prediction(scores.astype(np.float32), apart / max(float(np.linalg.norm(apart)), 1e-12))


def hog(patch: Gray) -> Floats:
    """Of a patch, size × size uint8: (size / CELL - 1)² · 4 · DIRECTIONS numbers; `CELL` divides the size."""
    cells, last = _cells(patch), patch.shape[0] // CELL - 1
    seen = np.concatenate([cells[y : last + y, x : last + x] for y, x in product((0, 1), repeat=2)], axis=-1)
    seen = np.minimum(_one_length(seen, PLAIN * CELL * CELL), CLIPPED)
    return np.asarray(_one_length(seen, 1e-6).ravel(), np.float32)


def _cells(patch: Gray) -> Floats:
    """Cells × cells × directions; a gradient between two directions counts for both."""
    down, across = np.gradient(patch.astype(np.float32))
    steep = np.hypot(down, across)
    direction = np.mod(np.arctan2(down, across), np.pi) * (DIRECTIONS / np.pi)
    lower = np.floor(direction).astype(np.intp)
    each = np.zeros((*patch.shape, DIRECTIONS), np.float32)
    y, x = np.indices(patch.shape)
    each[y, x, lower % DIRECTIONS] = steep * (1 - (direction - lower))
    each[y, x, (lower + 1) % DIRECTIONS] = steep * (direction - lower)
    cells = patch.shape[0] // CELL
    return np.asarray(each.reshape(cells, CELL, cells, CELL, DIRECTIONS).sum(axis=(1, 3)), np.float32)


def _one_length(blocks: Floats, least: float) -> Floats:
    return np.asarray(blocks / np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + least**2), np.float32)
