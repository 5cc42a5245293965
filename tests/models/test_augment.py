"""Copies are seeded, of the right size, and never scaled where size is evidence."""

from dataclasses import replace

import numpy as np
import pytest

from models.augment import PAPER, STAGE, WIDER, Augmentation, augment, turn
from models.preprocess import Gray, Preparation, cut
from tests.models.scenes import lay_ring, stage


def _wide() -> Gray:
    return cut(lay_ring(stage(), (160, 120), 30), (160, 120), Preparation(round(80 * WIDER), round(224 * WIDER)))


def test_the_paper_s_ranges_are_those_of_its_table_1() -> None:
    assert PAPER.rotation == (0, 45)
    assert PAPER.shift == (0, 0.1)
    assert PAPER.zoom == (0, 0.2)
    assert PAPER.brightness == (0.1, 1.0)


@pytest.mark.parametrize("augmentation", [PAPER, STAGE])
def test_the_same_seed_gives_the_same_copies_and_another_gives_others(augmentation: Augmentation) -> None:
    copies = [augment(_wide(), augmentation, 224, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(copies[0], copies[1])
    assert not np.array_equal(copies[0], copies[2])
    assert copies[0].shape == (224, 224)


def test_an_unturned_copy_is_the_middle_itself() -> None:
    assert np.array_equal(turn(_wide(), 0, 224), _wide()[56:280, 56:280])


def test_on_the_stage_a_copy_is_as_large_as_the_part() -> None:
    assert _spread_of_area(replace(STAGE, over_edge=0)) < 0.02
    assert _spread_of_area(PAPER) > 0.2  # its zoom: what it is compared with, so that the measure is seen to work


def _spread_of_area(augmentation: Augmentation) -> float:
    """How much the dark area of copies differs: (largest - least) / mean."""
    copies = [augment(_wide(), augmentation, 224, np.random.default_rng(seed)) for seed in range(20)]
    areas = [np.sum(copy < 0.75 * np.median(copy)) for copy in copies]
    return float(np.ptp(areas) / np.mean(areas))


def test_a_turned_copy_has_no_empty_corners() -> None:
    corner = turn(_wide(), 45, 224)[:20, :20]
    assert corner.mean() == pytest.approx(float(_wide()[:40, 150:190].mean()), abs=8)


def test_now_and_then_an_edge_cuts_a_side_off() -> None:
    always = replace(STAGE, over_edge=1.0, brightness=(1, 1))
    areas = np.array([np.sum(augment(_wide(), always, 224, np.random.default_rng(seed)) < 90) for seed in range(20)])
    assert areas.min() < 0.7 * areas.max()
