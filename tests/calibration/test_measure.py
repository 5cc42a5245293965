"""Measures of pictures with known truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.measure import Gray, clipped, compare, level, noise, sharpness


@pytest.fixture
def scene() -> Gray:
    rng = np.random.default_rng(3)
    return np.asarray(cv2.GaussianBlur(rng.integers(40, 200, (120, 160), dtype=np.uint8), (5, 5), 0), np.uint8)


def test_level_and_clipping_are_what_was_painted() -> None:
    gray = np.full((10, 10), 100, np.uint8)
    gray[:2] = 255
    assert level(gray) == pytest.approx(131.0)
    assert clipped(gray) == pytest.approx(0.2)


def test_defocus_lowers_sharpness_and_more_light_does_not_raise_it(scene: Gray) -> None:
    blurred = np.asarray(cv2.GaussianBlur(scene, (0, 0), 3), np.uint8)
    brighter = np.asarray(cv2.convertScaleAbs(scene, alpha=1.2), np.uint8)
    assert sharpness(blurred) < 0.3 * sharpness(scene)
    assert sharpness(brighter) == pytest.approx(sharpness(scene), rel=0.05)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 6.0])
def test_noise_is_that_of_one_picture(sigma: float) -> None:
    rng = np.random.default_rng(5)
    first, second = (np.clip(128 + rng.normal(0, sigma, (200, 200)), 0, 255).astype(np.uint8) for _ in range(2))
    assert noise(first, second) == pytest.approx(sigma, rel=0.08)


def test_light_that_changes_evenly_or_aslant_leaves_no_difference() -> None:
    empty = np.full((90, 160), 120, np.uint8)
    slope = np.linspace(0.8, 1.1, 160)
    comparison = compare((empty * slope).astype(np.uint8), empty)
    assert comparison.light == pytest.approx(0.95, abs=0.02)
    assert np.abs(comparison.difference).max() < 4


@pytest.mark.parametrize("value", [0, 255])
def test_a_black_or_white_picture_is_compared_without_trouble(value: int) -> None:
    empty = np.full((90, 160), 120, np.uint8)
    assert np.isfinite(compare(np.full_like(empty, value), empty).difference).all()


def test_pictures_of_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="calibrate again"):
        compare(np.zeros((90, 160), np.uint8), np.zeros((90, 90), np.uint8))
