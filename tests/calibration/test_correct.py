"""Flat field: a fall-off of 40 % becomes 2 % at the most, and what cannot be corrected is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from calibration.correct import COARSE, FINE, WHITE, FlatField, flat_field, mean, trouble
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


def test_with_the_lamp_where_it_is_the_bench_needs_only_fine_gains() -> None:
    stage = Stage()
    stage.camera.exposure = 0.0068
    field = flat_field(*fields(stage))
    assert field.unit == FINE
    assert field.bad == 0


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
    gain = np.full((16, 16), 201, np.uint8)
    field = FlatField(np.full((16, 16), 3, np.uint8), gain, COARSE)
    exact = np.minimum(255, np.rint(np.maximum(gray.astype(int) - 3, 0) * 201 / COARSE))
    assert np.array_equal(field.whole(gray), exact)
