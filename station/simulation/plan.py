"""What the operator lays down: a seeded row of right parts, look-alikes and strangers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SHARES = {"1041-A": 0.62, "1041-B": 0.26, "1042": 0.12}  # as a muddled box would be: mostly right


def plan(count: int, seed: int, expected: str = "1041-A") -> Iterator[str]:
    """Part numbers of `count` placements: of ten, about six expected, three of the look-alike, one unknown."""
    chance = np.random.default_rng([seed, 5])
    names = list(SHARES) if expected == "1041-A" else ["1041-B", "1041-A", "1042"]
    for choice in chance.choice(len(names), size=count, p=list(SHARES.values())):
        yield names[choice]
