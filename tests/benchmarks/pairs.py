"""Two things timed in turns, A B A B …: on a machine that does other work too, only their ratio says something."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

WARM_UP = 2  # pairs that are not counted


def ratio(
    benchmark: BenchmarkFixture,
    whole: Callable[..., Any],
    bare: Callable[..., Any],
    pairs: int,
    ready: Callable[[], tuple[Any, ...]] = tuple,
) -> float:
    """How many times as long `whole` takes as `bare`: the median over pairs of neighbours, kept with the figures.

    ready  gives the arguments of both, before each pair; its time is not counted
    """
    bares: list[float] = []

    def bare_first() -> tuple[tuple[Any, ...], dict[str, Any]]:
        arguments = ready()
        begun = perf_counter()
        bare(*arguments)
        bares.append(perf_counter() - begun)
        return arguments, {}

    benchmark.pedantic(whole, setup=bare_first, rounds=pairs, warmup_rounds=WARM_UP)
    found: float = median(one / other for one, other in zip(benchmark.stats.stats.data, bares[WARM_UP:], strict=True))
    benchmark.extra_info["ratio"] = round(found, 2)
    print(f"\n{benchmark.group}: {found:.2f}")
    return found
