"""A network in every precision, on patches that it has not learnt."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

import keras

from models import precisions as room
from models.network import network
from models.parity import ParityError
from models.precisions import Precisions, measure
from models.preprocess import Gray
from models.quantize import PRECISIONS, Runner, unit

pytestmark = pytest.mark.usefixtures("threads")

SIZE = 56


def _sides(count: int) -> tuple[Gray, NDArray[np.intp]]:
    """Patches that are bright to the left (0) or to the right (1)."""
    patches = np.random.default_rng(count).integers(0, 60, (count, SIZE, SIZE), dtype=np.uint8)
    labels = np.arange(count) % 2
    patches[labels == 0, :, : SIZE // 2] += 150
    patches[labels == 1, :, SIZE // 2 :] += 150
    return patches, labels


@pytest.fixture(scope="module")
def learnt(threads: None) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = network(2, SIZE, "fast")
    patches, labels = _sides(32)
    for _ in range(30):
        model.train_on_batch(unit(patches), labels[:, None])
    return model


@pytest.fixture(scope="module")
def measured(learnt: keras.Model) -> Precisions:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "ROUNDS", 5)
        return measure(learnt, _sides(32)[0], *_sides(20))


def test_what_is_easy_is_right_in_every_precision(measured: Precisions) -> None:
    assert measured.learnt == 1.0
    assert [*measured.measured] == [*PRECISIONS]
    for each in measured.measured.values():
        assert each.accuracy == 1.0
        assert (each.parity.pictures, each.parity.changed) == (20, 0)
        each.parity.check()


def test_times_are_told_in_inferences_of_int8(measured: Precisions) -> None:
    assert measured.measured["int8"].time == 1.0
    assert all(each.time > 0 for each in measured.measured.values())


def test_the_files_are_those_that_were_measured(measured: Precisions) -> None:
    patches, _ = _sides(3)
    for precision, file in measured.files.items():
        assert len(file) == measured.measured[precision].size
        assert Runner(file).scores(patches).argmax(axis=1).tolist() == [0, 1, 0]


def test_it_can_be_told_as_json(measured: Precisions) -> None:
    told = json.loads(json.dumps(measured.measured["int8"].told()))
    assert set(told) == {"bytes", "time", "accuracy", "pictures", "largest", "mean", "changed", "share"}


def test_accuracy_is_held_against_the_labels(learnt: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROUNDS", 1)
    patches, labels = _sides(20)
    labels[:5] = 1 - labels[:5]
    told = measure(learnt, _sides(32)[0], patches, labels)
    assert told.learnt == told.measured["int8"].accuracy == 0.75


def test_a_network_that_came_to_nothing_is_refused() -> None:
    model = network(2, SIZE, "fast")
    model.layers[-1].set_weights([np.full((64, 1), np.nan), np.zeros(1)])
    with pytest.raises(ParityError, match="no numbers"):
        measure(model, _sides(4)[0], *_sides(2))
