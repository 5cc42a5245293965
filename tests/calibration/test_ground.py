"""The empty stage of today against that of the calibration, on the simulated bench whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from calibration.correct import flat_field, mean
from calibration.ground import Reading, State, Tolerances, measured, readings
from calibration.measure import Gray, focus
from station.simulation import Bench, Pose
from tests.calibration.bench import Stage


class Ground(Stage):
    """A bench whose empty stage was calibrated."""

    def __init__(self, size: tuple[int, int] = (1280, 720)) -> None:
        super().__init__(size=size)
        self.camera.exposure, self.bench.sheet, self.bench.capped = 0.0068, "white", True
        dark = self.shots()
        self.bench.capped = False
        self.flat = flat_field(dark, self.shots())
        self.bench.sheet = ""
        shots = [self.flat.whole(shot) for shot in self.shots()]
        self.ground = np.asarray(np.rint(mean(shots)), np.uint8)
        self.figures = {"ground_focus": focus(shots[0], shots[1]), "scale": size[0] / 160, "is_followed": 1.0}

    def today(self) -> dict[str, Reading]:
        first, second = (self.flat.whole(shot) for shot in self.shots(2))
        found = measured(first, second, self.ground, self.figures)
        return {reading.measure: reading for reading in readings(found, Tolerances())}


@pytest.fixture(scope="module")
def stage() -> Ground:
    return Ground()


def reset(bench: Bench) -> None:
    bench.ageing, bench.lean, bench.ambient, bench.blur, bench.pose = 1.0, 0.0, 0.02, 0.0, Pose()


CHANGES: dict[str, tuple[Callable[[Bench], None], set[str]]] = {
    "nothing": (lambda bench: None, set()),
    "a lamp that aged by 5 %": (lambda bench: setattr(bench, "ageing", 0.95), set()),
    "a lamp that aged to 60 %": (lambda bench: setattr(bench, "ageing", 0.6), {"light"}),
    "room light": (lambda bench: setattr(bench, "ambient", 0.2), {"light"}),
    "a lamp that was turned": (lambda bench: setattr(bench, "lean", 30.0), {"evenness", "light"}),
    "a lens out of focus": (lambda bench: setattr(bench, "blur", 6.0), {"focus"}),
    "a camera that moved by 3 mm": (lambda bench: setattr(bench, "pose", Pose(x=3.0)), {"shift"}),
    "a camera that was turned far": (lambda bench: setattr(bench, "pose", Pose(turn=20.0)), {"shift"}),
    "a camera that turned by a degree": (lambda bench: setattr(bench, "pose", Pose(turn=1.0)), {"turn"}),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_has_changed_is_beyond_and_nothing_else(stage: Ground, change: str) -> None:
    act, beyond = CHANGES[change]
    reset(stage.bench)
    act(stage.bench)
    found = stage.today()
    reset(stage.bench)
    assert {name for name, reading in found.items() if reading.state is State.BEYOND} == beyond


@pytest.mark.parametrize("pose", [Pose(x=0.5, y=0.3), Pose(x=3), Pose(y=-2), Pose(turn=1.0), Pose(x=1, turn=0.5)])
def test_shift_and_turn_are_within_a_fifth_of_the_truth(stage: Ground, pose: Pose) -> None:
    reset(stage.bench)
    stage.bench.pose = pose
    found = stage.today()
    reset(stage.bench)
    assert found["shift"].value == pytest.approx(np.hypot(pose.x, pose.y), abs=0.2)
    assert found["turn"].value == pytest.approx(abs(pose.turn), abs=0.2)


@pytest.mark.parametrize("pose", [Pose(x=0.5), Pose(x=3), Pose(x=0.5, turn=0.5)])
def test_without_a_scale_a_move_is_told_as_a_share_of_the_width(stage: Ground, pose: Pose) -> None:
    reset(stage.bench)
    stage.bench.pose = pose
    with_scale = dict(stage.figures)
    del stage.figures["scale"]
    found = stage.today()
    stage.figures = with_scale
    reset(stage.bench)
    assert "shift" not in found
    assert found["moved"].value == pytest.approx(pose.x / 160, abs=0.2 / 160)
    assert found["turn"].value == pytest.approx(pose.turn, abs=0.2)
    assert (found["moved"].state is State.BEYOND) is (pose.x > 1), "a millimetre of 160 is beyond, with a scale or not"


def test_what_could_be_followed_and_cannot_any_more_has_moved_with_a_scale_or_without(stage: Ground) -> None:
    blank = np.full_like(stage.ground, 120)
    for figures, name in (({"scale": 8.0}, "shift"), ({}, "moved")):
        found = readings(measured(blank, blank, stage.ground, {**figures, "is_followed": 1.0}), Tolerances())
        (lost,) = (reading for reading in found if reading.measure == name)
        assert lost.state is State.BEYOND


def test_a_stage_without_texture_says_nothing_of_the_camera() -> None:
    chance = np.random.default_rng(1)

    def plain() -> Gray:
        return np.clip(chance.normal(100, 1, (360, 640)), 0, 255).astype(np.uint8)

    found = measured(plain(), plain(), np.full((360, 640), 100, np.uint8), {"scale": 4.0})
    assert "shift" not in found


def test_pictures_of_another_size_are_refused(stage: Ground) -> None:
    small = np.zeros((90, 160), np.uint8)
    with pytest.raises(ValueError, match="run `station calibrate`"):
        measured(small, small, stage.ground, stage.figures)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0.0, State.WITHIN),
        (0.06, State.WITHIN),
        (-0.08, State.NEAR),
        (0.11, State.BEYOND),
        (float("nan"), State.BEYOND),
    ],
)
def test_near_the_tolerance_is_told_from_beyond_it_and_no_number_is_beyond(value: float, state: State) -> None:
    assert Reading("light", value, 0.1).state is state
