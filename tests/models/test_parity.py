"""Parity: what shrinking may change, and what it may not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.parity import ALLOWED, ENOUGH, Parity, ParityError, Scores, compare

probabilities = st.floats(0, 1, width=32)
scores = st.tuples(st.integers(1, 30), st.integers(2, 5)).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=probabilities)
)
pairs = st.tuples(st.integers(1, 30), st.integers(2, 5)).flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.float32, shape, elements=probabilities)] * 2)
)


def _sure(first: int, second: int) -> Scores:
    """Scores of so many pictures of the first part number, and so many of the second."""
    return np.array([[1, 0]] * first + [[0, 1]] * second, np.float32)


@given(scores)
def test_a_network_is_its_own_equal(same: Scores) -> None:
    assert compare(same, same.copy()) == Parity(len(same), largest=0.0, mean=0.0, changed=0)


@given(pairs)
def test_it_does_not_matter_which_of_the_two_was_shrunk(pair: tuple[Scores, Scores]) -> None:
    assert compare(*pair) == compare(*pair[::-1])


@given(pairs)
def test_the_mean_difference_is_never_more_than_the_largest_nor_that_more_than_one(pair: tuple[Scores, Scores]) -> None:
    parity = compare(*pair)
    assert 0 <= parity.mean <= parity.largest * (1 + 1e-9) <= 1 + 1e-6
    assert 0 <= parity.changed <= parity.pictures


@given(pairs)
def test_decisions_change_only_where_scores_do(pair: tuple[Scores, Scores]) -> None:
    learnt, shrunk = pair
    margin = np.abs(np.diff(np.sort(learnt, axis=1)[:, -2:], axis=1)).min()
    if 2 * compare(learnt, shrunk).largest < margin:
        assert compare(learnt, shrunk).changed == 0


def test_differences_and_changed_decisions_are_counted() -> None:
    learnt = np.array([[0.9, 0.1], [0.4, 0.6], [0.55, 0.45], [0.2, 0.8]], np.float32)
    shrunk = np.array([[0.9, 0.1], [0.5, 0.5], [0.45, 0.55], [0.2, 0.8]], np.float32)
    parity = compare(learnt, shrunk)  # the second is a draw now, and a draw names the first part number
    assert (parity.pictures, parity.changed, parity.share) == (4, 2, 0.5)
    assert parity.largest == pytest.approx(0.1)
    assert parity.mean == pytest.approx(0.05)


@given(st.integers(1, 5000), st.data())
def test_at_most_one_decision_in_two_hundred_may_change(pictures: int, data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, pictures))
    parity = Parity(pictures, 1.0, 0.1, changed)
    assert parity.within() == (200 * changed <= pictures)
    if parity.within():
        parity.check()
    else:
        with pytest.raises(ParityError, match=f"in {changed} of {pictures} held-out pictures"):
            parity.check()


def test_one_change_in_forty_is_refused_with_the_numbers_and_the_mend() -> None:
    parity = compare(_sure(20, 20), _sure(19, 21))
    with pytest.raises(ParityError) as refused:
        parity.check()
    assert str(refused.value) == (
        "the shrunk network names another part number in 1 of 40 held-out pictures (2.50%, where 0.5% may change); "
        "with fewer than 200 pictures none may: hold back more of them, or learn again"
    )


def test_one_change_in_two_hundred_is_allowed_and_two_are_not() -> None:
    assert ENOUGH == 200
    compare(_sure(100, 100), _sure(99, 101)).check()
    with pytest.raises(ParityError, match=r"2 of 200 .*1\.00%.* learn again, longer"):
        compare(_sure(100, 100), _sure(98, 102)).check()


@given(scores, st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans(), st.data())
def test_a_score_that_is_no_number_is_refused(good: Scores, value: float, in_learnt: bool, data: st.DataObject) -> None:
    bad = good.copy()
    bad[data.draw(st.integers(0, len(bad) - 1)), data.draw(st.integers(0, bad.shape[1] - 1))] = value
    which = "network that was learnt" if in_learnt else "shrunk network"
    with pytest.raises(ParityError, match=f"the {which} gives scores that are no numbers"):
        compare(*((bad, good) if in_learnt else (good, bad)))


def test_without_pictures_nothing_is_proved() -> None:
    with pytest.raises(ParityError, match="no held-out picture"):
        compare(_sure(0, 0).reshape(0, 2), _sure(0, 0).reshape(0, 2))


@pytest.mark.parametrize("shape", [(3, 2), (4, 3), (4,)])
def test_scores_of_other_pictures_cannot_be_compared(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(_sure(2, 2), np.zeros(shape, np.float32))


def test_the_error_is_a_value_error() -> None:
    assert issubclass(ParityError, ValueError)
    assert ALLOWED == 0.005
