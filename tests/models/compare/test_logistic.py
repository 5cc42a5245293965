"""Logistic regression: where Newton's method ends, the penalised likelihood is at its best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.compare.logistic import PENALTY, fit

D = 20


def _clouds(
    each: int, parts: int = 2, seed: int = 0, apart: float = 2.0
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, apart, (parts, D))
    labels = np.repeat(np.arange(parts), each)
    return centres[labels] + rng.normal(0, 1, (len(labels), D)), labels


@pytest.mark.parametrize("parts", [2, 3, 5])
@pytest.mark.parametrize("each", [4, 60])
def test_clouds_that_lie_apart_are_told_apart(parts: int, each: int) -> None:
    """Fewer examples than features, and more."""
    learnt = fit(*_clouds(each, parts), parts)
    features, labels = _clouds(20, parts, seed=1)
    assert np.mean(learnt.scores(features).argmax(axis=1) == labels) > 0.95


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40), st.sampled_from([0.0, 0.3, 10.0]))
def test_no_other_weights_are_better(seed: int, each: int, apart: float) -> None:
    """The gradient is zero, whether the clouds lie in one another or so far apart that the likelihood has no end."""
    features, labels = _clouds(each, 2, seed, apart)
    learnt = fit(features, labels, 2)
    examples = (features - learnt.mean) / learnt.deviation
    amiss = (labels - learnt.scores(features)[:, 1]) / (2 * each)
    assert np.allclose(examples.T @ amiss, PENALTY * learnt.weights[:, 0], atol=1e-7)
    assert amiss.sum() == pytest.approx(PENALTY * learnt.bias[0], abs=1e-7)


def test_a_part_number_with_few_examples_weighs_as_much_as_one_with_many() -> None:
    features, labels = _clouds(100, apart=0.5)
    few = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:10]])
    told = fit(features[few], labels[few], 2).scores(features)
    assert np.mean(told[labels == 1, 1] > 0.5) > 0.8


def test_scores_are_probabilities() -> None:
    for parts in (2, 4):
        scores = fit(*_clouds(6, parts), parts).scores(np.random.default_rng(1).normal(0, 100, (9, D)))
        assert scores.shape == (9, parts)
        assert np.allclose(scores.sum(axis=1), 1)
        assert np.all(scores >= 0)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    features, labels = _clouds(10)
    features[:, 5] = 7.0
    assert np.isfinite(fit(features, labels, 2).scores(features)).all()
