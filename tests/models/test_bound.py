"""How often a wrong part may pass, and how surely that is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bound import Bound, above, tail, threshold, upper, worst_of_each

ASKED = 0.05
DRAWS = 3000


def test_a_binomial_tail_is_what_counting_gives() -> None:
    by_hand = sum(math.comb(30, k) * 0.1**k * 0.9 ** (30 - k) for k in range(3))
    assert tail(2, 30, 0.1) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(("trials", "share"), [(149, 0.02), (59, 0.05), (299, 0.01)])
def test_the_rule_of_three_without_an_escape(trials: int, share: float) -> None:
    """So many trials without an escape show the share, and one fewer does not."""
    assert upper(0, trials) <= share < upper(0, trials - 1)
    assert upper(0, trials) == pytest.approx(3 / trials, rel=0.03)


@pytest.mark.parametrize(("escapes", "trials", "bound"), [(1, 100, 0.04656), (5, 100, 0.10225), (0, 10, 0.25887)])
def test_the_upper_bound_is_that_of_the_tables(escapes: int, trials: int, bound: float) -> None:
    """Clopper and Pearson's one-sided 95 %, as tables of the beta distribution give them."""
    assert upper(escapes, trials) == pytest.approx(bound, abs=2e-5)


@pytest.mark.parametrize(("escapes", "trials"), [(0, 0), (3, 3)])
def test_where_nothing_was_tried_or_everything_escaped_nothing_is_bounded(escapes: int, trials: int) -> None:
    assert upper(escapes, trials) == 1.0


@given(st.integers(0, 60), st.integers(1, 300), st.floats(0.001, 0.5))
def test_a_bound_is_carried_exactly_when_the_upper_bound_is_within_it(escapes: int, trials: int, asked: float) -> None:
    bound = Bound("B-1", asked, trials, min(escapes, trials))
    assert bound.is_carried == (bound.shown <= asked + 1e-9)
    assert bound.missing == 0 if bound.is_carried else bound.missing > 0


def test_it_says_how_many_more_are_needed_in_place_of_a_number_that_it_cannot_know() -> None:
    bound = Bound("B-1", 0.02, 40, 0, sessions=1)
    assert bound.missing == 109
    said = bound.sentence("A-1")
    assert "is not shown" in said
    assert "109 more" in said
    assert "no other has been tried" in said
    carried = Bound("B-1", 0.02, 149, 0, sessions=3).sentence("A-1")
    assert "Of B-1 at most 2% pass as A-1" in carried
    assert "3 sessions" in carried


@pytest.mark.parametrize("broken", [{"asked": float("nan")}, {"asked": 2.0}, {"trials": -1}, {"escapes": 0.5}])
def test_a_card_with_an_absurd_bound_is_refused(broken: dict[str, float]) -> None:
    told = Bound("B-1", 0.02, 149, 0).told()
    assert Bound.of(told) == Bound("B-1", 0.02, 149, 0)
    with pytest.raises(ValueError, match="is no"):
        Bound.of(told | broken)


def test_too_few_trials_show_no_threshold_at_all() -> None:
    assert threshold(np.zeros(58, np.float32), 0.05) is None
    assert threshold(np.zeros(59, np.float32), 0.05) == above(0.0)


@given(st.integers(0, 2**32 - 1), st.integers(59, 400))
def test_no_more_trials_escape_at_the_threshold_than_show_what_was_asked(seed: int, trials: int) -> None:
    worst = np.random.default_rng(seed).random(trials).astype(np.float32)
    chosen = threshold(worst, ASKED)
    assert chosen is not None
    escapes = int(np.sum(worst >= np.float32(chosen)))
    assert upper(escapes, trials) <= ASKED
    assert upper(escapes + 1, trials) > ASKED, "a looser threshold would have been shown too"


def test_a_group_escapes_with_the_worst_of_its_pictures() -> None:
    worst = worst_of_each(np.array([0.1, 0.9, 0.3], np.float32), ["b", "a", "b"])
    assert worst.tolist() == pytest.approx([0.9, 0.3])


def _groups(rng: np.random.Generator, groups: int, frames: int) -> np.ndarray:
    """Scores of wrong parts, groups × frames: specimens differ, the frames of one are nearly the same."""
    specimens = rng.normal(0, 1, (groups, 1))
    return 1 / (1 + np.exp(-(specimens + rng.normal(0, 0.05, (groups, frames))))).astype(np.float32)


def _escape_rate(chosen: float) -> float:
    """Of ever more specimens, the share that a frame shows above the threshold: by the normal distribution."""
    logit = math.log(chosen / (1 - chosen))
    return 0.5 * math.erfc(logit / math.sqrt(2 * (1 + 0.05**2)))


def test_in_at_least_95_of_100_draws_the_true_escape_rate_is_within_the_bound() -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(DRAWS):
        chosen = threshold(_groups(rng, 120, 5).max(axis=1), ASKED)
        assert chosen is not None
        held += _escape_rate(chosen) <= ASKED
    assert held / DRAWS >= 0.95


def test_counting_frames_as_trials_breaks_it() -> None:
    """The same draws, wrongly counted: twenty frames of one specimen are no twenty trials."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(DRAWS):
        chosen = threshold(_groups(rng, 60, 20).ravel(), ASKED)
        assert chosen is not None
        held += _escape_rate(chosen) <= ASKED
    assert held / DRAWS < 0.9
