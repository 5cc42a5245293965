"""The linear head: what it learns, however few the examples; and what a file of it may not be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import DAMAGES
from models.head import Features, Labels, fit, pack, probabilities, sharpened, unpack

D, VIEWS = 40, 3


def _examples(each: int, parts: int = 2, seed: int = 0, apart: float = 30.0) -> tuple[Features, Labels]:
    """Clouds of features, one a part number; the views of an example differ a little."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, apart, (parts, 1, D))
    labels = np.repeat(np.arange(parts), each)
    examples = centres[labels] + rng.normal(0, 10, (len(labels), 1, D))
    return np.clip(examples + rng.normal(0, 3, (len(labels), VIEWS, D)), -128, 127).astype(np.int8), labels


@pytest.mark.parametrize("parts", [2, 3, 5])
@pytest.mark.parametrize("each", [3, 60])
def test_parts_that_look_different_are_told_apart(parts: int, each: int) -> None:
    """Fewer examples than features, and more: two systems of equations, one answer."""
    head = fit(*_examples(each, parts), parts)
    features, labels = _examples(20, parts, seed=1)
    assert np.array_equal(head.scores(features).argmax(axis=1), labels)


def test_both_systems_of_equations_give_the_same_head() -> None:
    features, labels = _examples(7)
    wide = np.concatenate([features] * 2, axis=2)  # the same again: more features than examples
    narrow, both = fit(features, labels, 2), fit(wide, labels, 2)
    assert np.allclose(narrow.sums(features), both.sums(wide), atol=1e-9)


def test_a_part_number_with_few_photographs_weighs_as_much_as_one_with_many() -> None:
    features, labels = _examples(60, apart=6)
    few = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:6]])
    head = fit(features[few], labels[few], 2)
    assert np.mean(head.sums(features[labels == 1])[:, 1] > 0) > 0.8


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_scores_are_probabilities_and_embeddings_have_length_one(seed: int, parts: int) -> None:
    head = fit(*_examples(6, parts), parts)
    features = np.random.default_rng(seed).integers(-128, 128, (5, VIEWS, D)).astype(np.int8)
    scores, embedding = head.scores(features), head.embedding(features)
    assert np.all((scores >= 0) & (scores <= 1))
    assert np.allclose(scores.sum(axis=1), 1)
    assert np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-5)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    features, labels = _examples(10)
    features[:, :, 5] = 17
    assert np.isfinite(fit(features, labels, 2).scores(features)).all()


def test_sharpness_makes_scores_as_sure_as_the_head_was_right() -> None:
    """Of sums that are wrong in one of ten, no score is to claim more than about nine of ten."""
    features, labels = _examples(10)
    head = fit(features, labels, 2)
    sums = np.stack([-np.ones(200), np.ones(200)], axis=1)
    truth = np.where(np.arange(200) % 10 == 0, 0, 1)
    sharp = sharpened(head, sums, truth)
    assert probabilities(sums, sharp.sharpness)[0, 1] == pytest.approx(0.9, abs=0.01)


def test_few_examples_that_were_all_right_do_not_make_it_certain() -> None:
    head = fit(*_examples(10), 2)
    sums = np.stack([-np.ones(10), np.ones(10)], axis=1)
    sure = probabilities(sums, sharpened(head, sums, np.ones(10, np.intp)).sharpness)[0, 1]
    assert 0.85 < sure < 0.95


def test_a_file_gives_the_same_head_back() -> None:
    features, labels = _examples(6)
    head = fit(features, labels, 2)
    again = unpack(pack(head))
    assert np.array_equal(head.scores(features), again.scores(features))


@pytest.mark.parametrize("content", [b"", b"nothing of ours", pack(fit(*_examples(6), 2))[:-40]])
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(DAMAGES):
        unpack(content)
