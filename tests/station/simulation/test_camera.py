"""The simulated camera: a camera like others, and raw: it delivers whatever the bench does to it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.cameras.freshness import FreshCamera, Freshness
from station.cameras.jpeg import whole_jpeg
from station.errors import CameraError
from station.simulation import Bench, SimulatedCamera, SimulatedClock
from station.types import SystemClock
from tests.station.simulation.rig import SIZE, Rig, lying

STEPS = st.lists(st.one_of(st.just("read"), st.just("newest"), st.floats(0, 0.3)), min_size=1, max_size=15)


@settings(max_examples=50)
@given(STEPS)
def test_numbers_and_times_rise_and_no_frame_is_older_than_asked_or_newer_than_now(steps: list[str | float]) -> None:
    rig = Rig()
    number, ended = 0, 0.0
    for step in steps:
        if isinstance(step, float):
            rig.clock.sleep(step)
            continue
        asked = rig.clock.monotonic() if step == "newest" else 0.0
        frame = rig.camera.read(newer_than=asked)
        assert frame.number > number
        assert max(ended, asked) < frame.monotonic <= rig.clock.monotonic()
        number, ended = frame.number, frame.monotonic


def test_a_frame_is_never_newer_than_now_even_where_the_division_by_the_period_is_rounded_up() -> None:
    rig = Rig()
    rig.clock.sleep(math.nextafter(3 * rig.bench.period, 0))
    assert rig.camera.read().monotonic <= rig.clock.monotonic()


def test_frames_are_a_period_apart_and_stamped_in_both_times() -> None:
    rig = Rig()
    frames = [rig.camera.read() for _ in range(4)]
    assert [frame.number for frame in frames] == [1, 2, 3, 4]
    assert np.diff([frame.monotonic for frame in frames]) == pytest.approx(1 / 30)
    start = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
    for frame in frames:
        assert abs(frame.acquired_at - start - timedelta(seconds=frame.monotonic)) < timedelta(microseconds=2)


def test_after_a_pause_the_newest_frame_comes_and_the_others_are_dropped() -> None:
    rig = Rig()
    rig.camera.read()
    rig.clock.sleep(1.01)
    assert rig.camera.read().number == 31


def test_frames_are_jpeg_of_the_asked_size_and_say_that_they_are_simulated() -> None:
    frame = Rig().frame()
    assert frame.gray().shape == (SIZE[1], SIZE[0])
    assert frame.encoded == frame.jpeg()
    assert frame.is_simulated
    assert frame.source == Rig().camera.name == "simulated bench 320×180"


def test_no_two_frames_of_a_still_stage_are_the_same_even_in_the_dark() -> None:
    rig = Rig()
    rig.bench.dark, rig.bench.ambient = True, 0.0
    assert len({rig.frame().encoded for _ in range(20)}) == 20


def test_a_camera_that_is_not_open_gives_no_picture() -> None:
    camera = SimulatedCamera(Bench(SimulatedClock(), size=SIZE))
    with pytest.raises(CameraError, match="not open"):
        camera.read()
    camera.open()
    camera.read()
    camera.close()
    with pytest.raises(CameraError, match="not open"):
        camera.read()


def test_an_unplugged_camera_gives_nothing_until_it_is_plugged_in_and_opened_again() -> None:
    rig = Rig()
    number = rig.frame().number
    rig.bench.unplug()
    for attempt in (rig.camera.read, rig.camera.open):
        with pytest.raises(CameraError, match="plug it in"):
            attempt()
    rig.bench.plug()
    with pytest.raises(CameraError, match="plug it in"):
        rig.camera.read()
    rig.camera.open()
    assert rig.frame().number > number


def test_a_frozen_camera_repeats_its_picture_as_if_it_were_new() -> None:
    rig = Rig()
    last = rig.frame()
    rig.bench.frozen = True
    rig.bench.lay(lying())
    frozen = [rig.frame() for _ in range(3)]
    assert {frame.encoded for frame in frozen} == {last.encoded}
    assert [frame.number for frame in frozen] == [last.number + step for step in (1, 2, 3)]
    rig.bench.frozen_times = True
    assert rig.frame() is last
    rig.bench.frozen = False
    assert rig.frame().encoded != last.encoded


def test_a_late_camera_gives_frames_from_before() -> None:
    rig = Rig()
    for _ in range(20):
        rig.frame()
    rig.bench.lay(lying())
    rig.bench.late = 18
    behind = [rig.frame() for _ in range(20)]
    assert all(rig.clock.monotonic() - frame.monotonic > 0.59 for frame in behind[-1:])
    covered = [np.abs(frame.gray().astype(int) - behind[0].gray()).max() > 60 for frame in behind]
    assert covered == [False] * 18 + [True] * 2


@pytest.mark.parametrize("trouble", [{"frozen": True}, {"frozen": True, "frozen_times": True}, {"late": 18}])
def test_the_station_refuses_what_is_frozen_or_late(trouble: dict[str, int]) -> None:
    rig = Rig()
    camera = FreshCamera(rig.camera, Freshness(), rig.clock)
    for _ in range(20):
        camera.read(newer_than=rig.clock.monotonic())
    for name, value in trouble.items():
        setattr(rig.bench, name, value)
    for _ in range(40):
        with pytest.raises(CameraError):
            camera.read(newer_than=rig.clock.monotonic())


def test_a_torn_picture_has_no_end() -> None:
    rig = Rig()
    assert whole_jpeg(rig.frame().encoded or b"")
    rig.bench.torn = True
    torn = rig.frame().encoded
    assert torn
    assert torn.startswith(b"\xff\xd8")
    assert whole_jpeg(torn) is None
    rig.bench.torn = False
    assert whole_jpeg(rig.frame().encoded or b"")


def test_a_garbled_picture_is_not_what_was_seen() -> None:
    rig = Rig()
    seen = rig.frame()
    rig.bench.garbled = True
    garbled = rig.frame()
    try:
        shown = garbled.gray().astype(int)
    except ValueError:
        return  # so garbled that it is no picture
    assert np.abs(shown - seen.gray()).max() > 30


def test_on_the_clock_of_the_computer_frames_come_as_they_are_due() -> None:
    clock = SystemClock()
    camera = SimulatedCamera(Bench(clock, size=SIZE, period=0.01))
    camera.open()
    begun = clock.monotonic()
    frames = [camera.read(newer_than=clock.monotonic()) for _ in range(3)]
    times = [frame.monotonic for frame in frames]
    assert begun < times[0] < times[1] < times[2] <= clock.monotonic()
    assert abs((frames[-1].acquired_at - clock.now()).total_seconds()) < 60


class LateClock(SimulatedClock):
    """A clock on which time passes also between two looks at it, as on a wall."""

    def monotonic(self) -> float:
        super().sleep(0.02)
        return super().monotonic()

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "no clock sleeps backwards"
        super().sleep(seconds)


def test_a_frame_is_waited_for_also_when_its_time_has_come_meanwhile() -> None:
    bench = Bench(LateClock(), size=(64, 36))
    camera = SimulatedCamera(bench)
    camera.open()
    numbers = [camera.read().number for _ in range(20)]
    assert numbers == sorted(set(numbers))
