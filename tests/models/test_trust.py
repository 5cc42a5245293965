"""Distances and thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bound import Vectors, above
from models.trust import LEAST, WITHIN, Asked, Held, choose, distance, distance_limit, distances, score_threshold

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
def test_where_no_bound_is_shown_no_wrong_part_that_was_seen_reaches_the_threshold(
    right: Vectors, wrong: Vectors
) -> None:
    threshold = score_threshold(right, wrong, None)
    assert threshold >= LEAST
    assert not np.any(wrong >= threshold)


@given(right=PROBABILITIES, wrong=PROBABILITIES, bounded=st.floats(0, 1))
def test_what_was_shown_is_never_loosened(right: Vectors, wrong: Vectors, bounded: float) -> None:
    assert score_threshold(right, wrong, bounded) >= bounded


def test_a_clear_case_leaves_room_on_both_sides_whatever_the_bound_would_allow() -> None:
    right, wrong = np.full(50, 0.99, np.float32), np.full(50, 0.6, np.float32)
    assert 0.7 < score_threshold(right, wrong, 0.1) < 0.9


def test_one_odd_wrong_part_among_many_costs_no_right_part_where_the_bound_is_shown() -> None:
    right, wrong = np.full(50, 0.95, np.float32), np.array([0.3] * 400 + [0.999], np.float32)
    assert score_threshold(right, wrong, 0.5) <= 0.95
    assert score_threshold(right, wrong, None) > 0.999


def _held(scores: list[list[float]], away: Vectors, labels: list[int], groups: list[str]) -> Held:
    return Held(np.array(scores, np.float32), away, np.array(labels), groups)


def test_a_wrong_part_that_its_distance_stops_does_not_raise_the_threshold() -> None:
    near, far = np.eye(4, dtype=np.float32)[[0, 3]]
    away = distances(np.stack([near, near, -near, far]), [np.stack([near] * 3), np.stack([-near] * 3)])
    scores = [[0.9, 0.1], [0.95, 0.05], [0.1, 0.9], [1.0, 0.0]]
    told = choose(_held(scores, away, [0, 0, 1, 1], ["1", "2", "3", "4"]), ["A", "B"], Asked())
    assert told.scores["A"] == LEAST
    assert told.distances["A"] < 0.1
    assert (told.bounds["A"].trials, told.bounds["A"].escapes) == (2, 0)


def test_trials_are_groups_and_look_alikes_are_no_trials() -> None:
    """Eight pictures of two specimens of B are two trials; what was learnt as `other` is none."""
    away = np.zeros((20, 3), np.float32)
    scores = [[0.98, 0.01, 0.01]] * 8 + [[0.02, 0.97, 0.01]] * 8 + [[0.9, 0.05, 0.05]] * 4
    groups = [*"aaaabbbb", *"ccccdddd", *"efgh"]
    told = choose(_held(scores, away, [0] * 8 + [1] * 8 + [2] * 4, groups), ["A", "B"], Asked())
    assert told.bounds["A"].trials == told.bounds["B"].trials == 2
    assert told.bounds["A"].escapes == 0
    assert told.scores["A"] < 0.9


def test_the_threshold_is_the_loosest_that_the_groups_show() -> None:
    """300 groups of B, of which one reaches 0.99: at 2 % one escape in 300 is allowed, so A need not give way to it."""
    away = np.zeros((600, 2), np.float32)
    scores = [[0.96, 0.04]] * 300 + [[0.1, 0.9]] * 299 + [[0.99, 0.01]]
    groups = [f"a{n}" for n in range(300)] + [f"b{n}" for n in range(300)]
    told = choose(_held(scores, away, [0] * 300 + [1] * 300, groups), ["A", "B"], Asked(0.02))
    assert told.scores["A"] == LEAST
    assert told.bounds["A"].escapes == 1
    assert told.bounds["A"].is_carried
    strict = choose(_held(scores, away, [0] * 300 + [1] * 300, groups), ["A", "B"], Asked(0.001))
    assert strict.scores["A"] == above(0.99)
    assert not strict.bounds["A"].is_carried


def test_every_other_part_number_is_bounded_for_itself_and_the_worst_is_told() -> None:
    """600 easy groups of B say nothing of C, which looks like A: five of its ten groups reach 0.99."""
    away = np.zeros((630, 3), np.float32)
    scores = [[0.97, 0.02, 0.01]] * 20 + [[0.0, 0.99, 0.01]] * 600 + [[0.99, 0.0, 0.01]] * 5 + [[0.1, 0.1, 0.8]] * 5
    labels = [0] * 20 + [1] * 600 + [2] * 10
    groups = [str(n) for n in range(630)]
    told = choose(_held(scores, away, labels, groups), ["A", "B", "C"], Asked(0.02))
    assert told.bounds["A"].against == "C"
    assert told.bounds["A"].trials == 10
    assert not told.bounds["A"].is_carried
    assert told.scores["A"] == above(0.99), "where a bound is not shown, no wrong part that was seen may pass"
    assert "of C pass as A is not shown" in told.bounds["A"].sentence("A")


def test_the_sessions_are_those_of_the_wrong_parts() -> None:
    away = np.zeros((8, 2), np.float32)
    scores = [[0.98, 0.02]] * 4 + [[0.02, 0.98]] * 4
    held = Held(np.array(scores, np.float32), away, np.array([0] * 4 + [1] * 4), [*"abcdefgh"], [*"1234", *"5555"])
    told = choose(held, ["A", "B"], Asked())
    assert (told.bounds["A"].sessions, told.bounds["B"].sessions) == (1, 4)
