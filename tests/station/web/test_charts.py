"""Bars that say what the figures say."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.web.charts import HEIGHT, LETTER, MOST, WIDTH, ceiling, chart

VALUES = st.lists(st.lists(st.floats(0, 1e7), min_size=2, max_size=2), max_size=60)


@given(VALUES)
def test_every_bar_stands_within_the_drawing_and_is_as_high_as_its_value(values: list[list[float]]) -> None:
    groups = [(str(n), [("passed", a), ("unsure", b)]) for n, (a, b) in enumerate(values)]
    drawn = chart("x", groups, [])
    for bar in drawn.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 1e-6
        assert bar.y >= -1e-6
        assert bar.y + bar.height <= HEIGHT + 1e-6
    total = sum(sum(pair) for pair in values[-MOST:])
    most = max((sum(pair) for pair in values[-MOST:]), default=0.0)
    assert sum(bar.height for bar in drawn.bars) == pytest.approx(HEIGHT * total / ceiling(most), rel=1e-6)


@given(st.floats(0, 1e12))
def test_the_highest_line_is_a_round_number_that_nothing_reaches_beyond(most: float) -> None:
    top = ceiling(most)
    assert most <= top
    assert top <= max(1.0, 2.6 * most)


def test_only_the_newest_groups_are_drawn() -> None:
    drawn = chart("x", [(str(n), [("passed", 1.0)]) for n in range(MOST + 10)], [])
    assert len(drawn.bars) == MOST
    assert drawn.bars[-1].told.startswith(f"{MOST + 9}:")


def test_what_is_counted_has_no_line_at_a_half() -> None:
    counted, timed = (chart("x", [("a", [("passed", 3.0)])], [], unit) for unit in ("", "ms"))
    assert [words for _, words in counted.lines] == ["0", "5"]
    assert [words for _, words in timed.lines] == ["0 ms", "2.5 ms", "5 ms"]


def test_few_bars_say_their_numbers_above_and_many_do_not() -> None:
    few = chart("x", [("a", [("passed", 3.0), ("unsure", 1.0)])], [])
    [(middle, height, words)] = few.sums
    bar = few.bars[-1]
    assert (middle, height, words) == (bar.x + bar.width / 2, bar.y, "4")
    assert chart("x", [("a", [("passed", 1.0)])] * MOST, []).sums == ()


@given(st.integers(0, MOST), st.integers(1, 16))
def test_labels_stand_in_the_middle_below_their_bars_and_not_in_each_others_way(count: int, letters: int) -> None:
    drawn = chart("x", [("n" * letters, [("passed", 1.0)])] * count, [])
    middles = [middle for middle, _ in drawn.labels]
    assert set(middles) <= {bar.x + bar.width / 2 for bar in drawn.bars}
    assert all(after - before >= LETTER * letters - 1e-6 for before, after in pairwise(middles))
