"""Noise and light alone leave a part lying as it lay; a turn and a move do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.preprocess import find
from station.collect.likeness import lies_again, pose
from station.simulation import PART_NUMBERS, Bench, Placement, SimulatedCamera, SimulatedClock
from station.simulation.scene import VIEW
from station.types import Gray
from tests.promises.stations import SIZE

STEP = 8.0  # gray levels: what the trigger takes, too, for the least change of a quiet camera
STAGE_SIZES = [SIZE, (1280, 720)]
LYING = [Placement("", -34.0, 8.0, 20.0, 1), Placement("", 5.0, -12.0, -75.0, 2), Placement("", 40.0, 3.0, 130.0, 3)]


class Photographer:
    """Takes pictures of the stage with what is told lying on it, each with noise of its own."""

    def __init__(self, size: tuple[int, int]) -> None:
        clock = SimulatedClock()
        self._bench = Bench(clock, seed=5, size=size)
        self._camera = SimulatedCamera(self._bench)
        self._camera.open()

    def picture(self, placement: Placement, light: float = 1.0, gain: float = 1.0) -> Gray:
        self._bench.lay(placement)
        self._bench.ageing, self._camera.gain = light / gain, gain
        return self._camera.read().gray()


@pytest.fixture(scope="module", params=STAGE_SIZES, ids=str)
def photographer(request: pytest.FixtureRequest) -> Photographer:
    return Photographer(request.param)


def again(photographer: Photographer, first: Placement, second: Placement, light: float = 1.0) -> bool:
    stage = photographer.picture(first)
    return lies_again(photographer.picture(second, light), pose(stage, find(stage)), STEP)


@pytest.mark.parametrize("part_number", PART_NUMBERS)
def test_sensor_noise_alone_is_no_difference(photographer: Photographer, part_number: str) -> None:
    for lying in LYING:
        placement = replace(lying, part_number=part_number)
        assert again(photographer, placement, placement)


@pytest.mark.parametrize("light", [0.85, 1.1])
def test_nor_is_the_light(photographer: Photographer, light: float) -> None:
    placement = replace(LYING[0], part_number="1041-A")
    assert again(photographer, placement, placement, light)


def test_nor_is_the_noise_of_an_amplified_picture(photographer: Photographer) -> None:
    placement = replace(LYING[1], part_number="1041-B")
    stage = photographer.picture(placement, gain=16.0)
    assert lies_again(photographer.picture(placement, gain=16.0), pose(stage, find(stage)), STEP)


@pytest.mark.parametrize("part_number", PART_NUMBERS)
@pytest.mark.parametrize("degrees", [20.0, -20.0, 90.0])
def test_a_turned_part_lies_otherwise(photographer: Photographer, part_number: str, degrees: float) -> None:
    if part_number == "1042" and degrees == 90.0:
        degrees = 45.0  # a square that is turned a quarter looks nearly as before
    for lying in LYING:
        placement = replace(lying, part_number=part_number)
        assert not again(photographer, placement, replace(placement, angle=placement.angle + degrees))


@pytest.mark.parametrize("part_number", PART_NUMBERS)
@pytest.mark.parametrize(("dx", "dy"), [(0.03, 0.0), (0.0, -0.03), (0.02, 0.02)])
def test_a_moved_part_lies_otherwise(photographer: Photographer, part_number: str, dx: float, dy: float) -> None:
    for lying in LYING:
        placement = replace(lying, part_number=part_number)
        moved = replace(placement, x=placement.x + dx * VIEW[0], y=placement.y + dy * VIEW[1])
        assert not again(photographer, placement, moved)


def test_where_nothing_lies_now_nothing_lies_again(photographer: Photographer) -> None:
    placement = replace(LYING[0], part_number="1041-A")
    assert not again(photographer, placement, replace(placement, x=45.0))


def test_pictures_of_different_size_are_not_compared() -> None:
    small, large = (Photographer(size).picture(replace(LYING[0], part_number="1041-A")) for size in STAGE_SIZES)
    assert not lies_again(large, pose(small, find(small)), STEP)
