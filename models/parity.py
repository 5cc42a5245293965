"""Whether a shrunk network still decides as the one that was learnt: both judge the same pictures, held back from both.

An int8 network differs from its float one by a few hundredths of probability. What counts on the line is whether it
names another part number, and how often.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]  # n × part numbers, probabilities

ALLOWED = 0.005  # share of the decisions that may change when a network is shrunk; more, and it is not released
ENOUGH = math.ceil(1 / ALLOWED)  # pictures; among fewer, a single change is more than the share allowed


class ParityError(ValueError):
    """The shrunk network is not the one that was learnt; the message is one plain sentence that names the mend."""


@dataclass(frozen=True, slots=True)
class Parity:
    """What shrinking did to the scores of `pictures` held-out pictures.

    largest, mean  absolute difference of probability, over all pictures and part numbers
    changed        pictures of which another part number is named
    """

    pictures: int
    largest: float
    mean: float
    changed: int

    @property
    def share(self) -> float:
        """Changed decisions among all."""
        return self.changed / self.pictures

    def told(self) -> dict[str, Any]:
        """All of it, with the share, for a card or as JSON."""
        return asdict(self) | {"share": self.share}

    def within(self) -> bool:
        """Whether no more decisions change than may."""
        return self.share <= ALLOWED

    def check(self) -> None:
        """Raises ParityError when more decisions change than may."""
        if not self.within():
            mend = (
                f"with fewer than {ENOUGH} pictures none may: hold back more of them, or learn again"
                if self.pictures < ENOUGH
                else "learn again, longer or from more pictures, so that fewer scores lie near the middle"
            )
            raise ParityError(
                f"the shrunk network names another part number in {self.changed} of {self.pictures} held-out pictures "
                f"({self.share:.2%}, where {ALLOWED:.1%} may change); {mend}"
            )


def compare(learnt: Scores, shrunk: Scores) -> Parity:
    """Scores of the network that was learnt and of the shrunk one, both n × part numbers, picture by picture.

    Raises ParityError when there are no pictures, or when a score is no number.
    """
    if learnt.shape != shrunk.shape or learnt.ndim != 2:
        raise ValueError(f"scores of shape {learnt.shape} cannot be compared with scores of shape {shrunk.shape}")
    if not len(learnt):
        raise ParityError("there is no held-out picture to compare the shrunk network on; hold some back")
    for which, scores in {"network that was learnt": learnt, "shrunk network": shrunk}.items():
        if not np.isfinite(scores).all():
            raise ParityError(f"the {which} gives scores that are no numbers; learn again, with another seed")
    difference = np.abs(learnt.astype(np.float64) - shrunk.astype(np.float64))
    changed = learnt.argmax(axis=1) != shrunk.argmax(axis=1)
    return Parity(len(learnt), float(difference.max()), float(difference.mean()), int(changed.sum()))
