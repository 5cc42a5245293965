"""Measures of pictures with known truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.measure import (
    Gray,
    ambient,
    brightest,
    clipped,
    compare,
    falloff,
    flicker,
    focus,
    level,
    noise,
    pattern,
    sharpness,
    snr,
    straying,
)
from station.simulation.sensor import BLACK, STEP, deviation
from tests.calibration.bench import Stage


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


# on the simulated bench, whose sensor is known


def true_noise(stage: Stage) -> float:
    """Of the simulated sensor, and of rounding to whole gray levels: EMVA 1288 has 1/12 for it. Gray levels."""
    return float(np.sqrt((deviation(stage.electrons()) ** 2).mean() * STEP**2 + 1 / 12))


@pytest.mark.parametrize("sheet", ["", "white"])
def test_noise_of_two_pictures_is_the_sensor_s_within_5_percent(sheet: str) -> None:
    stage = Stage()
    stage.bench.sheet, stage.camera.exposure = sheet, 0.007
    assert noise(stage.raw(), stage.raw()) == pytest.approx(true_noise(stage), rel=0.05)


def test_on_a_white_sheet_the_camera_s_jpeg_hides_less_than_5_percent_of_noise_and_snr() -> None:
    stage = Stage()
    stage.bench.sheet, stage.camera.exposure = "white", 0.007
    first, second = stage.shots(2)
    sigma, true = noise(first, second), true_noise(stage)
    signal = float(stage.electrons().mean()) * STEP
    assert sigma == pytest.approx(true, rel=0.05)
    ratio = 10 ** (snr(level(first), BLACK, sigma) / 20)
    assert ratio == pytest.approx(signal / true, rel=0.05)


def test_defocus_is_ranked_rightly_in_99_of_100_also_where_the_sharper_picture_is_darker_or_noisier() -> None:
    """Pairs a millimetre of focus (0.02 mm of blur) or more apart; the light of each is its own."""
    stage, chance, right = Stage(size=(1280, 720)), np.random.default_rng(7), 0
    stage.bench.lay(stage.bench.choose("1041-A", at=(0.0, 0.0)))
    for _ in range(100):
        near = chance.uniform(2, 6)
        found = []
        for blur in (near, near + chance.uniform(1, 3)):
            stage.bench.blur, stage.bench.ageing = blur, chance.uniform(0.3, 1)
            first, second = (shot[180:540, 440:840] for shot in stage.shots(2))
            found.append(focus(first, second, BLACK))
        right += found[0] > found[1]
    assert right >= 99


def test_noise_is_not_taken_for_sharpness() -> None:
    chance = np.random.default_rng(3)
    first, second = (np.clip(chance.normal(60, 8, (90, 160)), 0, 255).astype(np.uint8) for _ in range(2))
    assert focus(first, second) < 0.02 * sharpness(first)


@pytest.mark.parametrize(("depth", "mains"), [(0.1, 50), (0.3, 50), (0.0, None)])
def test_flicker_of_the_mains_is_found_and_told_from_none(depth: float, mains: int | None) -> None:
    """Over 8 of the mains' 10 ms an exposure evens most of it out; what is left is what the camera sees."""
    stage = Stage(size=(320, 180))
    stage.bench.flicker = depth
    frames = [stage.camera.read(newer_than=stage.clock.monotonic()) for _ in range(12)]
    found = flicker([level(frame.gray()) for frame in frames], [frame.monotonic for frame in frames])
    seen = depth * np.sin(np.pi * 0.8) / (np.pi * 0.8)
    assert found.mains == mains
    assert found.depth == pytest.approx(seen, rel=0.1, abs=0.001)


def test_light_that_comes_and_goes_is_not_laid_to_the_mains() -> None:
    found = flicker([100, 100, 100, 80, 80, 80, 80, 100, 100, 100, 100, 100], [n / 30 for n in range(12)])
    assert found.depth > 0.05
    assert found.mains is None


def test_falloff_is_that_of_the_light_and_not_of_noise_or_specks() -> None:
    chance = np.random.default_rng(1)
    white = np.linspace(200, 120, 320)[None, :] + chance.normal(0, 4, (180, 320))
    white[50, 50] = 0
    assert falloff(white.astype(np.float32)) == pytest.approx(0.39, abs=0.02)


def test_ambient_is_the_share_that_is_left_with_the_lamp_off() -> None:
    stage = Stage(size=(320, 180))
    stage.bench.ambient = 0.25
    on = level(stage.shot())
    stage.bench.dark = True
    assert ambient(level(stage.shot()), on, BLACK) == pytest.approx(0.2, abs=0.02)


def test_the_brightest_place_is_neither_a_hot_pixel_nor_a_speck() -> None:
    gray = np.full((180, 320), 150, np.uint8)
    gray[20, 20], gray[100:103, 40:43] = 255, 0
    assert brightest(gray) == pytest.approx(150, abs=1)
    gray[:60, :80] = 200
    assert brightest(gray) == pytest.approx(200, abs=1)


def test_the_pattern_of_the_pixels_is_told_apart_from_the_fall_of_the_light() -> None:
    chance = np.random.default_rng(1)
    light = np.linspace(240, 150, 320, dtype=np.float32)[None, :]
    assert pattern(light * (1 + 0.01 * chance.standard_normal((180, 320), np.float32))) == pytest.approx(0.01, rel=0.1)


def series(sigma: float = 2.0, count: int = 48) -> list[Gray]:
    """Pictures of a sheet whose light falls to a half, as a sensor sees it."""
    chance = np.random.default_rng(9)
    light = np.linspace(200, 100, 640)[None, :] * np.ones((360, 1))
    return [np.asarray(np.rint(light + chance.normal(0, sigma, light.shape)), np.uint8) for _ in range(count)]


@pytest.mark.parametrize("sigma", [0.5, 2.0, 6.0])
def test_what_is_only_noise_strays_nowhere(sigma: float) -> None:
    assert straying(series(sigma), 64).max() < 0.2


def test_a_shadow_in_a_few_pictures_of_a_series_is_found_where_it_lies_and_by_its_depth() -> None:
    pictures = series()
    for picture in pictures[20:30]:
        picture[100:140, 200:240] -= 10
    found = straying(pictures, 64)
    assert found[10:14, 20:24].min() == pytest.approx(10, abs=1.5)
    found[10:14, 20:24] = 0
    assert found.max() < 0.2
