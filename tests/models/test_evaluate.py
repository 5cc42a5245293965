"""Figures add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate import Judgement, auroc, figures


def _judged(actual: str, predicted: str, passes: bool = True, distance: float = 0.1) -> Judgement:
    return Judgement(actual, predicted, 0.9, distance, True, passes)


def test_accuracy_and_confusion_count_what_was_told_apart() -> None:
    told = figures([_judged("A", "A"), _judged("A", "B"), _judged("B", "B"), _judged("B", "B")], ["A", "B"])
    assert told["accuracy"] == 0.75
    assert told["confusion"] == {"A": {"A": 1, "B": 1}, "B": {"A": 0, "B": 2}}


def test_an_escape_is_a_wrong_or_an_unknown_part_that_would_pass() -> None:
    wrong = [_judged("A", "B"), _judged("A", "B", passes=False)]
    judgements = [*wrong, _judged("C", "A", distance=0.3), _judged("B", "B")]
    told = figures(judgements, ["A", "B"])
    assert told["escapes"] == 2
    assert told["unknown_passed"] == 1
    assert told["unknown_auroc"] == 1.0


def test_every_part_number_has_its_own_counts_and_an_unknown_part_too() -> None:
    wrong = [_judged("A", "B"), _judged("A", "B", passes=False)]
    judgements = [*wrong, _judged("A", "A"), _judged("A", "A", passes=False), _judged("B", "B"), _judged("C", "A")]
    assert figures(judgements, ["A", "B"])["by_part_number"] == {
        "A": {"pictures": 4, "right": 2, "passed": 1, "escapes": 1},
        "B": {"pictures": 1, "right": 1, "passed": 1, "escapes": 0},
        "C": {"pictures": 1, "right": 0, "passed": 0, "escapes": 1},
    }


judgements = st.lists(st.builds(_judged, st.sampled_from("ABC"), st.sampled_from("AB"), st.booleans()), min_size=1)


@given(judgements)
def test_the_counts_by_part_number_add_up_to_those_of_all(judged: list[Judgement]) -> None:
    told = figures(judged, ["A", "B"])
    rows = told["by_part_number"].values()
    assert sum(row["pictures"] for row in rows) == told["pictures"]
    assert sum(row["escapes"] for row in rows) == told["escapes"]
    assert all(row["passed"] <= row["right"] <= row["pictures"] for row in rows)
    assert all(row["escapes"] <= row["pictures"] - row["right"] for row in rows)


def test_the_unknown_does_not_count_against_accuracy() -> None:
    assert figures([_judged("A", "A"), _judged("C", "A")], ["A", "B"])["accuracy"] == 1.0


def test_auroc_is_a_half_where_nothing_is_told() -> None:
    assert auroc([1.0, 2.0], [1.0, 2.0]) == pytest.approx(0.5)
    assert auroc([1.0, 2.0], [3.0]) == 1.0
