"""Flat field: a fall-off of 40 % becomes 2 % at the most, and what cannot be corrected is told."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from calibration.correct import UNIT, WHITE, FlatField, flat_field, mean, trouble
from calibration.measure import Gray, falloff
from tests.calibration.bench import Stage


def fields(stage: Stage) -> tuple[Sequence[Gray], Sequence[Gray]]:
    """Pictures with the cap on, and of the white sheet."""
    stage.bench.sheet, stage.bench.capped = "white", True
    dark = stage.shots()
    stage.bench.capped = False
    return dark, stage.shots()


def aslant(share: float) -> Stage:
    """A bench whose white sheet falls off by this share; its own lens takes part in it."""
    stage = Stage()
    stage.camera.exposure = 0.006
    fall = np.linspace(1, 1 - share, 640, dtype=np.float32)[None, :]
    stage.bench.sensor.response = np.asarray(fall * (1 + 0.008 * np.random.default_rng(1).normal(size=(360, 640))))
    stage.bench.scene._light = np.ones_like(stage.bench.scene._light)
    return stage


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_fall_off_of_40_percent_becomes_2_percent_at_the_most(share: float) -> None:
    stage = aslant(share)
    dark, white = fields(stage)
    assert falloff(mean(white)) == pytest.approx(share, abs=0.03)
    field = flat_field(dark, white)
    assert trouble(field, white) == ""
    again = mean([field.whole(shot) for shot in stage.shots()])
    assert falloff(again) <= 0.02
    assert again.mean() == pytest.approx(WHITE, rel=0.01)


def test_with_the_lamp_where_it_is_every_pixel_of_the_bench_can_be_corrected() -> None:
    stage = Stage()
    stage.camera.exposure = 0.0068
    assert flat_field(*fields(stage)).bad == 0


def test_the_gains_draw_no_lines_into_a_smooth_stage() -> None:
    """Steps of a whole gray level, where nothing is, would be seen by the network as what it never learnt."""
    light = np.linspace(0.6, 1.0, 640, dtype=np.float32)[None, :] * np.ones((360, 1), np.float32)
    chance = np.random.default_rng(1)
    shots = [np.asarray(np.rint(WHITE * light + chance.normal(0, 1, light.shape)), np.uint8) for _ in range(48)]
    field = flat_field([np.zeros_like(shots[0])], shots)
    exact = 200 / light  # what a gray level of 200 has to become
    drawn = cv2.blur(200 * field.factor - exact, (9, 9))
    assert np.abs(drawn).max() < 0.2


def test_the_white_sheet_becomes_white_also_where_black_is_no_whole_level() -> None:
    shape = (64, 64)
    chance = np.random.default_rng(2)
    dark, white = (
        [np.asarray(np.rint(level + chance.normal(0, 0.6, shape)), np.uint8) for _ in range(200)]
        for level in (2.4, 150.0)
    )
    field = flat_field(dark, white)
    assert ((mean(white) - field.dark) * field.factor).mean() == pytest.approx(WHITE, abs=0.01)


def test_a_window_is_corrected_as_the_whole_is_and_a_reduced_picture_nearly_so() -> None:
    stage = aslant(0.4)
    field = flat_field(*fields(stage))
    shot = stage.shot()
    whole = field.whole(shot)
    assert np.array_equal(field.window(shot[40:200, 300:500], 300, 40), whole[40:200, 300:500])
    small = field.whole(shot[::4, ::4])
    assert np.abs(small.astype(int) - whole[::4, ::4]).mean() < 3


def test_pixels_that_cannot_be_corrected_are_counted_and_many_of_them_refused() -> None:
    stage = aslant(0.2)
    stage.bench.sensor.response[100:104, 200:204] = 0.0
    dark, white = fields(stage)
    field = flat_field(dark, white)
    assert 10 <= field.bad <= 120
    assert trouble(field, white) == ""
    stage.bench.sensor.response[100:140, 200:240] = 0.0
    dark, white = fields(stage)
    assert "cannot be corrected: they are too dark, or broken" in trouble(flat_field(dark, white), white)


def test_a_white_sheet_that_clips_is_refused() -> None:
    stage = Stage()
    stage.camera.exposure = 0.012
    dark, white = fields(stage)
    assert "the white sheet is too bright there" in trouble(flat_field(dark, white), white)


def test_every_gain_is_a_multiple_of_a_power_of_two_so_that_every_processor_gives_the_same() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    chance = np.random.default_rng(3)
    for _ in range(100):
        gain = np.asarray(chance.integers(UNIT, 65536, gray.shape), np.uint16)
        exact = np.minimum(255, np.rint(np.maximum(gray.astype(int) - 3, 0) * (gain / UNIT)))
        assert np.array_equal(FlatField(np.full_like(gray, 3), gain).whole(gray), exact)


@pytest.mark.parametrize("unit", [64, 128])
def test_a_calibration_with_coarse_gains_corrects_as_it_did(unit: int) -> None:
    """Station and records go on with the calibration that they have."""
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for level in range(unit, 256):
        field = FlatField(np.full_like(gray, 3), np.full_like(gray, level), unit)
        before = cv2.multiply(cv2.subtract(gray, field.dark), field.gain, scale=1 / unit)
        assert np.array_equal(field.whole(gray), before)
