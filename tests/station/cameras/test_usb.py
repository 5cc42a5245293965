"""The USB camera, held against a stand-in with the habits of V4L2; the real V4L2 is tests/hil's affair."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.cameras.controls import Setting
from station.cameras.freshness import FreshCamera, Freshness
from station.cameras.usb import UsbCamera, capture_v4l2
from station.errors import CameraError
from tests.station.cameras.test_freshness import Clock
from tests.station.cameras.v4l2 import FPS, Device


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "usb-Maker_Camera-video-index0", Clock(1000.0))


def camera(device: Device, **settings: Any) -> UsbCamera:
    return UsbCamera(
        str(device.path), device.clock, **{"width": 64, "height": 48, "fps": FPS} | settings, capture=device.capture
    )


def opened(device: Device, **settings: Any) -> UsbCamera:
    made = camera(device, **settings)
    made.open()
    return made


def test_the_frame_holds_the_cameras_own_jpeg_and_nothing_behind_its_end(device: Device) -> None:
    frame = opened(device).read()
    assert frame.pixels is None
    assert frame.encoded == device.jpeg(round(frame.monotonic * FPS))
    assert frame.gray().shape == (48, 64)
    assert frame.source == str(device.path)


def test_a_camera_that_makes_no_jpeg_gives_pixels(device: Device) -> None:
    device.knows_jpeg = False
    frame = opened(device).read()
    assert frame.encoded is None
    assert frame.pixels is not None
    assert np.array_equal(frame.pixels, device.pixels(round(frame.monotonic * FPS)))


def test_time_is_the_drivers_stamp_in_both_clocks(device: Device) -> None:
    frame = opened(device).read()
    assert frame.monotonic * FPS == pytest.approx(round(frame.monotonic * FPS))
    age = device.clock.now() - frame.acquired_at
    assert age / timedelta(seconds=1) == pytest.approx(device.clock.monotonic() - frame.monotonic, abs=1e-5)


def test_after_a_pause_the_old_frames_that_the_driver_kept_are_dropped(device: Device) -> None:
    device.buffers = 4
    usb = opened(device)
    before = usb.read()
    device.clock.sleep(1.0)
    after = usb.read(newer_than=before.monotonic)
    assert device.clock.monotonic() - after.monotonic <= 1 / FPS
    assert after.number - before.number == device.buffers + 1


def test_a_frame_that_was_waiting_when_the_trigger_came_is_dropped(device: Device) -> None:
    usb = opened(device)
    usb.read()
    device.clock.sleep(1.5 / FPS)
    triggered = device.clock.monotonic()
    assert usb.read(newer_than=triggered).monotonic > triggered


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=8),
    lag=st.floats(-0.5, 0),
    buffers=st.integers(1, 10),
    torn=st.sets(st.integers(30_000, 30_060)),
)
def test_every_frame_is_newer_than_asked_and_at_most_a_frame_time_old(
    device: Device, pauses: list[float], lag: float, buffers: int, torn: set[int]
) -> None:
    device.buffers, device.torn = buffers, torn if len(torn) < 10 else set()
    usb = opened(device)
    number, monotonic = 0, 0.0
    for pause in pauses:
        device.clock.sleep(pause)
        asked = device.clock.monotonic()
        frame = usb.read(newer_than=max(monotonic, asked + lag))
        assert frame.monotonic > max(monotonic, asked + lag, asked - 1 / FPS)
        assert frame.number > number
        number, monotonic = frame.number, frame.monotonic


def test_torn_frames_are_dropped(device: Device) -> None:
    usb = opened(device)
    next_one = round(usb.read().monotonic * FPS) + 1
    device.torn = {next_one, next_one + 1}
    frame = usb.read()
    assert frame.encoded == device.jpeg(next_one + 2)
    assert frame.number == 4 + 1  # one was seen at opening


def test_a_camera_that_gives_nothing_but_torn_frames_is_a_fault(device: Device) -> None:
    device.torn = set(range(29_000, 31_000))
    with pytest.raises(CameraError, match="old or torn"):
        opened(device).read()


def test_an_unplugged_camera_is_a_fault_at_once_and_is_let_go(device: Device) -> None:
    usb = opened(device)
    usb.read()
    device.unplug()
    now = device.clock.monotonic()
    with pytest.raises(CameraError, match="unplugged"):
        usb.read()
    assert device.captures[-1].is_released
    with pytest.raises(CameraError, match="not open"):
        usb.read()
    with pytest.raises(CameraError, match="no camera at"):
        usb.open()
    assert device.clock.monotonic() == now


def test_a_camera_that_came_back_is_opened_again_and_its_numbers_go_on_rising(device: Device) -> None:
    usb = FreshCamera(opened(device, exposure=100), Freshness(), device.clock)
    number = usb.read().number
    for _ in range(20):
        device.unplug()
        with pytest.raises(CameraError):
            usb.read()
        device.clock.sleep(1.0)
        device.plug()
        usb.open()
        frame = usb.read(newer_than=device.clock.monotonic())
        assert frame.number > number
        number = frame.number


def test_a_stalled_camera_is_a_fault(device: Device) -> None:
    usb = opened(device)
    device.is_stalled = True
    with pytest.raises(CameraError, match="stalled"):
        usb.read()


def test_a_camera_that_stalls_when_it_is_opened_is_a_fault_and_is_let_go(device: Device) -> None:
    device.is_stalled = True
    with pytest.raises(CameraError, match="stalled"):
        opened(device)
    assert device.captures[-1].is_released


def test_a_camera_that_repeats_its_last_picture_is_a_fault(device: Device) -> None:
    device.is_frozen = True
    fresh = FreshCamera(opened(device), Freshness(), device.clock)
    fresh.read()
    with pytest.raises(CameraError, match="frozen"):
        fresh.read()


def test_a_driver_with_another_clock_is_a_fault(device: Device) -> None:
    device.ahead = 1.7e9
    with pytest.raises(CameraError, match="another clock"):
        FreshCamera(opened(device), Freshness(), device.clock).read()


def test_a_stamp_just_ahead_of_the_clock_is_taken_as_now(device: Device) -> None:
    device.ahead = 0.03
    usb = FreshCamera(opened(device), Freshness(), device.clock)
    times = [usb.read().monotonic for _ in range(5)]
    assert times == sorted(set(times))
    assert times[-1] <= device.clock.monotonic()


def test_controls_are_set_after_their_automatics_are_off_and_read_back(device: Device) -> None:
    usb = opened(device, exposure=157, gain=500, white_balance=4600, focus=30)
    assert usb.controls == [
        Setting("auto_exposure", 1, 1),
        Setting("auto_white_balance", 0, 0),
        Setting("autofocus", 0, None),
        Setting("exposure", 157, 157),
        Setting("gain", 500, 100),
        Setting("white_balance", 4600, 4600),
        Setting("focus", 30, None),
    ]
    assert [setting.name for setting in usb.controls if not setting.obeyed] == ["autofocus", "gain", "focus"]


def test_a_control_that_is_not_asked_for_is_left_alone(device: Device) -> None:
    usb = opened(device, gain=20)
    assert [setting.name for setting in usb.controls] == ["auto_exposure", "gain"]
    assert cv2.CAP_PROP_EXPOSURE not in device.captures[-1].sets
    assert cv2.CAP_PROP_AUTO_WB not in device.captures[-1].sets


def test_only_one_buffer_is_asked_for(device: Device) -> None:
    opened(device)
    assert cv2.CAP_PROP_BUFFERSIZE in device.captures[-1].sets


def test_a_size_that_the_camera_has_not_is_said_with_the_one_it_gave(device: Device) -> None:
    with pytest.raises(CameraError, match="no size 640x480: set 64x48"):
        opened(device, width=640, height=480)
    assert device.captures[-1].is_released


def test_a_camera_in_use_is_said(device: Device) -> None:
    device.is_busy = True
    with pytest.raises(CameraError, match="close the program"):
        opened(device)


def test_a_camera_without_permission_is_said(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CameraError, match="group video"):
        opened(device)


def test_a_camera_that_is_not_open_gives_nothing(device: Device) -> None:
    with pytest.raises(CameraError, match="not open"):
        camera(device).read()


def test_opening_an_open_camera_again_takes_it_anew(device: Device) -> None:
    usb = opened(device)
    usb.open()
    assert [capture.is_released for capture in device.captures] == [True, False]
    usb.read()
    usb.close()
    usb.close()


def test_the_name_tells_device_and_mode(device: Device) -> None:
    assert camera(device).name == f"usb:{device.path} 64x48"


def test_a_stalled_camera_blocks_opencv_for_one_second_not_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", raising=False)
    assert not capture_v4l2("/dev/null").isOpened()
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "1"
