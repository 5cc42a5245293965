"""What so many of so many say of a share: exact binomial bounds (C. J. Clopper, E. S. Pearson, Biometrika 26, 1934)."""

from __future__ import annotations

from math import comb

CONFIDENCE = 0.95


def at_most(count: int, trials: int, share: float) -> float:
    """Probability of `count` or fewer of so many trials, each with a chance of `share`."""
    return sum(comb(trials, each) * share**each * (1 - share) ** (trials - each) for each in range(count + 1))


def upper(count: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The share that `count` of `trials` show not to be exceeded, one-sided; 1 without trials."""
    if count >= trials:
        return 1.0
    low, high = count / trials, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(count, trials, middle) > 1 - confidence else (low, middle)
    return high


def interval(count: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two-sided interval of a share of which `count` of `trials` were seen; 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    one_sided = (1 + confidence) / 2
    return 1 - upper(trials - count, trials, one_sided), upper(count, trials, one_sided)
