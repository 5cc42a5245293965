"""The paper's measures, with the first part number (its Part A) as what is looked for.

Everywhere `actual` holds n times 0 (the first part number) or 1 (the second), and `scores` n probabilities of the
second, as the network gives them. A measure that nothing can be said of, since its denominator is 0, is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

MEASURES = ("accuracy", "ppv", "npv", "sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many: A seen as A (tp) or as B (fn), B seen as A (fp) or as B (tn)."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def accuracy(self) -> float | None:
        """Of all, the share seen as what it is."""
        return share(self.tp + self.tn, self.tp + self.fn + self.fp + self.tn)

    @property
    def ppv(self) -> float | None:
        """Of what is seen as A, the share that is A."""
        return share(self.tp, self.tp + self.fp)

    @property
    def npv(self) -> float | None:
        """Of what is seen as B, the share that is B."""
        return share(self.tn, self.tn + self.fn)

    @property
    def sensitivity(self) -> float | None:
        """Of A, the share seen as A."""
        return share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float | None:
        """Of B, the share seen as B."""
        return share(self.tn, self.tn + self.fp)

    def measures(self) -> dict[str, float | None]:
        """All five, by name."""
        return {name: getattr(self, name) for name in MEASURES}


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole else None


def confusion(actual: Sequence[int], scores: Sequence[float]) -> Confusion:
    """Count. At a probability of 0.5 a picture is seen as A, as the line sees it; a NaN is counted as wrong."""
    truth, seen = np.asarray(actual) == 1, _scores(actual, scores) > 0.5
    cells = (~truth & ~seen, ~truth & seen, truth & ~seen, truth & seen)
    return Confusion(*(int(cell.sum()) for cell in cells))


def wrong(actual: Sequence[int], scores: Sequence[float]) -> list[bool]:
    """Of each picture, whether it was seen as what it is not."""
    told: list[bool] = ((_scores(actual, scores) > 0.5) != (np.asarray(actual) == 1)).tolist()
    return told


def roc(actual: Sequence[int], scores: Sequence[float]) -> list[tuple[float, float]]:
    """Points (1 - specificity, sensitivity) from (0, 0) to (1, 1), one a score; none where a part number is missing."""
    truth, seen = np.asarray(actual), _scores(actual, scores)
    a, b = np.sort(seen[truth == 0]), np.sort(seen[truth == 1])
    if not len(a) or not len(b):
        return []
    limits = np.unique(seen)
    found, false = (np.searchsorted(each, limits, "right") / len(each) for each in (a, b))
    return [(0.0, 0.0), *zip(false.tolist(), found.tolist(), strict=True)]


def auc(points: Sequence[tuple[float, float]]) -> float | None:
    """The area under a ROC; 1 is perfect, 0.5 is drawing lots."""
    return float(np.trapezoid([y for _, y in points], [x for x, _ in points])) if points else None


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are told."""
    told = [value for value in values if value is not None]
    return fmean(told) if told else None


def spread(values: Sequence[float | None]) -> float | None:
    """The standard deviation of a sample, of those that are told; None of fewer than two."""
    told = [value for value in values if value is not None]
    return stdev(told) if len(told) > 1 else None


def _scores(actual: Sequence[int], scores: Sequence[float]) -> NDArray[np.float64]:
    """A network that came to nothing says NaN; that is as wrong as can be, not unknown."""
    given = np.asarray(scores, np.float64)
    return np.where(np.isnan(given), 1.0 - np.asarray(actual), given)
