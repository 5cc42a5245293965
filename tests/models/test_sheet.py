"""The contact sheet: what the network sees, each photograph beside its copies."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from models.augment import AUGMENTATIONS
from models.cli import main
from models.dataset import DataSetError, load
from models.sheet import COPIES, ORIGINALS, SIZE, ranges, rows, sheet
from tests.models.scenes import stage, write_set


def _quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.mark.parametrize("augmentation", sorted(AUGMENTATIONS))
def test_each_part_number_is_shown_with_copies_that_differ(rings: Path, augmentation: str) -> None:
    shown = rows(load(rings), augmentation, 0, _quiet)
    assert [row.picture.part_number for row in shown] == ["ring-4"] * ORIGINALS + ["ring-7"] * ORIGINALS
    assert len({row.picture.group for row in shown}) == len(shown)
    for row in shown:
        assert len({patch.tobytes() for patch in row.patches}) == COPIES + 1
        assert all(patch.shape == (SIZE, SIZE) for patch in row.patches)


def test_the_same_seed_draws_the_same_and_another_does_not(rings: Path) -> None:
    data = load(rings)
    drawn = [sheet(rows(data, "stage", seed, _quiet), "rings") for seed in (0, 0, 1)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_test_pictures_are_not_shown(rings: Path) -> None:
    data = load(rings)
    shown = {row.picture.split for seed in range(5) for row in rows(data, "paper", seed, _quiet)}
    assert shown == {"train"}


def test_the_title_says_the_paper_s_ranges() -> None:
    told = ranges(AUGMENTATIONS["paper"])
    assert told == (
        "turned by 0 to 45 degrees, shifted by 0 to 0.1 of the width, enlarged by 0 to 0.2, light times 0.1 to 1"
    )


def test_a_part_number_of_which_nothing_is_found_is_named(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.2, "b": 0.5, "c": 0.7})
    for index in range(10):
        cv2.imwrite(str(folder / "a" / f"{index:02}.png"), stage(160, 120, seed=index))
    with pytest.raises(DataSetError, match="no training picture of a"):
        rows(load(folder), "stage", 0, _quiet)


def test_the_command_leaves_a_picture(rings: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["sheet", str(rings), "--out", str(tmp_path / "sheet.png")])
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture is not None
    assert picture.shape[1] > (COPIES + 1) * SIZE
