"""PASS needs every gate; the first that is closed names the verdict (promise 5)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.attempts import LAST, advised
from station.recipe import GATES, Decision, Evidence, Recipe, decide
from station.simulation import SimulatedClock
from station.types import Reason, Verdict
from station.verification import Verified
from tests.station.factories import inspection

RECIPE = Recipe("A", "recipe A", {"A": 0.9, "B": 0.9}, {"A": 0.2, "B": 0.2})
GOOD = Evidence(
    parts=1,
    touches_edge=False,
    moved=False,
    scores={"A": 0.99, "B": 0.01},
    distances={"A": 0.05, "B": 0.6},
    verified=True,
    light=1.0,
    sharpness=1.0,
    clipped=0.0,
    covered=0.1,
)


def test_the_expected_part_good_and_alone_passes() -> None:
    assert decide(RECIPE, GOOD) == Decision(Verdict.PASS)


def test_a_replay_has_no_stage_to_measure_light_and_focus_on() -> None:
    assert decide(RECIPE, replace(GOOD, light=None, sharpness=None, clipped=None, covered=None)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({"light": 0.5}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"light": 1.5}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"sharpness": 0.3}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"clipped": 0.5}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"parts": 0}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"covered": 0.0}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"parts": 2}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"touches_edge": True}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"moved": True}, Verdict.UNSURE, Reason.POOR_PICTURE),
        ({"distances": {"A": 0.3, "B": 0.6}}, Verdict.REJECT, Reason.UNKNOWN_PART),
        ({"scores": {"A": 0.8, "B": 0.2}}, Verdict.UNSURE, Reason.TOO_CLOSE),
        ({"scores": {"A": 0.01, "B": 0.99}, "distances": {"A": 0.6, "B": 0.1}}, Verdict.REJECT, Reason.WRONG_PART),
        ({"scores": {"A": 0.01, "B": 0.99}, "distances": {"A": 0.1, "B": 0.6}}, Verdict.REJECT, Reason.UNKNOWN_PART),
        ({"scores": {"A": 0.2, "B": 0.8}, "distances": {"A": 0.1, "B": 0.1}}, Verdict.UNSURE, Reason.TOO_CLOSE),
        ({"verified": False}, Verdict.REJECT, Reason.NOT_VERIFIED),
    ],
)
def test_each_closed_gate_names_its_verdict(change: dict[str, Any], verdict: Verdict, reason: Reason) -> None:
    decision = decide(RECIPE, replace(GOOD, **change))
    assert (decision.verdict, decision.reason) == (verdict, reason)
    assert decision.advice.endswith(".")


def test_the_first_closed_gate_is_the_one_that_speaks() -> None:
    dark_and_two = replace(GOOD, light=0.2, parts=2, verified=False)
    assert decide(RECIPE, dark_and_two).advice.startswith("The light")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["light", "sharpness", "clipped", "score", "distance", "threshold", "limit"])
def test_a_number_that_is_none_is_a_reject(where: str, number: float) -> None:
    recipe, evidence = RECIPE, GOOD
    match where:
        case "score":
            evidence = replace(GOOD, scores={"A": number, "B": 0.01})
        case "distance":
            evidence = replace(GOOD, distances={"A": number, "B": 0.6})
        case "threshold":
            recipe = replace(RECIPE, score_thresholds={"A": number, "B": 0.9})
        case "limit":
            recipe = replace(RECIPE, distance_limits={"A": number, "B": 0.2})
        case _:
            change: dict[str, Any] = {where: number}
            evidence = replace(GOOD, **change)
    assert decide(recipe, evidence).reason is Reason.FAULT


def test_a_bundle_that_does_not_know_the_expected_part_passes_nothing() -> None:
    assert decide(replace(RECIPE, part_number="C"), GOOD).reason is Reason.FAULT


anything = st.floats(allow_nan=True, allow_infinity=True)
START = SimulatedClock().now()


def gate(name: str) -> bool:
    """Whether the gate is open, two hours after what its name says has happened."""
    verification = Verified(8 * 3600.0, clock=SimulatedClock())
    verification.notes.clear()
    if name in ("bypassed", "bypassed until a moment ago", "bypassed before another bundle"):
        hours = 1 if name == "bypassed until a moment ago" else 3
        verification.bypass("Eva", "no golden part is here", START + timedelta(hours=hours), 0.0)
    if name in ("verified", "verified, without a record of it", "only the parts were shown"):
        for reason in (Reason.NOT_VERIFIED, Reason.WRONG_PART):
            verification.consider(inspection(verdict=Verdict.REJECT, reason=reason), 0.0)
            verification.notes.clear()
        if name != "only the parts were shown":
            verification.saw_empty(1.0, 0.0)
    if name == "bypassed before another bundle":
        verification.restart("Another bundle is in use")
    if name != "verified, without a record of it":
        verification.notes.clear()
    return verification.is_open(7200.0)


OPEN = ("verified", "bypassed")
CLOSED = (
    "nothing",
    "only the parts were shown",
    "verified, without a record of it",
    "bypassed until a moment ago",
    "bypassed before another bundle",
)


@given(
    score=anything,
    distance=anything,
    light=anything,
    sharpness=anything,
    clipped=anything,
    parts=st.integers(0, 5),
    flags=st.tuples(st.booleans(), st.booleans()),
    happened=st.sampled_from([*OPEN, *CLOSED]),
    attempt=st.integers(1, LAST),
)
def test_pass_needs_every_gate_whatever_is_measured(
    score: float,
    distance: float,
    light: float,
    sharpness: float,
    clipped: float,
    parts: int,
    flags: tuple[bool, ...],
    happened: str,
    attempt: int,
) -> None:
    """Verified or bypassed, with a record of it; and at whichever attempt."""
    touches_edge, moved = flags
    evidence = Evidence(
        parts=parts,
        touches_edge=touches_edge,
        moved=moved,
        scores={"A": score, "B": 0.3},
        distances={"A": distance, "B": 0.6},
        verified=gate(happened),
        light=light,
        sharpness=sharpness,
        clipped=clipped,
    )
    every_gate = (
        parts == 1
        and not touches_edge
        and not moved
        and happened in OPEN
        and 0.9 <= score < math.inf
        and -math.inf < distance <= 0.2
        and RECIPE.light[0] <= light <= RECIPE.light[1]
        and RECIPE.sharpness <= sharpness < math.inf
        and -math.inf < clipped <= RECIPE.clipped
    )
    assert (advised(decide(RECIPE, evidence), attempt).verdict is Verdict.PASS) == every_gate


def test_there_are_six_gates_in_the_order_of_the_design() -> None:
    names = [gate.__name__ for gate in GATES]
    assert names == ["sound", "good_picture", "one_part", "known_part", "expected_part", "verified"]
