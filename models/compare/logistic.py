"""Logistic regression with a penalty on the squares of its weights, in numpy alone.

Newton's method, which here is least squares weighed anew in each step (IRLS), on the examples' products in place of the
features: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PENALTY = 1e-4  # chosen by cross-validation on the training pictures of fasteners; ten times more or less did as well
FLOOR = 0.1  # of the mean deviation; a feature that hardly ever changes shall not shout when it does
STEPS, ENOUGH = 50, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """For k part numbers and d features: one regression for each, that part number against the others; of two, one.

    mean, deviation  d, of the features that were learnt; the deviation times √d, so that an example is about 1 long
    weights, bias    d × k and k; d × 1 and 1 of two part numbers
    """

    mean: Floats
    deviation: Floats
    weights: Floats
    bias: Floats

    def scores(self, features: NDArray[np.floating]) -> Floats:
        """N × d features to n × part numbers probabilities that sum to 1."""
        each = _sigmoid((features - self.mean) / self.deviation @ self.weights + self.bias)
        if each.shape[1] == 1:
            return np.concatenate([1 - each, each], axis=1)
        return np.asarray(each / each.sum(axis=1, keepdims=True))


def fit(features: NDArray[np.floating], labels: NDArray[np.intp], part_numbers: int) -> Logistic:
    """Learn n × d features and their n labels. Every part number weighs the same, however many examples it has."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    deviation = np.maximum((spread + FLOOR * spread.mean()) * np.sqrt(features.shape[1]), 1e-12)
    examples = np.asarray((features - mean) / deviation, np.float64)
    products = examples @ examples.T + 1.0  # the bias is the weight of one more feature, which is always 1
    weigh = (1.0 / (part_numbers * np.bincount(labels, minlength=part_numbers)))[labels]
    wanted = range(1, 2) if part_numbers == 2 else range(part_numbers)
    shares = np.stack([_newton(products, labels == part, weigh) for part in wanted], axis=1)
    return Logistic(mean, deviation, examples.T @ shares, shares.sum(axis=0))


def _newton(products: Floats, right: NDArray[np.bool_], weigh: Floats) -> Floats:
    """How much of each example (n) the weights are made of."""
    told, share = np.zeros(len(right)), np.zeros(len(right))
    for _ in range(STEPS):
        chance = _sigmoid(told)
        bend = np.maximum(chance * (1 - chance), 1e-12)
        root = np.sqrt(weigh * bend)
        system = root[:, None] * products * root
        system[np.diag_indices_from(system)] += PENALTY
        share = root * np.linalg.solve(system, root * (told + (right - chance) / bend))
        former, told = told, products @ share
        if np.abs(told - former).max() < ENOUGH:
            break
    return share


def _sigmoid(told: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(told, -500, 500))))
