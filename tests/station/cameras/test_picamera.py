"""The Pi's own camera, held against a stand-in for picamera2 (see libcamera.py); no real one has been seen."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from station.cameras.controls import Setting
from station.cameras.freshness import FreshCamera, Freshness
from station.cameras.picamera import PiCamera
from station.errors import CameraError
from station.types import SystemClock
from tests.station.cameras.libcamera import BUFFERS, Bench


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    monkeypatch.setitem(sys.modules, "picamera2", made.module)
    return made


def opened(**settings: Any) -> PiCamera:
    camera = PiCamera(SystemClock(), **{"width": 64, "height": 48} | settings)
    camera.open()
    return camera


def test_the_frame_is_the_gray_plane_without_the_padding_of_its_lines(bench: Bench) -> None:
    frame = opened().read()
    expected = np.random.default_rng(bench.cameras[0].shown).integers(0, 256, (48, 64), np.uint8)
    assert np.array_equal(frame.gray(), expected)
    assert frame.source == "picamera:0"


def test_every_buffer_is_given_back(bench: Bench) -> None:
    camera = opened()
    for _ in range(3 * BUFFERS):
        camera.read()
    assert bench.cameras[0].taken == 0


def test_time_is_that_of_the_exposure(bench: Bench) -> None:
    clock = SystemClock()
    camera = opened(fps=0.1)
    bench.ages = [5.0]
    before = clock.monotonic()
    frame = camera.read()
    assert before - 6 < frame.monotonic <= clock.monotonic() - 5
    assert 5 <= (clock.now() - frame.acquired_at).total_seconds() < 6


def test_frames_from_before_the_trigger_and_from_long_ago_are_dropped(bench: Bench) -> None:
    clock = SystemClock()
    camera = opened(fps=10)
    bench.ages = [0.9, 0.2, 0.05]
    triggered = clock.monotonic()
    frame = camera.read(newer_than=triggered)
    assert frame.monotonic > triggered
    assert frame.number >= 4
    assert not bench.ages


def test_a_camera_that_gives_nothing_but_old_frames_is_a_fault(bench: Bench) -> None:
    camera = opened()
    bench.ages = [1.0] * 100
    with pytest.raises(CameraError, match="only old frames"):
        camera.read()


def test_a_fresh_camera_takes_its_frames(bench: Bench) -> None:
    fresh = FreshCamera(opened(), Freshness(max_age=60), SystemClock())
    numbers = [fresh.read().number for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_controls_are_locked_and_read_back_from_the_frame(bench: Bench) -> None:
    camera = opened(fps=25, exposure_us=8000, gain=20.0, lens_position=4.0)
    controls = bench.cameras[0].configuration["controls"]
    assert controls["AeEnable"] is False
    assert controls["AwbEnable"] is False
    assert controls["AfMode"] == 0
    assert controls["FrameDurationLimits"] == (40000, 40000)
    camera.read()
    assert camera.controls == [
        Setting("ExposureTime", 8000, 7992),
        Setting("AnalogueGain", 20.0, 16.0),
        Setting("LensPosition", 4.0, None),
    ]
    assert [setting.obeyed for setting in camera.controls] == [True, False, False]


def test_what_is_not_asked_for_is_left_to_the_camera(bench: Bench) -> None:
    assert opened().controls == []
    assert set(bench.cameras[0].configuration["controls"]) == {"FrameDurationLimits"}


def test_a_stalled_camera_is_a_fault_and_can_be_opened_again(bench: Bench) -> None:
    camera = opened()
    number = camera.read().number
    bench.is_stalled = True
    with pytest.raises(CameraError, match="stalled"):
        camera.read()
    assert bench.cameras[0].is_closed
    with pytest.raises(CameraError, match="not open"):
        camera.read()
    bench.is_stalled = False
    camera.open()
    assert camera.read().number > number


def test_a_camera_that_cannot_be_stopped_is_let_go_all_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise RuntimeError("the ribbon is off")

    camera = opened()
    monkeypatch.setattr(bench.cameras[0], "stop", stop)
    camera.close()
    assert bench.cameras[0].is_closed


def test_a_missing_camera_and_one_in_use_are_said(bench: Bench) -> None:
    with pytest.raises(CameraError, match="ribbon cable"):
        opened(index=1)
    bench.is_busy = True
    with pytest.raises(CameraError, match="close the program"):
        opened()


def test_a_size_that_the_camera_has_not_is_said_with_the_one_it_gave(bench: Bench) -> None:
    with pytest.raises(CameraError, match="no size 100x48: set 64x48"):
        opened(width=100)
    assert bench.cameras[0].is_closed


def test_without_picamera2_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        opened()


def test_its_controls_are_told_with_their_range_and_set_while_it_streams(bench: Bench) -> None:
    camera = opened(exposure_us=8000)
    camera.read()
    exposure, gain = camera.offers()
    assert (exposure.name, exposure.unit, exposure.least, exposure.most) == ("exposure", "µs", 29, 112_000)
    assert exposure.value == pytest.approx(8000, rel=0.01)
    assert (gain.name, gain.value) == ("gain", 1.0)
    settings = camera.adjust({"exposure": 20_000, "gain": 99.0, "focus": 2.0})
    assert [(setting.name, setting.obeyed) for setting in settings] == [
        ("exposure", True),
        ("gain", False),
        ("focus", False),
    ]
    assert settings[1].got == 16.0
    camera.close()
    assert camera.offers() == ()
    camera.open()
    camera.read()
    assert camera.offers()[0].value == pytest.approx(20_000, rel=0.01), "set again whenever it is opened"
    camera.close()
    with pytest.raises(CameraError, match="open it before it is set"):
        camera.adjust({"exposure": 1})
