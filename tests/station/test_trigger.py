"""Arm, part present, still, judge once, wait for removal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.profile import Profile, Region
from station.trigger import MIN_COVERED, Event, Look, Phase, Timing, Trigger, reduction
from station.types import Frame, Gray

HEIGHT, WIDTH = 90, 160
START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
PERIOD = 1 / 30


def stage(light: float = 1.0, part: tuple[int, int] | None = None, tilt: float = 0.0) -> Gray:
    """An evenly lit stage, brighter on one side by `tilt`, with a dark square part at (x, y)."""
    gray = np.full((HEIGHT, WIDTH), 140.0)
    if part:
        x, y = part
        gray[y : y + 14, x : x + 14] = 60.0
    gray *= light * (1 + tilt * np.linspace(-0.5, 0.5, WIDTH))
    return np.asarray(np.clip(gray, 0, 255), np.uint8)


class Bench:
    """Shows pictures to a trigger, with the noise of a sensor."""

    def __init__(self, **options: bool) -> None:
        region = Region(0, 0, WIDTH, HEIGHT)
        profile = Profile(
            "camera", "", "", (WIDTH, HEIGHT), region, 1, stage(), stage(), noise=1.5, sharpness=1.0, clipped=0.0
        )
        self.trigger = Trigger(profile, Timing(**options))
        self.noise = np.random.default_rng(7)
        self.number = 0

    def frame(self, gray: Gray) -> Frame:
        self.number += 1
        noisy = np.clip(gray + self.noise.normal(0, 1.5, gray.shape), 0, 255).astype(np.uint8)
        seconds = self.number * PERIOD
        return Frame(self.number, seconds, START + timedelta(seconds=seconds), pixels=noisy)

    def show(self, gray: Gray, frames: int = 10) -> list[Look]:
        return [self.trigger.look(self.frame(gray)) for _ in range(frames)]

    def events(self, gray: Gray, frames: int = 10) -> list[Event]:
        return [look.event for look in self.show(gray, frames) if look.event]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.show(stage())
    return bench


def test_a_part_that_lies_still_is_judged_once(bench: Bench) -> None:
    assert bench.events(stage(part=(60, 30)), frames=60) == [Event.JUDGE]


def test_the_empty_stage_is_never_judged(bench: Bench) -> None:
    assert bench.events(stage(), frames=200) == []


def test_a_part_is_judged_again_only_after_it_was_taken_away(bench: Bench) -> None:
    assert bench.events(stage(part=(60, 30))) == [Event.JUDGE]
    assert bench.events(stage()) == [Event.DISTURBED, Event.REMOVED]
    assert bench.events(stage(part=(60, 30))) == [Event.JUDGE]


def test_a_part_that_keeps_moving_is_not_judged(bench: Bench) -> None:
    for x in range(20, 120, 3):
        assert bench.events(stage(part=(x, 30)), frames=1) == []


def test_a_part_that_moves_after_its_verdict_is_told_at_once(bench: Bench) -> None:
    bench.show(stage(part=(60, 30)))
    assert bench.events(stage(part=(66, 30)), frames=1) == [Event.DISTURBED]
    assert bench.events(stage(part=(72, 30)), frames=1) == []  # it was told


def test_a_part_swapped_without_an_empty_stage_between_is_disturbed_and_not_judged(bench: Bench) -> None:
    bench.show(stage(part=(60, 30)))
    assert bench.events(stage(part=(90, 30)), frames=40) == [Event.DISTURBED]


def test_a_part_that_creeps_after_its_verdict_is_told_too(bench: Bench) -> None:
    bench.show(stage(part=(60, 30)))
    looks = [bench.show(slid(60 + 0.1 * step), frames=1)[0] for step in range(30)]
    assert max(look.moved for look in looks) <= MIN_COVERED, "each step alone is too small to be seen"
    assert [look.event for look in looks if look.event] == [Event.DISTURBED]


def slid(x: float) -> Gray:
    """The part at x, which need not be a whole pixel."""
    left, share = int(x), x - int(x)
    mixed = (1 - share) * stage(part=(left, 30)).astype(float) + share * stage(part=(left + 1, 30)).astype(float)
    return np.asarray(mixed, np.uint8)


def test_a_frame_of_another_size_than_the_calibrated_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="calibrate"):
        bench.show(np.zeros((2 * HEIGHT, 2 * WIDTH), np.uint8), frames=1)


def test_in_the_dark_the_stage_is_not_empty(bench: Bench) -> None:
    assert bench.events(stage(part=(60, 30))) == [Event.JUDGE]
    assert Event.REMOVED not in bench.events(stage(light=0.02, part=(60, 30)), frames=30)
    assert bench.events(stage(part=(60, 30)), frames=30) == []


def test_a_part_that_moves_before_the_judged_picture_settles_again(bench: Bench) -> None:
    bench.show(stage(part=(60, 30)))
    assert bench.trigger.unsettle(bench.frame(stage(part=(64, 30))))
    assert bench.events(stage(part=(64, 30))) == [Event.JUDGE]
    assert not bench.trigger.unsettle(bench.frame(stage(part=(64, 30))))


def test_what_lies_there_at_the_start_is_not_judged() -> None:
    bench = Bench()
    bench.trigger.disarm()
    assert bench.events(stage(part=(60, 30)), frames=60) == [Event.DISTURBED]  # the first look has nothing to compare
    bench.show(stage())
    assert bench.events(stage(part=(60, 30))) == [Event.JUDGE]


@settings(max_examples=60, deadline=None)
@given(light=st.floats(0.3, 1.6), tilt=st.floats(-0.3, 0.3))
def test_a_change_of_light_is_reported_as_such_and_never_as_a_part(light: float, tilt: float) -> None:
    bench = Bench()
    bench.show(stage())
    looks = bench.show(stage(light, tilt=tilt), frames=15)
    assert [look.event for look in looks if look.event] == []
    assert looks[-1].phase is Phase.ARMED
    assert looks[-1].light == pytest.approx(light, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(light=st.floats(0.5, 1.5), tilt=st.floats(-0.2, 0.2), x=st.integers(2, 144), y=st.integers(2, 74))
def test_a_part_is_seen_anywhere_in_any_light(light: float, tilt: float, x: int, y: int) -> None:
    bench = Bench()
    bench.show(stage())
    assert bench.events(stage(light, (x, y), tilt), frames=20) == [Event.JUDGE]


def test_where_only_the_line_may_trigger_presence_alone_does_not() -> None:
    bench = Bench(by_itself=False)
    bench.show(stage())
    assert bench.events(stage(part=(60, 30)), frames=40) == []
    assert not bench.trigger.is_spent
    bench.trigger.disarm()
    assert bench.trigger.is_spent


@pytest.mark.parametrize(("width", "by"), [(160, 1), (320, 2), (640, 4), (1280, 8), (4056, 8), (90, 1)])
def test_a_frame_is_reduced_as_far_as_a_look_can_bear(width: int, by: int) -> None:
    assert reduction(width) == by
