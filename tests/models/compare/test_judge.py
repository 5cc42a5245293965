"""What is said of a network, by a network that says what the test wants."""

from pathlib import Path

import numpy as np
import pytest

from models.classifier import Prediction
from models.compare.judge import Judged, check, figures, judge, known, unknown
from models.dataset import DataSetError, load
from models.preprocess import Gray, Preparation
from tests.models.scenes import write_set


class Brightness:
    """Sees nothing but how bright a patch is."""

    part_numbers: tuple[str, ...] = ("dark", "bright")

    def classify(self, patch: Gray) -> Prediction:
        share = float(patch.mean()) / 255
        angle = share * np.pi / 2
        embedding = np.array([np.cos(angle), np.sin(angle)], np.float32)
        return Prediction(np.array([1 - share, share], np.float32), embedding)


def _patch(level: int) -> Gray:
    return np.full((4, 4), level, np.uint8)


def _judged(scores: list[float], distance: list[float]) -> Judged:
    second = np.array(scores, np.float32)
    return Judged(np.stack([1 - second, second], axis=1), np.array(distance))


def test_a_patch_is_held_against_the_known_examples_of_what_it_is_taken_for() -> None:
    references = {"dark": np.array([[1, 0]], np.float32), "bright": np.array([[0, 1]], np.float32)}
    told = judge(Brightness(), references, [_patch(0), _patch(255), _patch(130)], lambda what, done, total: None)
    assert told.scores.argmax(axis=1).tolist() == [0, 1, 1]
    assert told.distance == pytest.approx([0, 0, 1 - np.sin(130 / 255 * np.pi / 2)], abs=1e-6)


def test_of_nothing_comes_nothing() -> None:
    told = judge(Brightness(), {}, [], lambda what, done, total: None)
    assert told.scores.shape == (0, 2)
    assert told.sure.shape == (0,)


def test_figures_are_shares_of_pairs() -> None:
    tested = _judged([0.1, 0.6, 0.4, 0.9], [0.1, 0.2, 0.3, 0.4])
    told = figures(tested, np.array([0, 0, 1, 1]), _judged([0.5, 0.8], [0.25, 0.9]))
    assert (told.tested, told.unknown, told.accuracy) == (4, 2, 0.5)
    assert told.auc == 0.75  # of four pairs one stands the wrong way
    assert told.distance_auroc == 6 / 8  # of eight pairs the first unknown is nearer than two known ones
    assert told.score_auroc == 6 / 8  # 0.5 is below all four, 0.8 below the two that are at 0.9


def test_what_nothing_can_be_said_of_is_none() -> None:
    three = Judged(np.eye(3, dtype=np.float32), np.zeros(3))
    told = figures(three, np.arange(3), Judged(np.zeros((0, 3), np.float32), np.zeros(0)))
    assert (told.accuracy, told.auc, told.distance_auroc, told.score_auroc) == (1.0, None, None, None)


def test_scores_that_are_no_numbers_are_worth_nothing() -> None:
    told = figures(_judged([np.nan] * 4, [np.nan] * 4), np.array([0, 0, 1, 1]), _judged([0.5], [0.5]))
    assert (told.auc, told.distance_auroc, told.score_auroc) == (0.0, 0.0, 0.0)


def test_the_test_split_and_the_unknown_parts_are_judged_and_no_others(rings: Path) -> None:
    data = load(rings)
    patches, labels = known(data, Preparation(64, 32))
    assert patches.shape == (4, 32, 32)
    assert labels.tolist() == [0, 0, 1, 1]
    assert len(unknown(data, Preparation(64, 32))) == 12


def test_a_set_without_test_pictures_is_refused(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "rings", {"a": 0.3, "b": 0.7})
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",test", ",unused"))
    with pytest.raises(DataSetError, match="no pictures of the split test"):
        check(load(folder))
