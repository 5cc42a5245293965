"""Distances and thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.trust import (
    LEAST,
    WITHIN,
    Vectors,
    choose,
    distance,
    distance_limit,
    distances,
    score_threshold,
    still_possible,
)

PROBABILITIES = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40).map(lambda v: np.array(v, np.float32))


def _unit(rng: np.random.Generator, count: int, size: int = 8) -> Vectors:
    vectors = rng.normal(size=(count, size)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_a_known_example_is_at_no_distance_and_the_opposite_is_farthest() -> None:
    example = _unit(np.random.default_rng(0), 1)
    references = np.repeat(example, 3, axis=0)
    assert distance(example[0], references) == pytest.approx(0, abs=1e-6)
    assert distance(-example[0], references) == pytest.approx(2, abs=1e-6)


def test_one_odd_example_does_not_bring_an_unknown_part_near() -> None:
    references = np.eye(8, dtype=np.float32)[[0, 0, 0, 0, 5]]
    assert distance(references[4], references) > 0.6


@pytest.mark.parametrize(("wrong", "share"), [(149, 0.02), (59, 0.05), (0, 1.0), (1, 0.95)])
def test_no_escape_among_few_pictures_bounds_little(wrong: int, share: float) -> None:
    assert still_possible(wrong) == pytest.approx(share, abs=0.001)


def test_without_examples_the_distance_is_no_number_and_so_within_no_limit() -> None:
    assert np.isnan(distance(np.full(4, 0.5, np.float32), np.zeros((0, 4), np.float32)))


@given(st.integers(1, 5))
def test_fewer_examples_than_neighbours_are_enough(count: int) -> None:
    references = _unit(np.random.default_rng(count), count)
    assert 0 <= distance(references[0], references) <= 2


def test_the_limit_keeps_almost_all_right_parts() -> None:
    right = np.random.default_rng(0).random(1000).astype(np.float32)
    assert np.mean(right <= distance_limit(right)) == pytest.approx(WITHIN, abs=0.002)


@given(right=PROBABILITIES, wrong=PROBABILITIES)
def test_no_wrong_part_that_was_seen_reaches_the_threshold(right: Vectors, wrong: Vectors) -> None:
    threshold = score_threshold(right, wrong)
    assert threshold >= LEAST
    assert not np.any(wrong >= threshold)


def test_a_clear_case_leaves_room_on_both_sides() -> None:
    right, wrong = np.full(50, 0.99, np.float32), np.full(50, 0.6, np.float32)
    assert 0.7 < score_threshold(right, wrong) < 0.9


def test_a_wrong_part_that_its_distance_stops_does_not_raise_the_threshold() -> None:
    near, far = np.eye(4, dtype=np.float32)[[0, 3]]
    away = distances(np.stack([near, near, -near, far]), [np.stack([near] * 3), np.stack([-near] * 3)])
    scores = np.array([[0.9, 0.1], [0.95, 0.05], [0.1, 0.9], [1.0, 0.0]], np.float32)
    thresholds, limits = choose(scores, away, np.array([0, 0, 1, 1]), ["A", "B"])
    assert thresholds["A"] == LEAST
    assert limits["A"] < 0.1
