"""The numbers of an agreement study, against worked examples and known truth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.agreement import Limits, Piece, Trial, kappa, order, page, study
from calibration.chance import interval, upper

PIECES = [Piece(f"G{n}", True) for n in range(10)] + [Piece(f"W{n}", False) for n in range(10)]


def laid(wrong: Collection[tuple[str, str, int]] = ()) -> list[Trial]:
    """Everything called rightly by two people three times, but for these."""
    return [
        Trial(who, piece.name, trial, piece.is_good is not ((who, piece.name, trial) in wrong))
        for who in ("Ann", "Bo")
        for piece in PIECES
        for trial in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (10, 10, 0.6915, 1.0), (5, 20, 0.0866, 0.4910)],
)
def test_intervals_are_those_of_clopper_and_pearson(count: int, trials: int, low: float, high: float) -> None:
    """From their tables."""
    assert interval(count, trials) == pytest.approx((low, high), abs=1e-3)


@given(trials=st.integers(1, 60), confidence=st.floats(0.5, 0.999))
def test_without_a_miss_the_bound_is_the_root_of_what_is_left_to_chance(trials: int, confidence: float) -> None:
    assert upper(0, trials, confidence) == pytest.approx(1 - (1 - confidence) ** (1 / trials), abs=1e-6)


def test_kappa_is_that_of_a_worked_example() -> None:
    """Fifty calls, 20 both yes, 15 both no, 5 and 10 apart: 0.70 seen, 0.50 by chance."""
    calls = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    found = kappa(calls)
    assert found.value == pytest.approx(0.40)
    assert found.error == pytest.approx(0.128, abs=0.004)


def test_the_interval_of_kappa_holds_the_truth_in_19_of_20_studies() -> None:
    chance, held = np.random.default_rng(1), 0
    p = np.array([0.45, 0.05, 0.10, 0.40])  # yes yes, yes no, no yes, no no
    true = (0.85 - (0.5 * 0.55 + 0.5 * 0.45)) / (1 - (0.5 * 0.55 + 0.5 * 0.45))
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    for _ in range(400):
        low, high = kappa(kinds[k] for k in chance.choice(4, 120, p=p)).interval
        held += low <= true <= high
    assert held / 400 == pytest.approx(0.95, abs=0.03)


def test_kappa_of_calls_that_never_differ_is_no_number() -> None:
    assert math.isnan(kappa([(True, True)] * 10).value)
    assert math.isnan(kappa([]).value)


def test_all_called_rightly_keeps_every_limit() -> None:
    found = study(PIECES, laid())
    assert found.is_met
    assert (found.all.effectiveness.value, found.all.miss.value, found.all.false_alarm.value) == (1, 0, 0)
    assert [(one, other, agreed.value) for one, other, agreed in found.between] == [("Ann", "Bo", 1.0)]


@pytest.mark.parametrize(
    ("wrong", "not_met"),
    [
        ({("Ann", "W0", 1)}, "misses at most 2%"),
        ({("Bo", "G0", 1), ("Bo", "G1", 2)}, "false alarms at most 5%"),
        ({("Bo", f"G{n}", 1) for n in range(3)}, "effectiveness at least 90%"),
    ],
)
def test_what_is_not_met_is_named_with_the_appraiser(wrong: set[tuple[str, str, int]], not_met: str) -> None:
    (who, *_) = next(iter(wrong))
    found = study(PIECES, laid(wrong))
    assert not found.is_met
    assert f"Not met by {who}: {not_met}" in page(found, [])
    assert "NOT met" in page(found, [])


def test_a_piece_is_called_rightly_only_if_it_is_so_every_time() -> None:
    found = study(PIECES, laid({("Ann", "G0", 2), ("Ann", "G0", 3)}))
    (ann, bo) = found.each
    assert (ann.effectiveness.count, bo.effectiveness.count) == (19, 20)
    assert ann.repeatability.count == 19
    assert ann.false_alarm.count == 2
    again = study(PIECES, laid({("Ann", "G0", n) for n in (1, 2, 3)}))
    assert (again.each[0].effectiveness.count, again.each[0].repeatability.count) == (19, 20)


def test_limits_are_a_matter_of_choice() -> None:
    missed = laid({("Ann", "W0", 1)})
    assert not study(PIECES, missed).is_met
    assert study(PIECES, missed, Limits(miss=0.1)).is_met


@given(seed=st.integers(0, 1000))
def test_everybody_lays_everything_as_often_and_no_round_is_like_the_one_before(seed: int) -> None:
    rounds = order(PIECES, ["Ann", "Bo"], 3, seed)
    assert set(Counter((who, piece.name) for who, _, piece in rounds).values()) == {3}
    shown = [[piece.name for _, _, piece in rounds[at : at + 20]] for at in range(0, 120, 20)]
    assert all(one != other for one, other in pairwise(shown))


@pytest.mark.parametrize(
    ("pieces", "done", "said"),
    [
        (PIECES[:3], laid()[:3], "good parts and wrong ones"),
        (PIECES, [Trial("Ann", "X", 1, True)], "what X truly is"),
        (PIECES, [], "nothing was laid"),
    ],
)
def test_a_study_that_can_tell_nothing_is_refused(pieces: list[Piece], done: list[Trial], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study(pieces, done)


def test_the_page_fits_a_sheet_and_says_when_too_few_were_laid() -> None:
    told = page(study(PIECES, laid()), [("study", "first")])
    assert max(map(len, told.splitlines())) <= 110
    assert len(told.splitlines()) <= 50
    assert "Signed" in told
    assert "So few placements do not show it" in told
