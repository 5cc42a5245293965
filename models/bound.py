"""How often a wrong part may pass, and how surely that is known: thresholds with a bound on escapes.

Thresholds are tried from the strictest on, and the last one is taken before the first whose escape rate may exceed the
one that was asked for (fixed-sequence testing: A. N. Angelopoulos et al., "Learn then Test", arXiv 2110.01052, 2021).
Each test is exact, by the binomial distribution (C. J. Clopper, E. S. Pearson, 1934). It counts specimens, or groups
where no specimens are told, and one escapes when any of its pictures would: pictures of one specimen are not
independent. Every other part number has a bound of its own, and the worst is told: many easy ones say nothing of a
look-alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

ESCAPE = 0.02  # share of wrong parts that may pass, where nothing else is asked for
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known of the wrong parts that would pass as one part number: of the other part number that does best.

    against      which other part number that is
    asked        share of them that may pass
    trials       of its specimens (groups, where none are told), held back from learning, and presented as this one
    escapes      those of which some picture would have passed
    sessions     in which they were taken; 0 when the data set does not tell
    confidence   of the bound
    calibration  of the station that took the pictures; empty when the data set does not tell
    dated        when it was measured, as YYYY-MM-DD; empty when nobody said
    """

    against: str
    asked: float
    trials: int
    escapes: int
    sessions: int = 0
    confidence: float = CONFIDENCE
    calibration: str = ""
    dated: str = ""

    @property
    def shown(self) -> float:
        """The share that the trials show to be exceeded by no more than chance, 0 to 1: at `confidence`."""
        return upper(self.escapes, self.trials, self.confidence)

    @property
    def is_carried(self) -> bool:
        """Whether the trials show what was asked for."""
        return self.trials > 0 and tail(self.escapes, self.trials, self.asked) <= 1 - self.confidence

    @property
    def missing(self) -> int:
        """How many more groups it takes, if none of them escapes, before the trials show what was asked for."""
        if self.is_carried:
            return 0
        few, enough = 0, 1
        while not self._shown_by(enough):
            few, enough = enough, 2 * enough
        while enough - few > 1:
            between = (few + enough) // 2
            few, enough = (few, between) if self._shown_by(between) else (between, enough)
        return enough

    def _shown_by(self, more: int) -> bool:
        """Whether so many more trials without an escape would show what was asked for."""
        return tail(self.escapes, self.trials + more, self.asked) <= 1 - self.confidence

    def told(self) -> dict[str, Any]:
        """For a card, or as JSON."""
        return {
            "against": self.against,
            "asked": self.asked,
            "confidence": self.confidence,
            "trials": self.trials,
            "escapes": self.escapes,
            "shown": self.shown,
            "is_carried": self.is_carried,
            "missing": self.missing,
            "sessions": self.sessions,
            "calibration": self.calibration,
            "dated": self.dated,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Bound:
        """A bound out of a card. Raises KeyError, TypeError or ValueError when it is none."""
        return cls(
            against=str(told["against"]),
            asked=_share(told["asked"]),
            trials=_count(told["trials"]),
            escapes=_count(told["escapes"]),
            sessions=_count(told["sessions"]),
            confidence=_share(told["confidence"]),
            calibration=str(told["calibration"]),
            dated=str(told["dated"]),
        )

    def sentence(self, part_number: str) -> str:
        """In words, for whoever answers for what is shipped."""
        surely = f"with {self.confidence:.0%} confidence"
        if self.is_carried:
            said = (
                f"Of {self.against} at most {100 * self.asked:g}% pass as {part_number}, {surely} "
                f"({self.escapes} of {self.trials} specimens did)."
            )
        else:
            said = (
                f"That at most {100 * self.asked:g}% of {self.against} pass as {part_number} is not shown: "
                f"{self.escapes} of {self.trials} specimens did, which shows {math.ceil(1000 * self.shown) / 10:.1f}% "
                f"{surely}. It takes {self.missing} more of them, none of which passes."
            )
        told = {0: "The pictures do not tell their sessions", 1: "They are of one session: no other has been tried"}
        when = f", measured {self.dated}" if self.dated else ""
        return f"{said} {told.get(self.sessions, f'They are of {self.sessions} sessions')}{when}."


def tail(escapes: int, trials: int, share: float) -> float:
    """The probability of so few escapes, or fewer, if `share` of the wrong parts pass: a binomial distribution's."""
    if not 0 < share < 1:
        return 1.0 if share <= 0 or escapes >= trials else 0.0
    logs = [_log_probability(k, trials, share) for k in range(min(escapes, trials) + 1)]
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(each - top) for each in logs))


def upper(escapes: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The exact upper bound of Clopper and Pearson on the share that escapes, 0 to 1; 1 without trials."""
    low, high = 0.0, 1.0
    if escapes >= trials:
        return 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if tail(escapes, trials, middle) > 1 - confidence else (low, middle)
    return high


def threshold(worst: Vectors, asked: float, confidence: float = CONFIDENCE) -> float | None:
    """The loosest threshold under which the escape rate is at most `asked`; None when no threshold is shown to be.

    worst  of each of n independent trials the score, 0 to 1, that a wrong part reached; it escapes at the threshold or
           above

    The thresholds lie just above each score that was reached: so many trials escape at each, whatever they are.
    """
    falling = np.sort(np.asarray(worst, np.float32))[::-1]
    allowed = -1
    while allowed + 1 < len(falling) and tail(allowed + 1, len(falling), asked) <= 1 - confidence:
        allowed += 1
    return None if allowed < 0 else above(float(falling[allowed]))


def above(score: float) -> float:
    """The next score that a network can give."""
    return float(np.nextafter(np.float32(score), np.float32(2)))


def worst_of_each(scores: Vectors, groups: Sequence[str]) -> Vectors:
    """The highest of n scores in each of m groups, in the order of their names."""
    names = sorted(set(groups))
    highest = dict.fromkeys(names, -np.inf)
    for score, group in zip(scores.tolist(), groups, strict=True):
        highest[group] = max(highest[group], score)
    return np.array([highest[name] for name in names], np.float32)


def _log_probability(escapes: int, trials: int, share: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(escapes + 1) - math.lgamma(trials - escapes + 1)
    return ways + escapes * math.log(share) + (trials - escapes) * math.log1p(-share)


def _share(value: Any) -> float:
    if not isinstance(value, float) or not 0 < value < 1:
        raise ValueError(f"{value!r} is no share between 0 and 1")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
