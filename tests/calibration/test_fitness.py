"""Recalibration or retraining: the golden parts tell."""

from __future__ import annotations

import pytest

from calibration.fitness import Expected, fitness

CARD = Expected(score=0.75, distance=0.4, passed=0.98)


@pytest.mark.parametrize(
    ("scores", "distances", "is_back"),
    [
        ([0.99] * 5, [0.3] * 5, True),
        ([0.99] * 4 + [0.5], [0.3] * 5, True),  # one of five happens
        ([0.99] * 3 + [0.5] * 2, [0.3] * 5, False),
        ([0.99] * 5, [0.45] * 5, False),
        ([], [], False),
    ],
)
def test_golden_parts_are_back_unless_chance_would_seldom_do_so_badly(
    scores: list[float], distances: list[float], is_back: bool
) -> None:
    fit = fitness(scores, distances, CARD)
    assert fit.is_back is is_back
    assert ("nothing has to be learnt" if is_back else "must see new pictures") in fit.said


def test_golden_parts_that_moved_towards_their_limit_are_told() -> None:
    before = Expected(0.75, 0.4, 0.98, before=0.5)
    assert fitness([0.99] * 5, [0.25] * 5, before).is_back
    fit = fitness([0.99] * 5, [0.36] * 5, before)
    assert not fit.is_back
    assert "at 90% of the distance limit where it was 50%" in fit.said
