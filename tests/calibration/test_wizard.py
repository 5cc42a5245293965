"""The wizard asks, refuses what cannot be true, and ends with a profile of what it was shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from calibration.profile import Region
from calibration.steps import QUICK
from calibration.steps.sign import sign
from calibration.wizard import SHOTS, Adjust, Answer, Ask, Setup, Shot, Wizard, Work

RNG = np.random.default_rng(11)


def shots(level: float = 130, part: bool = False, sigma: float = 1.5) -> Sequence[Shot]:
    scene = np.full((180, 320), float(level))
    if part:
        scene[60:120, 100:180] *= 0.4
        scene[80:100, 120:160] *= 1.8
    noisy = [np.clip(scene + RNG.normal(0, sigma, scene.shape), 0, 255).astype(np.uint8) for _ in range(SHOTS)]
    return [Shot(stage=picture, look=picture[::2, ::2]) for picture in noisy]


def setup() -> Setup:
    return Setup(
        "camera",
        (320, 180),
        Region(0, 0, 320, 180),
        2,
        "Tan",
        "2026-01-05",
        patch_of=lambda stage, flat: (stage, int(stage.min() < 80)),
    )


@pytest.fixture
def wizard() -> Wizard:
    return Wizard(setup(), QUICK)


def said(wizard: Wizard) -> str:
    assert isinstance(wizard.told, Ask)
    return wizard.told.text


def test_two_steps_lead_to_a_profile(wizard: Wizard) -> None:
    assert "Clear" in said(wizard)
    wizard.answer(Answer(shots()))
    assert "Lay one part" in said(wizard)
    wizard.answer(Answer(shots(part=True)))
    assert wizard.told is None
    profile = wizard.profile
    assert profile.empty.shape == (90, 160)
    assert profile.noise == pytest.approx(1.5, rel=0.15)
    assert profile.made_by == "Tan"
    again = profile.seen_through(lambda stage: stage)
    assert (again.sharpness, again.clipped) == (profile.sharpness, profile.clipped)
    assert profile.sharpness > 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (shots(10), "too dark"),
        (shots(250), "too bright"),
        (shots(part=True), "Something lies"),
        (shots(160, sigma=14), "moves or flickers"),
    ],
)
def test_an_empty_stage_that_cannot_serve_is_refused_with_the_knob_to_turn(
    wizard: Wizard, answer: Sequence[Shot], words: str
) -> None:
    wizard.answer(Answer(answer))
    assert isinstance(wizard.told, Adjust)
    assert words in said(wizard)
    wizard.answer(Answer(shots()))
    assert "Lay one part" in said(wizard)


def test_no_part_where_one_was_asked_for_is_refused(wizard: Wizard) -> None:
    wizard.answer(Answer(shots()))
    wizard.answer(Answer(shots()))
    assert isinstance(wizard.told, Adjust)
    assert "No part" in said(wizard)
    wizard.answer(Answer(shots(part=True)))
    assert wizard.told is None


def test_a_step_is_undone_and_then_the_one_before_it(wizard: Wizard) -> None:
    wizard.answer(Answer(shots()))
    wizard.answer(Answer(shots()))
    assert (wizard.step, wizard.is_fresh) == ("part", False)
    wizard.undo()
    assert (wizard.step, wizard.is_fresh) == ("part", True)
    wizard.undo()
    assert (wizard.step, wizard.done) == ("empty", [])
    wizard.undo()
    assert wizard.step == "empty"


def test_it_is_resumed_with_what_was_done_and_with_nothing_else(wizard: Wizard) -> None:
    wizard.answer(Answer(shots()))
    again = Wizard(setup(), QUICK, wizard.done)
    assert "Lay one part" in said(again)
    with pytest.raises(ValueError, match="begin anew"):
        Wizard(setup(), {"part": QUICK["part"]}, wizard.done)


def test_a_quick_calibration_says_that_nobody_watches_its_stage(wizard: Wizard) -> None:
    wizard.answer(Answer(shots()))
    wizard.answer(Answer(shots(part=True)))
    assert wizard.profile.unwatched.startswith("The empty stage is not watched: whether light, focus")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"scale": 4.0, "is_followed": 1.0}, ""),
        ({"scale": 4.0, "is_followed": 0.0}, "The camera's place is not watched: the stage shows nothing that"),
        ({"is_followed": 1.0}, "No board was laid: whether the camera stands where it stood before is not known."),
        ({"is_followed": 0.0}, "Fix marks at the edges of the stage, and undo to the golden parts."),
    ],
)
def test_who_signs_is_told_plainly_what_of_the_place_is_not_known(facts: dict[str, float], said: str) -> None:
    asked = next(sign(Work(setup(), facts, {})))
    assert isinstance(asked, Ask)
    assert said in asked.text
    assert (asked.text == "Sign with your name: the calibration is then active, and verification is asked for.") is (
        said == ""
    )


def test_no_profile_comes_of_half_a_calibration(wizard: Wizard) -> None:
    wizard.answer(Answer(shots()))
    with pytest.raises(ValueError, match="not done"):
        _ = wizard.profile
