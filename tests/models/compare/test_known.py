"""Published networks, made to take gray patches from 0 to 1."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="these networks are made with TensorFlow: pip install -e .[train]")

import keras
from ai_edge_litert.interpreter import Interpreter
from keras import applications

from models.classifier import Backbone, Classifier
from models.compare import known as room
from models.compare.known import KNOWN, MOMENTUM, embedded, frozen, three, untaught
from models.compare.outcome import LOADED, PRETRAINED
from models.preprocess import Gray
from models.quantize import quantize, unit
from models.weights import WeightsError

pytestmark = pytest.mark.usefixtures("threads")

SMALLEST, SIZE = "mobilenet-v3-small", 96
PREPROCESSED = {  # as Keras itself prepares colours from 0 to 255
    SMALLEST: applications.mobilenet_v2.preprocess_input,  # its own lies within the network, and is left out here
    "mobilenet-v2": applications.mobilenet_v2.preprocess_input,
    "resnet50": applications.resnet50.preprocess_input,
    "vgg16": applications.vgg16.preprocess_input,
}


def _patches(count: int, size: int = SIZE) -> Gray:
    return np.random.default_rng(count).integers(0, 256, (count, size, size), np.uint8)


@pytest.fixture(scope="module")
def weights(threads: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest network's, as nobody has learnt them."""
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("weights") / "smallest_no_top.weights.h5"
    room._body(SMALLEST, SIZE).save_weights(path)
    return path


def test_there_is_one_for_every_name() -> None:
    assert {*LOADED} == {*KNOWN, PRETRAINED}


@pytest.mark.parametrize("name", KNOWN)
def test_gray_becomes_the_colours_that_the_network_wants(name: str) -> None:
    patch = keras.Input((8, 8, 1))
    colours = keras.Model(patch, three(patch, KNOWN[name])).predict(unit(_patches(2, 8)), verbose=0)
    gray = np.repeat(_patches(2, 8)[..., None], 3, axis=-1).astype(np.float32)
    assert np.allclose(colours, PREPROCESSED[name](gray), atol=1e-3)


def test_frozen_it_sees_what_the_weights_in_the_file_see(weights: Path) -> None:
    seen = frozen(SMALLEST, weights, SIZE).predict(unit(_patches(1)), verbose=0)
    body = room._body(SMALLEST, SIZE)
    body.load_weights(weights)
    late = body.predict(np.repeat(unit(_patches(1)) * 2 - 1, 3, axis=-1), verbose=0)[0]
    middle_of_late = late[1, 1]  # the innermost ring of 3 × 3 places is one of them
    assert {name: values.shape for name, values in seen.items()} == {"middle": (1, 48 * 2), "late": (1, 576 * 2)}
    assert np.allclose(seen["late"].reshape(576, 2)[:, 0], middle_of_late, atol=1e-4)


def test_frozen_it_becomes_a_backbone_of_the_line(weights: Path) -> None:
    runs = Backbone(quantize(frozen(SMALLEST, weights, SIZE), _patches(8)))
    features = runs.see([*_patches(2)])
    assert features.shape == (2, (48 + 576) * 2)
    assert len(np.unique(features)) > 50


@pytest.mark.parametrize("content", [b"", b"nothing of ours"])
@pytest.mark.parametrize("name", ["others.weights.h5", "others.h5", "others.bin"])
def test_weights_of_something_else_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match="does not hold the weights of mobilenet-v3-small"):
        frozen(SMALLEST, tmp_path / name, SIZE)


def test_weights_of_another_network_are_refused(weights: Path) -> None:
    with pytest.raises(WeightsError, match="does not hold the weights of mobilenet-v2"):
        frozen("mobilenet-v2", weights, SIZE)


def test_from_scratch_it_learns_and_becomes_a_classifier_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOMENTUM", 0.5)  # it is a handful of batches
    keras.utils.set_random_seed(0)
    model = untaught(SMALLEST, 2, SIZE)
    model.run_eagerly = True  # to trace it takes longer than all that it learns here
    before = [np.array(weight) for weight in model.get_layer("three").get_weights()]
    patches, labels = _patches(8), np.arange(8) % 2
    patches[labels == 1] //= 4
    for _ in range(12):
        model.train_on_batch(unit(patches), labels[:, None])
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_layer("three").get_weights(), strict=True))
    file = quantize(embedded(model), patches)
    (takes,) = Interpreter(model_content=file).get_input_details()
    assert takes["quantization"] == (pytest.approx(1 / 255), -128)
    told = [Classifier(file, ("bright", "dark")).classify(patch) for patch in patches]
    assert [int(each.scores.argmax()) for each in told] == labels.tolist()
    assert told[0].embedding.shape == (576,)


def test_averages_over_batches_reach_back_no_further_than_is_learnt() -> None:
    (body,) = (layer for layer in untaught(SMALLEST, 3, SIZE).layers if isinstance(layer, keras.Model))
    averages = [layer for layer in body.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert averages
    assert {layer.momentum for layer in averages} == {MOMENTUM}
