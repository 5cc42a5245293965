"""One experiment: seeded, and after an interruption as if there had been none."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models.cli.experiment import NETWORKS
from models.dataset import DataSet
from models.experiment.learn import learn
from models.experiment.outcome import Outcome, Settings
from models.experiment.pictures import Pictures, take
from models.experiment.processor import Precision
from models.experiment.protocol import honest
from models.network import NETWORKS as KNOWN

Both = tuple[Pictures, Pictures]


class CutError(Exception):
    """The power fails."""


@pytest.fixture(scope="module")
def pictures(data: DataSet, settings: Settings) -> Both:
    sides = honest(data, settings.counts, settings.seed)
    train, test = (take(data, views, settings.size, settings.seed) for views in (sides.train, sides.test))
    return train, test


@pytest.fixture(scope="module", params=get_args(Precision))
def either(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The same in each precision."""
    return replace(settings, precision=request.param)


@pytest.fixture(scope="module")
def undisturbed(pictures: Both, either: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, bytes]:
    return learn(either, 1, *pictures, tmp_path_factory.mktemp("learn") / "checkpoint", lambda _: None)


def _figures(outcome: Outcome) -> Outcome:
    return replace(outcome, seconds=0)


def test_an_experiment_leaves_scores_and_curves(undisturbed: tuple[Outcome, bytes], pictures: Both) -> None:
    outcome, network = undisturbed
    assert outcome.actual == (0, 0, 1, 1)
    assert len(outcome.scores) == len(outcome.int8_scores) == 4
    assert np.abs(np.subtract(outcome.scores, outcome.int8_scores)).max() < 0.1
    assert len(outcome.epochs) == 4
    assert outcome.epochs[-1].test_accuracy == outcome.confusion.accuracy
    assert network[4:8] == b"TFL3"


@pytest.mark.parametrize("epochs", [2, 4])
def test_one_that_was_interrupted_ends_as_one_that_was_not(
    undisturbed: tuple[Outcome, bytes], pictures: Both, either: Settings, tmp_path: Path, epochs: int
) -> None:
    def cut(done: int) -> None:
        if done == epochs:
            raise CutError

    with pytest.raises(CutError):
        learn(either, 1, *pictures, tmp_path / "checkpoint", cut)
    ticks: list[int] = []
    outcome, network = learn(either, 1, *pictures, tmp_path / "checkpoint", ticks.append)
    assert ticks == [*range(epochs, 5)]
    assert (_figures(outcome), network) == (_figures(undisturbed[0]), undisturbed[1])


def test_a_damaged_checkpoint_is_begun_anew(
    undisturbed: tuple[Outcome, bytes], pictures: Both, either: Settings, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").write_bytes(b"PK half a file")
    ticks: list[int] = []
    outcome, _ = learn(either, 1, *pictures, tmp_path / "checkpoint", ticks.append)
    assert ticks == [0, 1, 2, 3, 4]
    assert _figures(outcome) == _figures(undisturbed[0])


def test_an_epoch_s_loss_and_accuracy_are_means_over_all_its_pictures(
    pictures: Both, either: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.network.LEARNING_RATE", 0.0)  # so that the network is the same after it as during it
    train, _ = pictures
    outcome, _ = learn(replace(either, epochs=1), 1, train, train, tmp_path / "checkpoint", lambda _: None)
    (epoch,) = outcome.epochs
    assert epoch.loss == pytest.approx(epoch.test_loss, rel=1e-5 if either.precision == "float32" else 1e-2)
    assert epoch.accuracy == pytest.approx(epoch.test_accuracy)


def test_what_learnt_in_bfloat16_is_tested_and_shrunk_in_float32(
    pictures: Both, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.network.LEARNING_RATE", 0.0)  # so that the weights stay those of the seed
    both: tuple[Precision, ...] = get_args(Precision)
    (full, network), (half, same) = (
        learn(replace(settings, epochs=1, precision=each), 1, *pictures, tmp_path / each, lambda _: None)
        for each in both
    )
    assert (half.scores, half.int8_scores, same) == (full.scores, full.int8_scores, network)
    assert half.epochs[0].test_loss == full.epochs[0].test_loss
    assert half.epochs[0].loss != full.epochs[0].loss
    assert (full.made_with["precision"], half.made_with["precision"]) == both


def test_what_is_learnt_in_bfloat16_is_about_what_is_learnt_in_float32(
    pictures: Both, settings: Settings, tmp_path: Path
) -> None:
    full, half = (
        learn(replace(settings, precision=each), 1, *pictures, tmp_path / each, lambda _: None)[0]
        for each in get_args(Precision)
    )
    assert 0 < np.abs(np.subtract(full.scores, half.scores)).max() < 0.05
    assert len({epoch.test_loss for epoch in half.epochs}) == settings.epochs  # each epoch is tested as it was learnt


def test_another_experiment_begins_with_other_weights(
    undisturbed: tuple[Outcome, bytes], pictures: Both, either: Settings, tmp_path: Path
) -> None:
    outcome, _ = learn(replace(either, epochs=1), 2, *pictures, tmp_path / "checkpoint", lambda _: None)
    assert outcome.epochs[0] != undisturbed[0].epochs[0]


def test_the_command_offers_every_network_there_is() -> None:
    assert set(NETWORKS) == set(KNOWN)
