"""Bars that say what the figures say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.web.charts import HEIGHT, MOST, WIDTH, ceiling, chart

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
