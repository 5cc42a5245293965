"""Ratios of times, by a clock that the tests set."""

from collections.abc import Callable

import pytest

from models.timing import WARM_UP, ratios


class Clock:
    """Stands still, but for what runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def __call__(self) -> float:
        return self.now

    def takes(self, name: str, *seconds: float) -> Callable[[], None]:
        """Something that takes so long, each time; the last for ever after."""
        left = list(seconds)

        def run() -> None:
            self.order.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def test_each_is_told_as_a_multiple_of_the_one_named() -> None:
    clock = Clock()
    runs = {"a": clock.takes("a", 2.0), "b": clock.takes("b", 3.0)}
    assert ratios(runs, to="a", rounds=5, clock=clock) == {"a": 1.0, "b": 1.5}
    assert ratios(runs, to="b", rounds=5, clock=clock) == {"a": pytest.approx(2 / 3), "b": 1.0}


def test_they_run_in_turns() -> None:
    clock = Clock()
    ratios({"a": clock.takes("a", 1.0), "b": clock.takes("b", 1.0)}, to="a", rounds=2, clock=clock)
    assert clock.order == ["a", "b"] * (WARM_UP + 2)


def test_the_first_rounds_do_not_count() -> None:
    clock = Clock()
    cold = [50.0] * WARM_UP + [2.0]
    runs = {"a": clock.takes("a", 1.0), "b": clock.takes("b", *cold)}
    assert ratios(runs, to="a", rounds=1, clock=clock)["b"] == 2.0


def test_a_round_that_was_disturbed_does_not_count() -> None:
    clock = Clock()
    disturbed = [2.0] * (WARM_UP + 1) + [100.0] + [2.0]
    runs = {"a": clock.takes("a", 1.0), "b": clock.takes("b", *disturbed)}
    assert ratios(runs, to="a", rounds=5, clock=clock)["b"] == 2.0


def test_a_machine_that_becomes_slower_midway_changes_no_ratio() -> None:
    clock = Clock()
    slower = [1.0] * (WARM_UP + 3) + [7.0]
    runs = {"a": clock.takes("a", *slower), "b": clock.takes("b", *(2 * each for each in slower))}
    assert ratios(runs, to="a", rounds=6, clock=clock)["b"] == 2.0
