"""Copies are seeded, of the right size, and never scaled where size is evidence."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.augment import PAPER, STAGE, WIDER, Augmentation, augment, turn
from models.dataset import DataSet, Picture
from models.preprocess import Gray, Preparation, cut, find
from models.samples import take
from tests.models.scenes import lay_ring, stage


def _wide() -> Gray:
    side = round(80 * WIDER)
    return cut(lay_ring(stage(), (160, 120), 30), (160, 120), Preparation(side, side))


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


@pytest.mark.parametrize("window", [64, 224, 416, 512, 1040])
def test_an_unturned_copy_is_what_the_line_sees(window: int) -> None:
    picture = lay_ring(stage(1280, 720), (600, 350), window // 3)
    finding, preparation = find(picture), Preparation(window)
    rings = {Picture("ring", "a", "g", "train"): finding}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DataSet, "read", lambda *_: picture)
        samples = take(DataSet(Path(), tuple(rings), ""), preparation, rings)
    seen = cut(picture, finding.centre, preparation)
    assert np.max(cv2.absdiff(samples.turned(0, 0), seen)[4:-4, 4:-4]) <= 2


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
    assert corner.mean() == pytest.approx(float(_wide()[:10, 50:70].mean()), abs=8)


def test_now_and_then_an_edge_cuts_a_side_off() -> None:
    always = replace(STAGE, over_edge=1.0, brightness=(1, 1))
    areas = np.array([np.sum(augment(_wide(), always, 224, np.random.default_rng(seed)) < 90) for seed in range(20)])
    assert areas.min() < 0.7 * areas.max()
