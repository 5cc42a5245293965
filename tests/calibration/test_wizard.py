"""The wizard asks, refuses what cannot be true, and ends with a profile of what it was shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from calibration.profile import Profile, Region
from calibration.wizard import SHOTS, Adjust, Shot, Steps, wizard

RNG = np.random.default_rng(11)


def shots(level: float = 130, part: bool = False, sigma: float = 1.5) -> Sequence[Shot]:
    scene = np.full((180, 320), float(level))
    if part:
        scene[60:120, 100:180] *= 0.4
        scene[80:100, 120:160] *= 1.8
    noisy = [np.clip(scene + RNG.normal(0, sigma, scene.shape), 0, 255).astype(np.uint8) for _ in range(SHOTS)]
    return [Shot(stage=picture, look=picture[::2, ::2]) for picture in noisy]


@pytest.fixture
def steps() -> Steps:
    return wizard(
        "camera",
        (320, 180),
        Region(0, 0, 320, 180),
        2,
        "Tan",
        "2026-01-05",
        patch_of=lambda stage: (stage, int(stage.min() < 80)),
    )


def finish(steps: Steps, answer: Sequence[Shot]) -> Profile:
    with pytest.raises(StopIteration) as done:
        steps.send(answer)
    profile = done.value.value
    assert isinstance(profile, Profile)
    return profile


def test_focus_and_clipping_are_those_of_the_part_that_is_kept(steps: Steps) -> None:
    next(steps)
    steps.send(shots())
    profile = finish(steps, shots(part=True))
    again = profile.seen_through(lambda stage: stage)
    assert (again.sharpness, again.clipped) == (profile.sharpness, profile.clipped)


def test_two_steps_lead_to_a_profile(steps: Steps) -> None:
    assert "Clear" in next(steps).text
    assert "Lay one part" in steps.send(shots()).text
    profile = finish(steps, shots(part=True))
    assert profile.empty.shape == (90, 160)
    assert profile.noise == pytest.approx(1.5, rel=0.15)
    assert profile.sharpness > 0
    assert profile.made_by == "Tan"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (shots(10), "too dark"),
        (shots(250), "too bright"),
        (shots(part=True), "Something lies"),
        (shots(160, sigma=14), "moves or flickers"),
    ],
)
def test_an_empty_stage_that_cannot_serve_is_refused_with_the_knob_to_turn(
    steps: Steps, answer: Sequence[Shot], said: str
) -> None:
    next(steps)
    ask = steps.send(answer)
    assert isinstance(ask, Adjust)
    assert said in ask.text
    assert "Lay one part" in steps.send(shots()).text


def test_no_part_where_one_was_asked_for_is_refused(steps: Steps) -> None:
    next(steps)
    steps.send(shots())
    ask = steps.send(shots())
    assert isinstance(ask, Adjust)
    assert "No part" in ask.text
    finish(steps, shots(part=True))
