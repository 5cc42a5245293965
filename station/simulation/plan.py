"""What the operator lays down: a seeded row of right parts, look-alikes and strangers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from station.simulation.parts import PART_NUMBERS, UNKNOWN

EXPECTED, LOOKALIKE = 0.62, 0.26  # shares, as of a muddled box: mostly right; the rest is the unknown part


def lookalike(expected: str) -> str:
    """The part number that looks like it. Raises ValueError for one without a look-alike on the bench."""
    (other,) = set(PART_NUMBERS) - {expected, UNKNOWN}
    return other


def plan(count: int, seed: int, expected: str = "1041-A") -> Iterator[str]:
    """Part numbers of `count` placements: of ten, about six expected, three of the look-alike, one unknown."""
    choices = np.random.default_rng([seed, 5]).choice(
        [expected, lookalike(expected), UNKNOWN], size=count, p=[EXPECTED, LOOKALIKE, 1 - EXPECTED - LOOKALIKE]
    )
    yield from map(str, choices)


def boxes(seed: int, expected: str = "1041-A") -> Iterator[str]:
    """Part numbers without end, by `plan`."""
    for box in itertools.count(seed * 1_000_000):
        yield from plan(50, box, expected)


def willing(asked: Callable[[], str | None], boxes: Iterator[str]) -> Iterator[str]:
    """What a willing operator lays: the part number that is `asked` for now, else the next out of the boxes."""
    while True:
        yield asked() or next(boxes)
