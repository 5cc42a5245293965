"""Baseline against today: the control charts that find a small drift in a row of numbers. Pure.

Each chart adds up the evidence, number by number, that things have moved, and forgets what speaks against it: the
cumulative sum of E. S. Page (Continuous Inspection Schemes, Biometrika 41, 1954), in the form of a likelihood ratio,

    evidence = max(0, evidence + ln(p(x, moved) / p(x, usual)))

A chart whose limit for it is ln(n) raises a false alarm once in n numbers on average, or more seldom (G. Lorden,
Procedures for Reacting to a Change in Distribution, Annals of Mathematical Statistics 42, 1971).
"""

from __future__ import annotations

import math
from collections import deque

SHIFT = (
    2.0  # standard deviations: the shift that a level is watched for. One of less than half of it adds up to nothing
)
FARTHEST = 2.5  # standard deviations that one number may count for at most, so that no odd one raises an alarm
ODDS = 8.0  # by so much the odds of a share must have grown for it to be found soonest
RECENT = 4  # values: with a limit of ln(10⁴) or more, so many at least have moved before that is told
WEIGHT = 0.2  # of the newest number in a running mean


class RunningMean:
    """The exponentially weighted mean of S. W. Roberts (Control Chart Tests Based on Geometric Moving Averages, 1959).

    Of independent numbers it spreads a third as much as they do.

    start  what it is before the first number; None for that number itself
    """

    def __init__(self, start: float | None = None) -> None:
        self.value = start

    def add(self, x: float) -> float:
        """Take a number in; returns the mean."""
        self.value = x if self.value is None else self.value + WEIGHT * (x - self.value)
        return self.value


class Level:
    """Whether a measure has risen or fallen against its first values: a self-starting cumulative sum.

    Its baseline, mean and standard deviation, are those of the first `first` values, and as long as these come in,
    those of all before. How far a new value lies from a baseline of so few is told by Student's t, which becomes a
    standard normal number: so a baseline of two values is believed as much as it deserves, and the chart watches from
    the third on (D. M. Hawkins, Self-starting Cusum Charts for Location and Scale, The Statistician 36, 1987). What
    counts at most `FARTHEST` keeps false alarms rare where the tails are heavier than normal ones (D. M. Hawkins,
    Robustification of Cusum Charts by Winsorization, Journal of Quality Technology 25, 1993).

    first      values that make the baseline, 3 or more
    tolerance  the least standard deviation, in the measure's own unit: what is steadier is not held to its steadiness
    """

    def __init__(self, first: int, tolerance: float) -> None:
        self._first, self._tolerance = first, tolerance
        self._count, self.mean, self._squares = 0, 0.0, 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)
        self.risen = self.fallen = 0.0  # evidence

    @property
    def recent(self) -> float:
        """Mean of the newest values: what it has drifted to; NaN before the first."""
        return sum(self._recent) / len(self._recent) if self._recent else math.nan

    @property
    def spread(self) -> float:
        """Standard deviation of the baseline, at least the tolerance."""
        return max(self._tolerance, math.sqrt(self._squares / (self._count - 1)) if self._count > 1 else 0.0)

    def add(self, x: float) -> None:
        """Take a value in: as evidence first, then, among the first, into the baseline."""
        self._recent.append(x)
        far = max(-FARTHEST, min(FARTHEST, self._standard(x)))
        self.risen = max(0.0, self.risen + SHIFT * (far - SHIFT / 2))
        self.fallen = max(0.0, self.fallen + SHIFT * (-far - SHIFT / 2))
        if self._count < self._first:  # B. P. Welford's running mean and sum of squares, 1962
            self._count += 1
            step = x - self.mean
            self.mean += step / self._count
            self._squares += step * (x - self.mean)

    def _standard(self, x: float) -> float:
        """How far a value lies from the baseline, as a standard normal number; 0 while there is no baseline."""
        n = self._count
        if n < 2:
            return 0.0
        t = (x - self.mean) / self.spread * math.sqrt(n / (n + 1))
        return math.copysign(_normal(abs(t), n - 1), t)


class Share:
    """Whether something happens more often than usual: a Bernoulli cumulative sum.

    M. R. Reynolds and Z. G. Stoumbos, A Cusum Chart for Monitoring a Proportion When Inspecting Continuously, Journal
    of Quality Technology 31, 1999.

    usual  the share, above 0 and below 1, that is no cause for alarm
    """

    def __init__(self, usual: float) -> None:
        odds = ODDS * usual / (1 - usual)
        self._when_not = math.log1p(-odds / (1 + odds)) - math.log1p(-usual)
        self._when_it_does = self._when_not + math.log(ODDS)
        self.risen = 0.0  # evidence

    def add(self, happened: bool) -> None:
        """Take in whether it happened this time."""
        self.risen = max(0.0, self.risen + (self._when_it_does if happened else self._when_not))


def _normal(t: float, freedom: int) -> float:
    """The standard normal number as seldom exceeded as `t`, 0 or more, of Student's t with so many degrees of freedom.

    D. L. Wallace, Bounds on Normal Approximations to Student's and the Chi-Square Distributions, 1959; up to 2.5
    within 0.03 of it from three degrees on, within 0.2 for one.
    """
    return (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
