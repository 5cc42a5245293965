"""What a camera offers, and what it does when it is told: recorded habits of V4L2 devices, without one."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable
from errno import EINVAL, EIO, ENOTTY
from pathlib import Path
from typing import Any

import cv2
import pytest

from calibration.controls import Control, Setting, disobeyed
from station.cameras.usb import UsbCamera
from station.cameras.v4l2 import GET, LAYOUT, NEXT, QUERY, VALUE, offered
from station.errors import CameraError
from tests.station.cameras.test_freshness import Clock
from tests.station.cameras.v4l2 import Device

# as a driver tells of them: id, type, name, minimum, maximum, step, default, flags; and the value of now
RECORDED = [
    ((0x00980900, 1, b"Brightness", 0, 255, 1, 128, 0), 100),
    ((0x00980913, 1, b"Gain", 0, 100, 5, 50, 0), 20),
    ((0x0098091A, 1, b"White Balance Temperature", 2800, 6500, 10, 4600, 0x10), 4600),
    ((0x009A0901, 3, b"Auto Exposure", 0, 3, 1, 3, 0), 3),
    ((0x009A0902, 1, b"Exposure Time, Absolute", 3, 2047, 1, 250, 0x10), 250),
    ((0x009A0910, 6, b"Camera Controls", 0, 0, 0, 0, 0x44), 0),
    ((0x009A0999, 1, b"Secret", 0, 1, 1, 0, 0x01), 0),
    ((0x009A09FF, 1, b"Serial Number", 0, 9, 1, 7, 0x04), 7),
]


def driver(_: int, request: int, asked: bytearray) -> None:
    """ioctl of a driver that has the recorded controls."""
    number = struct.unpack_from("=I", asked)[0]
    if request == QUERY:
        following = [row for row, _ in RECORDED if row[0] > number & ~NEXT]
        if not following:
            raise OSError(EINVAL, "no more")
        asked[:] = LAYOUT.pack(*following[0])
    else:
        assert request == GET
        asked[:] = VALUE.pack(number, next(value for row, value in RECORDED if row[0] == number))


def test_every_number_is_told_with_range_step_and_whether_it_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    found = {control.name: control for control in offered(str(tmp_path / "video"), driver)}
    assert list(found) == ["brightness", "gain", "white_balance", "auto_exposure", "exposure", "serial_number"]
    assert found["gain"] == Control("gain", 20, 0, 100, 5)
    assert found["exposure"] == Control("exposure", 250, 3, 2047, 1, "× 100 µs", is_read_only=True)
    assert found["serial_number"].is_read_only


class Broken:
    """A driver that fails: at the whole query, or at the value of one control."""

    def __init__(self, trouble: int, request: int = QUERY, control: int = 0) -> None:
        self.trouble, self.request, self.control = trouble, request, control

    def __call__(self, handle: int, request: int, asked: bytearray) -> None:
        number = struct.unpack_from("=I", asked)[0]
        if request == self.request and self.control in (0, number):
            raise OSError(self.trouble, os.strerror(self.trouble))
        driver(handle, request, asked)


def test_a_value_that_the_driver_does_not_tell_is_no_value_and_not_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    found = {each.name: each for each in offered(str(tmp_path / "video"), Broken(EIO, GET, 0x00980913))}
    assert math.isnan(found["gain"].value)
    assert not found["gain"].is_read
    assert found["brightness"].is_read
    assert not Setting("gain", 50, found["gain"].value).obeyed


def test_a_driver_that_fails_is_told_from_a_camera_without_controls(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    with pytest.raises(CameraError, match=r"does not tell its controls .*: plug it in anew"):
        offered(str(tmp_path / "video"), Broken(EIO))
    assert offered(str(tmp_path / "video"), Broken(ENOTTY)) == (), "it has none at all"


def test_what_can_only_be_written_is_not_asked_and_not_held_against_anything(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    row = (0x00980913, 1, b"Kick", 0, 1, 1, 0, 0x40)

    def ioctl(_: int, request: int, asked: bytearray) -> None:
        assert request == QUERY, "it is not asked for its value"
        if struct.unpack_from("=I", asked)[0] != NEXT:
            raise OSError(EINVAL, "no more")
        asked[:] = LAYOUT.pack(*row)

    (only,) = offered(str(tmp_path / "video"), ioctl)
    assert not only.is_still


def test_what_is_no_v4l2_device_offers_nothing(tmp_path: Path) -> None:
    assert offered(str(tmp_path / "none")) == ()
    (tmp_path / "file").touch()
    assert offered(str(tmp_path / "file")) == ()


@pytest.mark.parametrize(("wanted", "nearest"), [(12.4, 10), (12.6, 15), (-5, 0), (999, 100)])
def test_the_nearest_value_that_the_camera_can_take_is_within_its_range_and_steps(
    wanted: float, nearest: float
) -> None:
    assert Control("gain", 0, 0, 100, 5).nearest(wanted) == nearest


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "video", Clock(10.0))


def opened(device: Device) -> UsbCamera:
    def query(path: str) -> tuple[Control, ...]:
        return (Control("exposure", 250, 1, 5000, 1, is_read_only=True), Control("brightness", 1, 0, 2))

    camera = UsbCamera(str(device.path), device.clock, width=64, height=48, capture=device.capture, query=query)
    camera.open()
    return camera


def test_what_an_automatic_locks_is_offered_since_setting_it_ends_the_automatic(device: Device) -> None:
    camera = opened(device)
    assert camera.offers() == (Control("exposure", 250, 1, 5000, 1),)
    assert [control.name for control in camera.everything()] == ["exposure", "brightness"]
    assert camera.adjust({"exposure": 157}) == (Setting("exposure", 157, 157),)


def test_controls_are_set_again_whenever_the_camera_is_opened(device: Device) -> None:
    camera = opened(device)
    camera.adjust({"exposure": 157, "gain": 30})
    camera.close()
    camera.open()
    assert device.captures[-1].get(cv2.CAP_PROP_EXPOSURE) == 157
    assert device.captures[-1].get(cv2.CAP_PROP_GAIN) == 30


def rounds(device: Device) -> None:
    """A control that rounds: the stand-in takes multiples of 64 alone."""
    from tests.station.cameras import v4l2

    told = v4l2.StandIn.get

    def get(self: v4l2.StandIn, control: int, /) -> float:
        value = told(self, control)
        return value // 64 * 64 if control == cv2.CAP_PROP_EXPOSURE else value

    device.capture = lambda path: _with(v4l2.StandIn(device), get)  # type: ignore[method-assign] # a stand-in


def _with(stand_in: Any, get: Callable[..., float]) -> Any:
    class Changed(type(stand_in)):  # type: ignore[misc] # a stand-in
        pass

    Changed.get = get
    stand_in.__class__ = Changed
    return stand_in


def read_only(device: Device) -> None:
    """A control that takes nothing: one value is all of its range."""
    device.limits[cv2.CAP_PROP_EXPOSURE] = (250, 250)


def missing(device: Device) -> None:
    del device.limits[cv2.CAP_PROP_EXPOSURE]


@pytest.mark.parametrize(
    ("habit", "said"),
    [
        (rounds, "exposure: asked 157, got 128"),
        (read_only, "exposure: asked 157, got 250"),
        (missing, "exposure: asked 157, the camera does not offer it"),
    ],
)
def test_asked_against_got_is_told_of_what_does_not_obey(
    device: Device, habit: Callable[[Device], None], said: str
) -> None:
    habit(device)
    settings = opened(device).adjust({"exposure": 157})
    assert [setting.obeyed for setting in settings] == [False]
    assert said in disobeyed(settings)
    assert settings[0].told().startswith(said)


def test_what_obeys_is_not_complained_of() -> None:
    assert disobeyed([Setting("exposure", 157, 157), Setting("gain", 0, 0)]) == ""


def test_a_camera_that_is_not_open_is_not_set(device: Device) -> None:
    camera = opened(device)
    camera.close()
    with pytest.raises(CameraError, match="open it before it is set"):
        camera.adjust({"exposure": 157})
