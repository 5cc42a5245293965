"""Look-alikes: learnt to be refused, never a part number, and never a trial of the bound."""

import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle import Bundle
from models.dataset import OTHER, DataSetError, load
from models.evaluate import judge_all
from models.others import with_others
from models.teach import teach
from tests.models.scenes import lay_ring, stage


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def with_discs(rings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rings, and discs of which all but four are free to be learnt as look-alikes."""
    folder = shutil.copytree(rings, tmp_path_factory.mktemp("others") / "rings")
    with (folder / "manifest.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    for row in rows:
        if row["split"] == "unknown" and row["group"] not in ("disc-4", "disc-5"):
            row["split"] = "unused"
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def bundle(with_discs: Path, pretrained: bytes) -> Bundle:
    data = with_others(load(with_discs), "disc")
    return Bundle.of(*teach(data, data.of("train"), pretrained, {"name": "taught"}, _quiet))


def test_unused_pictures_of_a_part_number_become_look_alikes(with_discs: Path) -> None:
    data = with_others(load(with_discs), "disc")
    others = [picture for picture in data.of("train") if picture.part_number == OTHER]
    assert len(others) == 8
    assert data.part_numbers == ("ring-4", "ring-7")
    assert data.names == ("ring-4", "ring-7", OTHER)
    assert data.sha256 != load(with_discs).sha256


def test_so_many_are_taken_and_the_same_seed_takes_the_same(with_discs: Path) -> None:
    data = load(with_discs)
    first, again, another = (with_others(data, "disc", 3, seed).pictures[-3:] for seed in (1, 1, 2))
    assert first == again != another
    assert len({picture.group for picture in first}) == 3, "from as many groups as can be"


def test_a_folder_of_pictures_does_as_well(rings: Path, tmp_path: Path) -> None:
    (tmp_path / "loose").mkdir()
    for index in range(3):
        picture = lay_ring(stage(160, 120, seed=900 + index), (70, 60), 24, bore=0.0)
        cv2.imwrite(str(tmp_path / "loose" / f"{index}.png"), picture)
    others = [p for p in with_others(load(rings), str(tmp_path)).of("train") if p.part_number == OTHER]
    assert len(others) == len({picture.group for picture in others}) == 3


def test_what_cannot_be_a_look_alike_is_named(rings: Path, tmp_path: Path) -> None:
    data = load(rings)
    with pytest.raises(DataSetError, match="has no look-alikes"):
        with_others(data, "nobody")
    shutil.copy(data.folder / data.of("train")[0].file, tmp_path / "same.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataSetError, match="is no look-alike") as told:
        with_others(data, str(tmp_path))
    assert any("is not a picture" in mistake for mistake in told.value.mistakes)


def test_they_are_seen_for_what_they_are_and_never_pass(bundle: Bundle, with_discs: Path) -> None:
    data = load(with_discs)
    judged = [*judge_all(bundle, data, data.of("unknown"))]
    assert len(judged) == 4
    assert {each.predicted for each in judged} == {OTHER}
    assert not any(each.passes for each in judged)


def test_right_parts_pass_as_before(bundle: Bundle, with_discs: Path) -> None:
    data = load(with_discs)
    assert all(each.actual == each.predicted for each in judge_all(bundle, data, data.of("test")))


def test_nobody_can_order_them(bundle: Bundle) -> None:
    assert bundle.part_numbers == ("ring-4", "ring-7")
    assert bundle.names[-1] == OTHER
    assert set(bundle.score_thresholds) == set(bundle.distance_limits) == set(bundle.bounds) == {"ring-4", "ring-7"}


def test_they_are_no_trials_of_the_bound(bundle: Bundle) -> None:
    assert bundle.bounds["ring-4"].trials == 5


def test_their_examples_are_kept_too(bundle: Bundle) -> None:
    assert len(bundle.references[OTHER]) == 8
    pictures = bundle.pictures()
    assert pictures is not None
    assert len(pictures[OTHER]) == 8


def test_one_look_alike_is_better_than_none(with_discs: Path, pretrained: bytes) -> None:
    data = with_others(load(with_discs), "disc", 1)
    bundle = Bundle.of(*teach(data, data.of("train"), pretrained, {"name": "taught"}, _quiet))
    scores = bundle.classifier().classify(np.full((224, 224), 150, np.uint8)).scores
    assert scores.shape == (3,)
