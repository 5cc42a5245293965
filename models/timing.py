"""How long things take beside each other: on a machine that does other work too, only a ratio says something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

WARM_UP = 3  # rounds that are not counted


def ratios(
    runs: Mapping[str, Callable[[], object]], to: str, rounds: int, clock: Callable[[], float] = perf_counter
) -> dict[str, float]:
    """How many times as long each takes as the one named `to`: the median over rounds, each run once in every round.

    clock  seconds, rising
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(WARM_UP + rounds):
        for name, run in runs.items():
            begun = clock()
            run()
            taken[name].append(clock() - begun)
    counted = {name: each[WARM_UP:] for name, each in taken.items()}
    return {name: median(a / b for a, b in zip(each, counted[to], strict=True)) for name, each in counted.items()}
