"""The paper's measures, from the paper's own counts."""

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate import auroc
from models.experiment.measures import Confusion, auc, confusion, mean, roc, spread

# Hafizh et al., Table II: TP FN FP TN
TABLE_2 = [
    Confusion(253, 1, 3, 253),
    Confusion(250, 4, 3, 253),
    Confusion(252, 2, 6, 250),
    Confusion(254, 0, 8, 248),
    Confusion(253, 1, 4, 252),
    Confusion(251, 3, 8, 248),
    Confusion(250, 4, 10, 246),
    Confusion(253, 1, 9, 247),
    Confusion(251, 3, 11, 245),
    Confusion(248, 6, 14, 242),
]
ACCURACIES = [0.992, 0.986, 0.984, 0.984, 0.990, 0.978, 0.973, 0.980, 0.973, 0.961]
MEANS = {"accuracy": 0.980, "ppv": 0.971, "npv": 0.990, "sensitivity": 0.990, "specificity": 0.970}


@pytest.mark.parametrize(("counted", "accuracy"), [*zip(TABLE_2, ACCURACIES, strict=True)])
def test_the_paper_s_confusion_matrices_give_the_paper_s_accuracies(counted: Confusion, accuracy: float) -> None:
    assert counted.accuracy == pytest.approx(accuracy, abs=0.001)  # some are cut off there, some rounded


@pytest.mark.parametrize(("measure", "told"), [*MEANS.items()])
def test_they_give_the_paper_s_means(measure: str, told: float) -> None:
    assert mean([counted.measures()[measure] for counted in TABLE_2]) == pytest.approx(told, abs=0.0006)


def test_what_nothing_can_be_said_of_is_no_number() -> None:
    never_a = Confusion(tp=0, fn=5, fp=0, tn=5)
    assert never_a.ppv is None
    assert never_a.accuracy == 0.5
    assert Confusion(0, 0, 0, 0).measures() == dict.fromkeys(MEANS)
    assert (mean([None, 0.5]), mean([None])) == (0.5, None)
    assert spread([0.4, None, 0.6]) == pytest.approx(0.1414, abs=1e-4)
    assert spread([0.5]) is None


def test_the_first_part_number_is_what_is_looked_for() -> None:
    assert confusion([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.9, 0.8, 0.7, 0.3]) == Confusion(tp=2, fn=1, fp=1, tn=2)


def test_a_half_is_the_first_and_a_network_that_says_nothing_is_wrong() -> None:
    assert confusion([0, 1], [0.5, 0.5]) == Confusion(tp=1, fn=0, fp=1, tn=0)
    assert confusion([0, 1], [np.nan, np.nan]) == Confusion(tp=0, fn=1, fp=1, tn=0)
    assert auc(roc([0, 1], [np.nan, np.nan])) == 0.0


def test_the_area_of_a_perfect_classifier_is_1_and_of_one_that_draws_lots_a_half() -> None:
    assert auc(roc([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])) == 1.0
    assert auc(roc([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5])) == 0.5
    assert roc([0, 0], [0.1, 0.2]) == []
    assert auc([]) is None


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=2, max_size=40))
def test_the_area_is_the_chance_that_a_pair_stands_in_the_right_order(pairs: list[tuple[int, int]]) -> None:
    actual, scores = [a for a, _ in pairs], [score / 20 for _, score in pairs]
    points = roc(actual, scores)
    if len(set(actual)) < 2:
        assert points == []
        return
    a, b = ([score for truth, score in zip(actual, scores, strict=True) if truth == n] for n in (0, 1))
    assert auc(points) == pytest.approx(auroc(a, b))
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert points == sorted(points)


def test_the_means_are_plain_means() -> None:
    assert mean([c.accuracy for c in TABLE_2]) == pytest.approx(fmean(ACCURACIES), abs=0.001)
