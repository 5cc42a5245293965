"""Histograms of gradients, and what is made of them."""

import numpy as np
import pytest

from models.compare.hog import CELL, CLIPPED, DIRECTIONS, Hog, hog
from models.preprocess import Gray
from tests.models.scenes import lay_ring, stage

SIZE = 6 * CELL
BLOCKS = 5


def _stripes(degrees: float) -> Gray:
    """Waves whose gradient points in a direction."""
    y, x = np.mgrid[:SIZE, :SIZE]
    along = np.cos(np.radians(degrees)) * x + np.sin(np.radians(degrees)) * y
    return np.asarray(128 + 100 * np.sin(along / 4), np.uint8)


def _strongest(patch: Gray) -> set[int]:
    return set(hog(patch).reshape(-1, DIRECTIONS).argmax(axis=1).tolist())


@pytest.mark.parametrize(("degrees", "bins"), [(0, {0}), (40, {2}), (80, {4}), (160, {8})])
def test_a_gradient_counts_for_its_direction(degrees: float, bins: set[int]) -> None:
    assert _strongest(_stripes(degrees)) == bins


def test_dark_on_bright_is_as_bright_on_dark() -> None:
    patch = lay_ring(stage(SIZE, SIZE), (50, 40), 30)
    assert np.allclose(hog(patch), hog(255 - patch), atol=1e-5)


def test_half_the_light_changes_little() -> None:
    patch = lay_ring(stage(SIZE, SIZE, noise=0), (50, 40), 30, level=20)
    assert np.corrcoef(hog(patch), hog(patch // 2))[0, 1] > 0.95


def test_blocks_of_four_cells_have_length_one_or_are_plain() -> None:
    patch = np.full((SIZE, SIZE), 90, np.uint8)
    assert not hog(patch).any()
    blocks = hog(_stripes(30)).reshape(BLOCKS * BLOCKS, 4 * DIRECTIONS)
    assert np.allclose(np.linalg.norm(blocks, axis=1), 1, atol=1e-3)
    assert blocks.max() < 3 * CLIPPED


def test_a_step_counts_in_the_blocks_around_it_alone() -> None:
    patch = np.full((SIZE, SIZE), 90, np.uint8)
    patch[SIZE - 3 :, SIZE - 3 :] = 200
    blocks = hog(patch).reshape(BLOCKS, BLOCKS, -1)
    assert [tuple(place) for place in np.argwhere(blocks.any(axis=-1)).tolist()] == [(BLOCKS - 1, BLOCKS - 1)]


def test_rings_of_another_bore_are_told_apart_and_an_embedding_has_length_one() -> None:
    def ring(bore: float, seed: int) -> Gray:
        return lay_ring(stage(SIZE, SIZE, seed=seed), (SIZE // 2, SIZE // 2 + seed % 3), 36, bore=bore)

    patches = [ring(bore, seed) for bore in (0.3, 0.7) for seed in range(8)]
    judge = Hog(patches, np.repeat([0, 1], 8), ("narrow", "wide"))
    told = [judge.classify(ring(bore, 20)) for bore in (0.3, 0.7)]
    assert [int(each.scores.argmax()) for each in told] == [0, 1]
    assert [float(np.linalg.norm(each.embedding)) for each in told] == [pytest.approx(1, abs=1e-5)] * 2
    assert judge.parameters == BLOCKS * BLOCKS * 4 * DIRECTIONS + 1
