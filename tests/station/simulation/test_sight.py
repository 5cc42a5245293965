"""What is kept from frame to frame changes nothing: every frame is to the last bit what it would be if drawn afresh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from station.simulation import PART_NUMBERS, Bench, Pose, SimulatedCamera, SimulatedClock
from station.simulation.optics import LAMP
from station.simulation.scene import Scene
from station.simulation.sensor import _NORMAL, BLACK, FULL_WELL, STEP, _dice
from station.simulation.sight import Sight
from tests.station.simulation.rig import SIZE, Rig

SCENE = Scene(SIZE, LAMP, seed=1)  # the rig's own, without anything that it keeps
ACTS: dict[str, Callable[[Rig], object]] = {
    "place": lambda rig: rig.bench.place("1041-A"),
    "another": lambda rig: rig.bench.place("1042"),
    "two": lambda rig: rig.bench.place_two(*PART_NUMBERS[:2]),
    "half": lambda rig: rig.bench.place_over_edge("1041-B"),
    "remove": lambda rig: rig.bench.remove(),
    "reach": lambda rig: rig.bench.reach(0.1),
    "nudge": lambda rig: rig.bench.nudge(),
    "dim": lambda rig: setattr(rig.bench, "lamp_level", 0.6),
    "glare": lambda rig: setattr(rig.bench, "glare", 0.3),
    "flicker": lambda rig: setattr(rig.bench, "flicker", 0.2),
    "blur": lambda rig: setattr(rig.bench, "blur", 25.0),
    "sharp": lambda rig: setattr(rig.bench, "blur", 0.0),
    "pushed": lambda rig: setattr(rig.bench, "pose", Pose(x=2.0, turn=1.0)),
    "straight": lambda rig: setattr(rig.bench, "pose", Pose()),
    "sheet": lambda rig: setattr(rig.bench, "sheet", "board"),
    "longer": lambda rig: setattr(rig.camera, "exposure", 0.012),
    "brighter": lambda rig: setattr(rig.camera, "gain", 2.0),
    "wait": lambda rig: rig.clock.sleep(0.07),
}


def afresh(rig: Rig) -> SimulatedCamera:
    """A second camera over the same bench that has seen nothing yet, and draws the same chances."""
    camera = SimulatedCamera(rig.bench)
    camera.exposure, camera.gain, camera.focus = rig.camera.exposure, rig.camera.gain, rig.camera.focus
    camera._chance.bit_generator.state = rig.camera._chance.bit_generator.state
    SCENE._base = SCENE._empty = None
    camera._sight = Sight(SCENE, rig.bench.sensor)
    return camera


@given(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_frame_after_any_other_is_the_one_that_a_camera_gives_that_saw_none_before(acts: list[str]) -> None:
    rig = Rig()
    for act in acts:
        ACTS[act](rig)
        for _ in range(3):
            rig.clock.sleep(1 / 30)
            at = rig.clock.monotonic()
            expected = afresh(rig).expose(at)
            assert np.array_equal(rig.camera.expose(at), expected)


def test_what_was_seen_stays_as_it_was_when_more_is_seen() -> None:
    rig = Rig()
    empty = rig.radiance()
    kept = empty.copy()
    rig.bench.place("1041-A", at=(0.0, 0.0))
    rig.until_rest()
    assert not np.array_equal(rig.radiance(), kept)
    assert np.array_equal(empty, kept)


@pytest.mark.parametrize("gain", [1.0, 2.5])
@pytest.mark.parametrize("size", [(64, 36), (321, 181), (1280, 720)])
def test_a_picture_exposed_in_strips_is_the_one_exposed_at_once(size: tuple[int, int], gain: float) -> None:
    bench = Bench(SimulatedClock(), seed=3, size=size)
    mean = np.linspace(0, 1.2 * FULL_WELL, size[0] * size[1], dtype=np.float32).reshape(size[::-1])
    spread = np.sqrt(mean + 400)
    level = mean + _NORMAL[np.random.default_rng(5).integers(0, 256, mean.shape, np.uint8)] * spread
    level = np.minimum(level, np.float32(FULL_WELL)) * np.float32(gain * STEP) + np.float32(BLACK)
    at_once = np.rint(np.clip(level, 0, 255)).astype(np.uint8)
    shown: list[NDArray[np.uint8]] = [
        gray.copy() for _, gray in bench.sensor.sample(mean, spread, gain, np.random.default_rng(5))
    ]
    assert np.array_equal(np.concatenate(shown), at_once)


@given(shape=st.tuples(st.integers(1, 40), st.integers(1, 40)), before=st.integers(0, 3), seed=st.integers(0, 99))
def test_the_dice_are_those_of_numpy(shape: tuple[int, int], before: int, seed: int) -> None:
    """Also where half a word is left over from what was drawn before."""
    one, other = (np.random.default_rng(seed) for _ in range(2))
    for chance in (one, other):
        chance.integers(0, 2**32, before, np.uint32)
    assert np.array_equal(_dice(one, shape), other.integers(0, 256, shape, np.uint8))
    assert one.bytes(9) == other.bytes(9)
