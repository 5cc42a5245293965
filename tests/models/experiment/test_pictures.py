"""Whole pictures as arrays, and their copies."""

from pathlib import Path

import numpy as np
import pytest

from models.dataset import load
from models.experiment.pictures import take, whole
from models.experiment.protocol import Counts, View, honest
from tests.models.scenes import stage


def test_a_picture_is_squeezed_into_the_square_whole() -> None:
    gray = stage(160, 120, noise=0)
    gray[:, 80:] = 0
    square = whole(gray, 64)
    assert square.shape == (64, 64)
    assert square[:, :31].min() > 60
    assert square[:, 33:].max() == 0


def test_an_original_is_as_photographed_and_its_copies_differ(rings: Path) -> None:
    data = load(rings)
    picture = data.of("train")[0]
    taken = take(data, [View(picture), View(picture, 1), View(picture, 2)], 64, seed=0)
    assert np.array_equal(taken.pixels[0], whole(data.read(picture), 64))
    assert taken.labels.tolist() == [0, 0, 0]
    assert not np.array_equal(taken.pixels[1], taken.pixels[2])


def test_copies_are_darker_by_the_paper_s_range_and_have_no_empty_corners(rings: Path) -> None:
    data = load(rings)
    views = [View(data.of("train")[0], copy) for copy in range(200)]
    taken = take(data, views, 64, seed=0)
    light = np.median(taken.pixels, axis=(1, 2)) / np.median(taken.pixels[0])
    assert light[1:].min() == pytest.approx(0.1, abs=0.03)
    assert light[1:].max() == pytest.approx(1.0, abs=0.05)
    corners = taken.pixels[1:, :3, :3].mean(axis=(1, 2)) / np.median(taken.pixels[1:], axis=(1, 2))
    assert corners.min() > 0.4


def test_the_same_seed_makes_the_same_copies(rings: Path) -> None:
    data = load(rings)
    views = honest(data, Counts(4, (9, 9), (3, 3)), 0).train
    once, again, other = (take(data, views, 32, seed).pixels for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
