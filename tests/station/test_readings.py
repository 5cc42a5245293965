"""What is told of the gates is what the gates do: the same numbers, the same limits, the same one that decides."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.readings import deciding, readings, sentence
from station.recipe import Evidence, decide
from station.types import Verdict
from tests.station.test_recipe import GOOD, RECIPE

LIMITS = (0.2, 0.9, RECIPE.clipped, RECIPE.sharpness, RECIPE.covered, *RECIPE.light)
NUMBERS = st.floats(-0.5, 2.0) | st.sampled_from(
    [each for limit in LIMITS for each in (limit, math.nextafter(limit, -9), math.nextafter(limit, 9))]
)
MAYBE = st.none() | NUMBERS
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "parts": st.integers(0, 3),
    "touches_edge": st.booleans(),
    "moved": st.booleans(),
    "scores": st.fixed_dictionaries({"A": NUMBERS, "B": NUMBERS}),
    "distances": st.fixed_dictionaries({"A": NUMBERS, "B": NUMBERS}),
    "verified": st.booleans(),
    **dict.fromkeys(("light", "sharpness", "clipped", "covered"), MAYBE),
}


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Good but for up to three things, so that the later gates have their say as well."""
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    return replace(GOOD, **{name: draw(FIELDS[name]) for name in names})


EVIDENCE = evidences()


@settings(max_examples=400, deadline=None)
@given(EVIDENCE)
def test_the_first_closed_number_is_of_the_gate_that_decides(evidence: Evidence) -> None:
    """Whoever adds a gate, or a limit, adds its reading."""
    closed = [each.gate for each in readings(RECIPE, evidence) if not each.is_open]
    assert next(iter(closed), None) == deciding(RECIPE, evidence)
    assert (deciding(RECIPE, evidence) is None) == (decide(RECIPE, evidence).verdict is Verdict.PASS)


@pytest.mark.parametrize(
    ("name", "limit", "beyond"),
    [
        ("light", RECIPE.light[0], -9),
        ("light", RECIPE.light[1], 9),
        ("clipped", RECIPE.clipped, 9),
        ("sharpness", RECIPE.sharpness, -9),
        ("covered", RECIPE.covered, -9),
        ("distances", 0.2, 9),
        ("scores", 0.9, -9),
    ],
)
def test_a_limit_is_told_to_the_last_bit(name: str, limit: float, beyond: int) -> None:
    def with_(value: float) -> Evidence:
        change = {"A": value, "B": 0.0} if name in ("distances", "scores") else value
        return replace(GOOD, **{name: change})  # type: ignore[arg-type] # a field by name

    for value, is_open in ((limit, True), (math.nextafter(limit, beyond), False)):
        told = [each.is_open for each in readings(RECIPE, with_(value))]
        assert all(told) == is_open == (deciding(RECIPE, with_(value)) is None)


@given(EVIDENCE)
def test_a_record_keeps_all_that_the_gates_looked_at(evidence: Evidence) -> None:
    assert Evidence.of(evidence.measures(), verified=not evidence.verified) == evidence


def test_a_record_of_before_does_not_say_whether_the_station_was_verified() -> None:
    measures = GOOD.measures()
    del measures["verified"]
    assert [Evidence.of(measures, verified).verified for verified in (True, False)] == [True, False]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {},
            "Every gate let it through: the distance to A is 0.050, 0.150 within its limit of 0.200; the score of A is",
        ),
        ({"light": 0.5}, "“good picture” decided: the light is 0.500, 0.250 beyond its limit of 0.750."),
        ({"parts": 3}, "“one part” decided: 3 parts were seen, one is wanted."),
        ({"moved": True}, "“one part” decided: the part was moving."),
        ({"distances": {"A": 0.2001, "B": 0.6}}, "the distance to A is 0.200, 1.0e-04 beyond its limit of 0.200."),
        ({"scores": {"A": 0.6, "B": 0.4}}, "“expected part” decided: the score of A is 0.600, 0.300 beyond its limit"),
        (
            {"scores": {"A": 0.02, "B": 0.98}, "distances": {"A": 0.9, "B": 0.1}},
            "“expected part” decided: B was seen, with a score of 0.980, and A is expected.",
        ),
        ({"verified": False}, "“verified” decided: the station was not verified for the order."),
        ({"sharpness": math.nan}, "“sound” decided: a measure is missing or not a number."),
    ],
)
def test_one_sentence_says_which_gate_decided_and_by_how_much(change: dict[str, object], told: str) -> None:
    evidence = replace(GOOD, **change)  # type: ignore[arg-type] # fields by name
    assert told in sentence(deciding(RECIPE, evidence), readings(RECIPE, evidence))
