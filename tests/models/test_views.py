"""Views of a patch: the line's four lose nothing, and are among those that are learnt."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.views import JUDGED, judged, learnt, lit, quarter, turned
from tests.models.scenes import lay_ring, stage

PATCH = lay_ring(stage(96, 96), (40, 50), 20, level=20)


def test_what_is_judged_is_the_patch_in_four_quarter_turns_bit_for_bit() -> None:
    first, *others = judged(PATCH)
    assert np.array_equal(first, PATCH)
    assert [np.array_equal(view, np.rot90(PATCH, turns)) for turns, view in enumerate(others, 1)] == [True] * 3


def test_every_view_that_is_judged_is_learnt_too() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(learnt(PATCH)[JUDGED], judged(PATCH), strict=True))


@given(st.integers(0, 3))
def test_a_part_that_lies_a_quarter_turn_round_is_judged_by_the_same_views(turns: int) -> None:
    views = {view.tobytes() for view in judged(PATCH)}
    assert {view.tobytes() for view in judged(quarter(PATCH, turns))} == views


def test_the_corners_are_filled_with_the_stage_s_own_gray() -> None:
    view = turned(np.full((64, 64), 90, np.uint8), 30)
    assert np.all(view == 90)


def test_a_turned_part_keeps_its_size() -> None:
    dark = [np.count_nonzero(turned(PATCH, 30.0 * step) < 50) for step in range(12)]
    assert max(dark) - min(dark) < 0.05 * max(dark)


def test_what_is_learnt_varies_in_light_and_what_is_judged_does_not() -> None:
    views = learnt(PATCH)
    levels = [float(view.mean()) for view in views]
    assert len({round(level) for level in levels}) > 4
    assert all(np.array_equal(view, turned(PATCH, 90.0 * n)) for n, view in enumerate(views[JUDGED]))


def test_light_beyond_white_is_white() -> None:
    assert lit(np.full((2, 2), 200, np.uint8), 1.35).max() == 255
    assert lit(np.full((2, 2), 200, np.uint8), 0.5).max() == 100
