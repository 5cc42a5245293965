"""The camera's controls while the station runs: what changes them is recorded, and verified anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.types import State
from tests.station.bays import BY, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.ready(tmp_path) as shop:
        yield shop


@pytest.fixture
def calibrated(shop: Shop) -> Shop:
    """By the whole wizard, so that the calibration holds what the controls have to be."""
    shop.calibrates()
    shop.until(lambda: shop.station.state is State.READY)
    return shop


def test_the_page_tells_every_control_with_range_and_step_what_was_asked_and_what_is(calibrated: Shop) -> None:
    camera = calibrated.bay.camera()
    assert camera.name == calibrated.camera.name
    exposure = next(each for each in camera.controls if each.name == "exposure")
    assert (exposure.least, exposure.step, exposure.unit) == (20.0, 20.0, "µs")
    assert camera.asked["exposure"] == pytest.approx(exposure.value)
    assert camera.settable == {"exposure", "gain", "focus"}


def test_a_control_set_outside_the_wizard_is_recorded_and_drops_verified(shop: Shop) -> None:
    shop.verifies()
    shop.bay.camera()
    assert shop.bay.tune("gain", 2.01, BY) == ""
    shop.until(lambda: shop.raw.gain == 2.0)
    assert not shop.station.verification.is_open(shop.clock.monotonic())
    (noted,) = shop.noted("camera_changed")
    assert (noted["operator"], noted["details"]["control"], noted["details"]["asked"]) == (BY, "gain", 2.0)
    assert shop.bay.camera().asked["gain"] == 2.0


def test_what_the_camera_makes_of_it_is_recorded_and_told(shop: Shop) -> None:
    shop.raw.habits["gain"] = lambda wanted: 1.0
    shop.bay.camera()
    shop.bay.tune("gain", 4.0, BY)
    shop.until(lambda: bool(shop.noted("camera_disobeyed")))
    assert "asked 4, got 1" in shop.noted("camera_disobeyed")[0]["message"]


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        ("gain", 9.0, "gain goes from 1 to 8: 9 is not in it."),
        ("gain", float("nan"), "is not in it"),
        ("hue", 1.0, "no control hue"),
    ],
)
def test_what_the_camera_cannot_take_is_refused_before_it_is_told(
    shop: Shop, control: str, value: float, said: str
) -> None:
    shop.bay.camera()
    assert said in shop.bay.tune(control, value, BY)
    assert not shop.noted("camera_changed")


def test_a_control_that_somebody_else_changed_is_recorded_unverified_and_set_again(calibrated: Shop) -> None:
    calibrated.verifies()
    exposure = calibrated.raw.exposure
    calibrated.raw.exposure = 0.002  # a program beside the station
    calibrated.until(lambda: bool(calibrated.noted("camera_changed")))
    calibrated.until(lambda: calibrated.raw.exposure == pytest.approx(exposure))
    assert not calibrated.station.verification.is_open(calibrated.clock.monotonic())
    (noted,) = calibrated.noted("camera_changed")
    assert "changed by somebody else: exposure is 2000" in noted["message"]
    assert noted["details"]["controls"] == {"exposure": pytest.approx(1e6 * exposure)}


def test_a_camera_that_does_not_go_back_is_a_fault(calibrated: Shop) -> None:
    calibrated.raw.habits["exposure"] = lambda wanted: 2000.0
    calibrated.raw.exposure = 0.002
    calibrated.until(lambda: calibrated.station.state is State.ERROR)
    calibrated.until(lambda: bool(calibrated.noted("fault")))
    assert "does not do as it was told" in calibrated.noted("fault")[0]["message"]


def test_while_it_is_calibrated_nobody_else_sets_the_camera(shop: Shop) -> None:
    shop.bay.camera()
    shop.bay.begin(BY)
    shop.asks()
    assert "being calibrated" in shop.bay.tune("gain", 2.0, BY)
    assert shop.raw.gain == 1.0


def test_a_control_set_by_hand_that_is_as_calibrated_again_is_recorded_and_verified_anew(calibrated: Shop) -> None:
    """Golden and challenge parts were shown with the value that was set, not with the calibrated one."""
    was = calibrated.raw.gain
    calibrated.bay.camera()
    assert calibrated.bay.tune("gain", was + 1.0, BY) == ""
    calibrated.until(lambda: calibrated.raw.gain == was + 1.0)
    calibrated.verifies()
    calibrated.raw.gain = was  # the camera came back from a fault, and was told its calibration
    calibrated.until(lambda: len(calibrated.noted("camera_changed")) == 2)
    assert "as it was calibrated again" in calibrated.noted("camera_changed")[1]["message"]
    assert not calibrated.station.verification.is_open(calibrated.clock.monotonic())
