"""The exposure is found in few steps, within 2 %, or it is said why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.controls import Control
from calibration.exposure import GOOD, MOST_STEPS, Found, find
from calibration.measure import brightest
from station.simulation.sensor import BLACK
from tests.calibration.bench import Stage

TARGET = 220.0
EXPOSURE = Control("exposure", 8000, 20, 33_320, 20, "µs")


def search(control: Control, level: Callable[[float], float]) -> Found:
    steps = find(control, TARGET, BLACK)
    exposure = next(steps)
    try:
        while True:
            exposure = steps.send(level(exposure))
    except StopIteration as done:
        found = done.value
    assert isinstance(found, Found)
    return found


@pytest.mark.parametrize("ageing", [0.25, 0.3, 0.5, 0.6, 0.9, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_on_the_bench_it_is_within_2_percent_in_at_most_6_steps_for_any_lamp(ageing: float) -> None:
    stage = Stage(size=(320, 180))
    stage.bench.sheet, stage.bench.ageing = "white", ageing

    def look(exposure: float) -> float:
        stage.camera.adjust({"exposure": exposure})
        return brightest(stage.shot())

    (offered, *_) = stage.camera.offers()
    found = search(offered, look)
    assert found.trouble == ""
    assert found.steps <= MOST_STEPS
    stage.camera.adjust({"exposure": found.exposure})
    assert brightest(stage.shot()) == pytest.approx(TARGET, rel=GOOD)


@given(response=st.floats(220 / 33_000, 0.4), start=st.floats(20, 33_000))
def test_any_linear_camera_is_set_from_any_exposure_or_it_is_said_why_not(response: float, start: float) -> None:
    control = Control("exposure", start, 20, 33_320, 20)
    found = search(control, lambda exposure: min(255.0, BLACK + response * exposure))
    assert found.steps <= MOST_STEPS
    assert (found.trouble == "") == (abs(found.level - TARGET) <= GOOD * TARGET)
    assert found.exposure == control.nearest(found.exposure)
    assert found.trouble == ""


@pytest.mark.parametrize(
    ("control", "level", "said"),
    [
        (EXPOSURE, lambda exposure: BLACK + exposure * 0.001, "Turn up the lamp"),
        (EXPOSURE, lambda exposure: 255.0, "Turn down the lamp, or close"),
        (EXPOSURE, lambda exposure: BLACK, "Turn up the lamp"),
        (EXPOSURE, lambda exposure: 150.0, "automatics off"),
        (Control("exposure", 3, 1, 300, 1), lambda exposure: BLACK + 75 * exposure, "no exposure between"),
    ],
)
def test_what_no_exposure_can_mend_is_told_with_the_knob_that_does(
    control: Control, level: Callable[[float], float], said: str
) -> None:
    assert said in search(control, level).trouble
