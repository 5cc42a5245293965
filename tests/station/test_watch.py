"""What is watched, what it is held against, and what is said when it has drifted."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from station.types import Inspection, Reason, Verdict
from station.watch import Drift, Limits, Watch
from tests.station.factories import inspection

LIMIT = 0.4  # of the distance
PASSED = {"light": 1.0, "sharpness": 0.9, "clipped": 0.0}


def right(score: float = 0.98, distance: float = 0.3, **measures: float) -> Inspection:
    return inspection(
        verification="golden in record 1, challenge in record 2",
        score=score,
        distance=distance,
        measures=PASSED | measures,
    )


def other(verdict: Verdict, reason: Reason, **changes: Any) -> Inspection:
    return inspection(
        verification="golden in record 1, challenge in record 2",
        verdict=verdict,
        reason=reason,
        **{"score": 0.1, "distance": 0.9, "measures": PASSED} | changes,
    )


UNSURE = other(Verdict.UNSURE, Reason.TOO_CLOSE)
WRONG = other(Verdict.REJECT, Reason.WRONG_PART)


def told(watch: Watch, *placements: Inspection) -> Drift | None:
    """The first drift that is told, and nothing after it."""
    return next((drift for each in placements if (drift := watch.consider(each, LIMIT))), None)


@pytest.fixture
def watch() -> Watch:
    """It has seen thirty right parts, all alike."""
    watch = Watch(Limits())
    assert told(watch, *[right()] * 30) is None
    return watch


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"light": 0.92}, "The light has fallen from 100% to 92% of its calibration: look at the lamp"),
        ({"light": 1.08}, "The light has risen from 100% to 108% of its calibration: look for other light"),
        ({"sharpness": 0.75}, "Sharpness has fallen from 90% to 75% of its calibration: look at lens and focus"),
        ({"clipped": 0.049}, "More of the picture is too bright than before: look at lamp and exposure"),
        (
            {"distance": 0.36},
            "Right parts have moved from 75% to 90% of their distance limit: look at light, lens and lot",
        ),
        ({"score": 0.8}, "Right parts score 0.80 instead of 0.98: look at light, lens and lot"),
    ],
)
def test_a_lasting_change_of_two_tolerances_is_drift_and_one_of_none_is_not(
    watch: Watch, change: dict[str, float], sentence: str
) -> None:
    drift = told(watch, *[right(**change)] * 12)
    assert drift
    assert drift.message == sentence + ", then verify again."
    assert told(watch, *[right()] * 100) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"light": 0.85}, "The light is at 85% of its calibration; run `station calibrate`."),
        ({"light": 1.15}, "The light is at 115% of its calibration; run `station calibrate`."),
        ({"sharpness": 0.5}, "Sharpness is at 50% of its calibration: wipe the lens, then run `station calibrate`."),
        ({"clipped": 0.09}, "9% more of the picture is too bright than when it was calibrated; run"),
    ],
)
def test_what_was_so_from_the_start_is_held_against_the_calibration(change: dict[str, float], sentence: str) -> None:
    """Days of slow drift: every verification finds what the day before left."""
    drift = told(Watch(Limits()), *[right(**change)] * 20)
    assert drift
    assert drift.message.startswith(sentence)
    assert drift.details["least" if "least" in drift.details else "most"]


def test_one_odd_picture_is_no_drift_also_right_after_the_verification() -> None:
    assert told(Watch(Limits()), right(light=0.8, sharpness=0.5), *[right()] * 30) is None


def test_the_log_is_told_what_was_measured_and_against_what(watch: Watch) -> None:
    drift = told(watch, *[right(distance=0.36)] * 30)
    assert drift
    assert drift.details["measure"] == "distance"
    assert drift.details["baseline"] == pytest.approx(0.75)
    assert drift.details["spread"] == 0.05
    assert drift.details["risen"] >= drift.details["enough"] == math.log(40_000)  # type: ignore[operator] # numbers


@pytest.mark.parametrize("change", [{"sharpness": 1.5}, {"clipped": -0.05}, {"distance": 0.1}, {"score": 1.0}])
def test_a_change_for_the_better_is_no_drift(watch: Watch, change: dict[str, float]) -> None:
    assert told(watch, *[right(**change)] * 100) is None


def test_ten_unsure_placements_in_a_row_are_too_many(watch: Watch) -> None:
    drift = told(watch, *[UNSURE] * 10)
    assert drift
    assert drift.message == ("Seven of the last ten placements were unsure: look at light and lens, then verify again.")
    assert drift.details["measure"] == "rate of UNSURE"


def test_so_are_ten_rejected_ones_also_right_after_the_verification() -> None:
    drift = told(Watch(Limits()), *[WRONG] * 10)
    assert drift
    assert drift.message == (
        "Seven of the last seven placements were rejected: look at order, box and stage, then verify again."
    )


def test_where_boxes_are_muddled_more_rejected_parts_are_usual() -> None:
    muddled = [WRONG if number % 5 < 2 else right() for number in range(1000)]
    assert told(Watch(Limits()), *muddled)
    assert told(Watch(Limits(reject=0.4)), *muddled) is None


def test_parts_that_are_not_right_say_nothing_of_the_pictures_but_their_light(watch: Watch) -> None:
    odd = other(Verdict.REJECT, Reason.WRONG_PART, measures=PASSED | {"sharpness": 0.2, "clipped": 0.9})
    assert told(watch, *[odd, *[right()] * 9] * 50) is None
    dim = other(Verdict.REJECT, Reason.WRONG_PART, measures=PASSED | {"light": 0.8})
    drift = told(watch, *[dim, right(light=0.8)] * 10)
    assert drift
    assert drift.details["measure"] == "light"


def test_a_picture_that_is_too_poor_to_judge_says_nothing_but_that_it_was_unsure(watch: Watch) -> None:
    poor = other(Verdict.UNSURE, Reason.POOR_PICTURE, measures={"light": 0.1})
    assert told(watch, *[poor, *[right()] * 9] * 50) is None


@pytest.mark.parametrize("reason", [Reason.FAULT, Reason.NOT_VERIFIED])
def test_faults_and_what_was_judged_unverified_do_not_count(watch: Watch, reason: Reason) -> None:
    assert told(watch, *[other(Verdict.REJECT, reason)] * 100) is None


@pytest.mark.parametrize("field", ["verification", "recipe", "model", "calibration"])
def test_what_is_verified_anew_is_watched_anew(field: str) -> None:
    """Else the parts of yesterday's light would be held against today's."""
    watch = Watch(Limits())
    assert told(watch, *[right(sharpness=0.95)] * 40) is None
    anew = [inspection(**{field: "another"}, score=0.98, distance=0.3, measures=PASSED | {"sharpness": 0.7})] * 40
    assert told(watch, *anew) is None


def test_after_a_drift_was_told_the_watch_begins_anew(watch: Watch) -> None:
    assert told(watch, *[UNSURE] * 7)
    assert told(watch, *[UNSURE] * 6) is None
    assert told(watch, UNSURE)


@pytest.mark.parametrize("measure", ["light", "sharpness", "score", "distance"])
def test_a_measure_that_is_not_a_number_is_raised(watch: Watch, measure: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        told(watch, right(**{measure: math.nan}))


def production(chance: np.random.Generator, count: int) -> list[Inspection]:
    """Placements without drift, with the spreads that 175 right parts of the simulated bench have."""
    placements = []
    for _ in range(count):
        what = chance.random()
        light, sharpness, distance = 1 + 0.01 * chance.standard_normal(), *chance.normal([0.91, 0.30], [0.12, 0.04])
        score = 1.0 - (chance.exponential(0.05) if chance.random() < 0.1 else 0.0)
        clipped = -0.007 + (chance.exponential(0.01) if chance.random() < 0.1 else 0.0)
        if what < 0.05:
            placements.append(UNSURE)
        elif what < 0.1:
            placements.append(WRONG)
        else:
            placements.append(right(score, distance, light=light, sharpness=sharpness, clipped=clipped))
    return placements


def test_two_thousand_placements_without_drift_raise_no_alarm() -> None:
    assert told(Watch(Limits()), *production(np.random.default_rng(1), 2000)) is None


def test_the_whole_watch_raises_a_false_alarm_less_than_once_in_5000_placements() -> None:
    """Twenty-five shifts of 1000 placements, each with a baseline of its own."""
    alarms = 0
    for seed in range(25):
        alarms += told(Watch(Limits()), *production(np.random.default_rng(seed), 1000)) is not None
    assert alarms <= 25_000 / 5000


def test_it_does_not_grow_with_what_it_has_seen(watch: Watch) -> None:
    before = len(pickle.dumps(watch))
    told(watch, *production(np.random.default_rng(2), 2000))
    assert len(pickle.dumps(watch)) <= before + 100
