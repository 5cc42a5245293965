"""Where the camera stands: found on the simulated bench within 0.2 mm and 0.2 degrees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.geometry import Geometry, Move, NoBoard, geometry
from calibration.measure import Gray
from station.simulation import Pose
from station.simulation.scene import BOARD
from station.simulation.sensor import FOCAL
from tests.calibration.bench import Stage

STAGE = Stage()
STAGE.bench.sheet = "board"


def seen(pose: Pose, ageing: float = 1.0, blur: float = 0.0) -> Geometry:
    STAGE.bench.pose, STAGE.bench.ageing, STAGE.bench.blur = pose, ageing, blur
    return geometry(STAGE.shot(), BOARD, FOCAL)


UPRIGHT = seen(Pose())


def test_scale_and_place_of_a_camera_that_stands_as_it_should() -> None:
    assert UPRIGHT.scale == pytest.approx(4.0, rel=0.001)
    assert np.allclose([UPRIGHT.x, UPRIGHT.y, UPRIGHT.rotation, *UPRIGHT.tilt], 0, atol=0.05)
    assert UPRIGHT.error < 0.1


@settings(max_examples=25)
@given(
    x=st.floats(-4, 4),
    y=st.floats(-2.5, 2.5),
    turn=st.floats(-1.5, 1.5),
    ageing=st.floats(0.4, 1),
    blur=st.floats(0, 6),
)
def test_shift_and_turn_are_found_also_in_poor_light_and_out_of_focus(
    x: float, y: float, turn: float, ageing: float, blur: float
) -> None:
    move = seen(Pose(x, y, turn), ageing, blur).since(UPRIGHT)
    assert math.hypot(move.x - x, move.y - y) <= 0.2
    assert move.turn == pytest.approx(-turn, abs=0.2)


@pytest.mark.parametrize("tilt", [-2.0, 0.5, 1.0, 2.0])
def test_a_camera_that_leans_is_found_within_a_fifth_of_a_degree(tilt: float) -> None:
    found = seen(Pose(tilt=tilt))
    assert found.tilt[0] - UPRIGHT.tilt[0] == pytest.approx(tilt, abs=0.2)
    assert found.since(UPRIGHT).tilt == pytest.approx(abs(tilt), abs=0.2)


@pytest.mark.parametrize(
    ("pose", "said"),
    [
        (Pose(x=-2.3), "2.3 mm to the left: push it 2.3 mm to the right"),
        (Pose(x=3), "3.0 mm to the right: push it 3.0 mm to the left"),
        (Pose(y=1), "1.0 mm towards you: push it 1.0 mm away from you"),
        (Pose(turn=1), "in its clamp: turn it 1.0° clockwise"),
        (Pose(tilt=2), "out of the upright: set it straight"),
    ],
)
def test_it_says_in_words_how_the_camera_has_moved_and_how_it_is_moved_back(pose: Pose, said: str) -> None:
    assert said in seen(pose).since(UPRIGHT).told(0.2, 0.2, 0.005)


def test_nothing_is_said_of_a_camera_that_has_not_moved() -> None:
    assert seen(Pose()).since(UPRIGHT).told(0.2, 0.2, 0.005) == ""
    assert Move(0, 0, 0, 0, 0.02).told(0.2, 0.2, 0.005).startswith("The camera has moved 2.0% nearer")


def half(gray: Gray) -> Gray:
    return np.ascontiguousarray(gray[:, :250])


@pytest.mark.parametrize(
    ("sheet", "damage", "said"),
    [
        ("", lambda gray: gray, "No board is seen"),
        ("white", lambda gray: gray, "No board is seen"),
        ("board", half, "corners of the board are seen"),
        ("board", lambda gray: np.zeros_like(gray), "No board is seen"),
        ("board", lambda gray: np.full_like(gray, 255), "No board is seen"),
    ],
)
def test_a_board_that_is_missing_or_half_seen_is_told(sheet: str, damage: object, said: str) -> None:
    assert callable(damage)
    stage = Stage()
    stage.bench.sheet = sheet
    with pytest.raises(NoBoard, match=said):
        geometry(damage(stage.shot()), BOARD, FOCAL)
