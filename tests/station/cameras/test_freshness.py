"""Promise 3: a stale, repeated or frozen frame is a camera fault, never a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.cameras.freshness import FreshCamera, Freshness, Judged
from station.errors import CameraError
from station.types import Frame


def frame(number: int, monotonic: float, content: bytes | None = None) -> Frame:
    return Frame(number, monotonic, datetime(2026, 1, 1, tzinfo=UTC), content or b"%d" % number, source="cam")


def test_new_frames_in_order_pass() -> None:
    freshness = Freshness(max_age=0.5)
    for number in range(1, 5):
        freshness.check(frame(number, number / 10), now=number / 10 + 0.4)


@pytest.mark.parametrize("age", [0.51, 60.0, math.nan, math.inf])
def test_a_stale_frame_is_a_fault(age: float) -> None:
    with pytest.raises(CameraError, match=r"stale|clock"):
        Freshness(max_age=0.5).check(frame(1, 100.0 - age), now=100.0)


def test_a_frame_from_the_future_is_a_fault_because_its_age_is_unknown() -> None:
    with pytest.raises(CameraError, match="another clock"):
        Freshness().check(frame(1, 1_700_000_000.0), now=100.0)


@pytest.mark.parametrize(("number", "monotonic"), [(1, 1.1), (0, 1.1), (2, 1.0), (2, 0.9)])
def test_a_frame_whose_number_or_time_does_not_rise_is_a_fault(number: int, monotonic: float) -> None:
    freshness = Freshness()
    freshness.check(frame(1, 1.0, b"a"), now=1.0)
    with pytest.raises(CameraError, match="out of order"):
        freshness.check(frame(number, monotonic, b"b"), now=1.1)


@given(ring=st.integers(1, 8))
def test_a_driver_that_repeats_its_ring_of_buffers_is_a_fault(ring: int) -> None:
    freshness = Freshness()
    for number in range(ring):
        freshness.check(frame(number, number + 1.0), now=number + 1.0)
    with pytest.raises(CameraError, match="frozen"):
        freshness.check(frame(ring, ring + 1.0, b"0"), now=ring + 1.0)


def test_frozen_pixels_are_a_fault_even_when_they_are_a_copy() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    freshness = Freshness()
    freshness.check(replace(frame(1, 1.0), encoded=None, pixels=pixels), now=1.0)
    with pytest.raises(CameraError, match="frozen"):
        freshness.check(replace(frame(2, 2.0), encoded=None, pixels=pixels[:, ::-1].copy()[:, ::-1]), now=2.0)


def test_one_changed_grey_level_is_a_new_picture() -> None:
    pixels = np.zeros((8, 8), np.uint8)
    changed = pixels.copy()
    changed[3, 3] = 1
    freshness = Freshness()
    freshness.check(replace(frame(1, 1.0), encoded=None, pixels=pixels), now=1.0)
    freshness.check(replace(frame(2, 2.0), encoded=None, pixels=changed), now=2.0)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, monotonic: float) -> None:
        self.time = monotonic

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def is_synchronised(self) -> bool:
        return True

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Shows:
    """A camera that shows the given frames, whatever is asked of it."""

    name, size = "cam", (4, 2)

    def __init__(self, *frames: Frame) -> None:
        self.frames: Iterator[Frame] = iter(frames)
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def read(self, newer_than: float = 0.0) -> Frame:
        return next(self.frames)


def test_a_fresh_camera_hands_on_name_open_close_and_good_frames() -> None:
    shown = frame(1, 1.0)
    camera = Shows(shown)
    fresh = FreshCamera(camera, Freshness(), Clock(1.2))
    fresh.open()
    assert camera.is_open
    assert (fresh.name, fresh.size) == ("cam", (4, 2))
    assert fresh.read(newer_than=0.9) is shown
    fresh.close()
    assert not camera.is_open


def test_a_fresh_camera_refuses_what_the_camera_took_before_the_trigger() -> None:
    fresh = FreshCamera(Shows(frame(1, 1.0)), Freshness(), Clock(1.2))
    with pytest.raises(CameraError, match="before its trigger"):
        fresh.read(newer_than=1.0)


def test_a_camera_that_shows_its_old_picture_after_it_was_opened_again_is_a_fault() -> None:
    fresh = FreshCamera(Shows(frame(1, 1.0, b"a"), frame(2, 2.0, b"a")), Freshness(max_age=5), Clock(2.0))
    fresh.read()
    fresh.close()
    fresh.open()
    with pytest.raises(CameraError, match="frozen"):
        fresh.read()


def test_a_torn_jpeg_is_a_fault_before_anybody_decodes_half_of_it() -> None:
    whole = b"\xff\xd8\xff\xda\x00\x02data\xff\xd9"
    assert FreshCamera(Shows(frame(1, 1.0, whole)), Freshness(), Clock(1.2)).read().encoded == whole
    with pytest.raises(CameraError, match="torn"):
        FreshCamera(Shows(frame(1, 1.0, whole[:-2])), Freshness(), Clock(1.2)).read()


def test_a_picture_that_was_judged_is_not_judged_again_also_when_thousands_of_frames_lie_between() -> None:
    judged = Judged(memory=100)
    for number in range(100):
        judged.check(b"%d" % number)
    with pytest.raises(CameraError, match="exactly as it showed one before"):
        judged.check(b"0")


def test_it_remembers_so_many_pictures_and_no_more() -> None:
    judged = Judged(memory=3)
    for picture in (b"a", b"b", b"c", b"d", b"a"):
        judged.check(picture)
    for picture in (b"c", b"d", b"a"):
        with pytest.raises(CameraError):
            judged.check(picture)
