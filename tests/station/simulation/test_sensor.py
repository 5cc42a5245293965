"""The camera in linear light: what EMVA 1288 calls the linear model, held against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from station.simulation.optics import LAMP
from station.simulation.scene import Scene
from station.simulation.sensor import BLACK, FULL_WELL, RATE, READ_NOISE, STEP, Sensor
from tests.station.simulation.rig import SIZE, Rig

SCENE = Scene(SIZE, LAMP, seed=0)
SENSOR = Sensor(SCENE.x, SCENE.y, seed=0)


def flat(radiance: float) -> NDArray[np.float32]:
    return np.full((SIZE[1], SIZE[0]), radiance, np.float32)


def exposures(radiance: float, exposure: float, gain: float = 1.0, count: int = 2) -> NDArray[np.float64]:
    chance = np.random.default_rng(3)
    return np.stack([SENSOR.expose(flat(radiance), exposure, gain, chance) for _ in range(count)]).astype(np.float64)


@given(exposure=st.floats(0.002, 0.01), level=st.floats(0.5, 1.0))
def test_twice_the_exposure_is_twice_the_picture_above_black(exposure: float, level: float) -> None:
    rig = Rig()
    rig.bench.lamp_level = level
    rig.camera.exposure = exposure
    once = rig.gray().mean() - BLACK
    rig.camera.exposure = 2 * exposure
    assert rig.gray().mean() - BLACK == pytest.approx(2 * once, rel=0.01, abs=0.3)  # JPEG rounds dark pictures


def test_lamp_and_exposure_and_gain_are_each_a_factor() -> None:
    rig = Rig()
    rig.bench.ambient = 0.0
    full = rig.gray().mean() - BLACK
    rig.bench.lamp_level = 0.5
    assert rig.gray().mean() - BLACK == pytest.approx(full / 2, rel=0.02)
    rig.camera.gain = 4.0
    assert rig.gray().mean() - BLACK == pytest.approx(full * 2, rel=0.02)


@pytest.mark.parametrize("gain", [1.0, 2.0])
@pytest.mark.parametrize("radiance", [0.0, 0.05, 0.2, 0.4])
def test_noise_is_that_of_photons_and_of_reading(radiance: float, gain: float) -> None:
    """The two-picture method; rounding to gray levels adds its twelfth."""
    first, second = exposures(radiance, 0.008, gain)
    variance = SENSOR.electrons(flat(radiance), 0.008) + READ_NOISE**2  # Poisson: as many as there are
    expected = np.sqrt(np.mean((gain * STEP) ** 2 * variance) + 1 / 12)
    assert np.std(first - second) / np.sqrt(2) == pytest.approx(expected, rel=0.03)


def test_the_pattern_of_the_pixels_stays_and_belongs_to_the_camera() -> None:
    mean = exposures(0.3, 0.008, count=64).mean(axis=0)
    truth = SENSOR.level(SENSOR.electrons(flat(0.3), 0.008), 1.0)
    assert np.std(mean - truth) < 0.35  # of 1.9 levels in one picture, an eighth is left
    other = Sensor(SCENE.x, SCENE.y, seed=1)
    assert abs(np.corrcoef(other.response.ravel(), SENSOR.response.ravel())[0, 1]) < 0.99
    assert not np.array_equal(other.offset, SENSOR.offset)


def test_light_falls_towards_the_corners_by_the_fourth_power_of_the_cosine() -> None:
    middle, corner = SENSOR.response[80:100, 150:170].mean(), SENSOR.response[:10, :10].mean()
    assert corner / middle == pytest.approx((1 + (78.0**2 + 43.0**2) / 300.0**2) ** -2, rel=0.01)


def test_a_full_well_is_white_and_stays_white() -> None:
    exposure = 2 * FULL_WELL / RATE
    assert exposures(1.0, exposure).min() == 255
    assert exposures(1.0, 4 * exposure).min() == 255


def test_gain_cannot_bring_back_what_the_well_has_clipped() -> None:
    assert SENSOR.level(np.full((1, 1), 3 * FULL_WELL, np.float32), 0.5)[0, 0] == pytest.approx(127.5 + BLACK)


def test_without_light_there_is_the_black_level_and_never_twice_the_same_picture() -> None:
    first, second = exposures(0.0, 0.008)
    assert first.mean() == pytest.approx(BLACK, abs=0.3)
    assert not np.array_equal(first, second)
