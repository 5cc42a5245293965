"""The control charts: how seldom they are wrong, and how soon they are right. README.md of station quotes this."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import repeat
from statistics import NormalDist, mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.drift import FARTHEST, SHIFT, Level, RunningMean, Share
from calibration.drift import _normal as normal

ENOUGH = math.log(40_000)  # evidence
FIRST = 20
Draw = Callable[[np.random.Generator, int], Iterable[float]]
DRAWS: dict[str, Draw] = {
    "normal": lambda chance, n: chance.standard_normal(n).tolist(),
    "uniform": lambda chance, n: chance.random(n).tolist(),
    "heavy tails": lambda chance, n: chance.standard_t(5, n).tolist(),
    "one long tail": lambda chance, n: chance.exponential(size=n).tolist(),
}


def placements_until_risen(values: Iterable[float], tolerance: float = 0.01) -> int | None:
    level = Level(FIRST, tolerance)
    for count, value in enumerate(values, 1):
        level.add(value)
        if level.risen >= ENOUGH:
            return count
    return None


@pytest.mark.parametrize(
    ("kind", "at_least"), [("normal", 20_000), ("uniform", 20_000), ("heavy tails", 15_000), ("one long tail", 5_000)]
)
def test_without_drift_a_false_alarm_is_rarer_than_one_in_so_many_values(kind: str, at_least: int) -> None:
    """A hundred watches of 2000 values, each with a baseline of its own first twenty."""
    chance = np.random.default_rng(1)
    runs = [placements_until_risen(DRAWS[kind](chance, 2000)) for _ in range(100)]
    alarms = sum(run is not None for run in runs)
    assert sum(run or 2000 for run in runs) >= alarms * at_least


@pytest.mark.parametrize(("shift", "soon"), [(2.0, 10.0), (3.0, 6.0)])
def test_a_shift_of_two_standard_deviations_is_found_within_ten_values_on_average(shift: float, soon: float) -> None:
    chance = np.random.default_rng(2)
    waits = []
    for _ in range(400):
        values = np.concatenate([chance.standard_normal(50), shift + chance.standard_normal(400)])
        found = placements_until_risen(values.tolist())
        assert found
        if found > 50:
            waits.append(found - 50)
    assert mean(waits) <= soon


def test_a_slow_rise_is_found_also_while_the_baseline_is_still_being_made() -> None:
    chance = np.random.default_rng(3)
    found = [placements_until_risen((0.15 * np.arange(200) + chance.standard_normal(200)).tolist()) for _ in range(100)]
    assert all(found)
    assert mean(count or 0 for count in found) <= 30


def test_what_falls_is_told_from_what_rises() -> None:
    level = Level(FIRST, 0.01)
    for value in [0.0] * 20 + [-1.0] * 5:
        level.add(value)
    assert level.fallen >= ENOUGH
    assert level.risen == 0.0


def test_what_stands_still_is_not_held_to_its_stillness() -> None:
    """The median light of a quiet stage is the same number again and again; half a tolerance more is no drift."""
    level = Level(FIRST, tolerance=0.03)
    for value in [1.0] * 20 + [1.015] * 1000:
        level.add(value)
    assert level.risen == 0.0
    assert level.spread == 0.03


@given(value=st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_no_single_value_raises_an_alarm(value: float) -> None:
    level = Level(FIRST, 0.01)
    for each in [0.0, 1.0] * 10:
        level.add(each)
    before = level.risen
    level.add(value)
    assert level.risen - before <= SHIFT * (FARTHEST - SHIFT / 2) < ENOUGH / 3


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=FIRST))
def test_the_baseline_is_mean_and_standard_deviation_of_the_first_values(values: list[float]) -> None:
    level = Level(FIRST, 1e-9)
    for value in values:
        level.add(value)
    assert level.mean == pytest.approx(np.mean(values), abs=1e-6)
    assert level.spread == pytest.approx(max(1e-9, np.std(values, ddof=1)), rel=1e-3, abs=1e-3)


def test_a_baseline_of_three_values_is_believed_less_than_one_of_twenty() -> None:
    few, many = Level(FIRST, 0.01), Level(FIRST, 0.01)
    for level, times in ((few, 1), (many, 7)):
        for value in [-1.0, 0.0, 1.0] * times + [3.0]:
            level.add(value)
    assert 0 < few.risen < many.risen / 2


def test_later_values_do_not_move_the_baseline() -> None:
    level = Level(3, 0.01)
    for value in (1.0, 2.0, 3.0, 100.0, 200.0):
        level.add(value)
    assert (level.mean, level.spread) == (2.0, 1.0)


@pytest.mark.parametrize(("t", "freedom", "exceeded"), [(2.353, 3, 0.05), (1.729, 19, 0.05), (2.539, 19, 0.01)])
def test_student_s_t_becomes_the_normal_number_that_is_exceeded_as_seldom(
    t: float, freedom: int, exceeded: float
) -> None:
    """From a table of Student's t."""
    assert normal(t, freedom) == pytest.approx(NormalDist().inv_cdf(1 - exceeded), abs=0.03)


@pytest.mark.parametrize("usual", [0.02, 0.1, 0.4])
def test_what_happens_as_often_as_usual_is_a_false_alarm_less_than_once_in_40_000(usual: float) -> None:
    chance = np.random.default_rng(4)
    share, alarms = Share(usual), 0
    for happened in (chance.random(200_000) < usual).tolist():
        share.add(happened)
        if share.risen >= ENOUGH:
            share, alarms = Share(usual), alarms + 1
    assert alarms <= 5


@pytest.mark.parametrize(("usual", "in_a_row"), [(0.05, 6), (0.1, 7), (0.4, 15)])
def test_so_many_in_a_row_are_too_many(usual: float, in_a_row: int) -> None:
    share = Share(usual)
    for happened in repeat(True, in_a_row - 1):
        share.add(happened)
    assert share.risen < ENOUGH
    share.add(True)
    assert share.risen >= ENOUGH


def test_a_running_mean_starts_where_it_is_told_to_and_follows_slowly() -> None:
    told, untold = RunningMean(1.0), RunningMean()
    assert told.add(0.0) == pytest.approx(0.8)
    assert told.add(0.0) == pytest.approx(0.64)
    assert untold.add(0.5) == 0.5
