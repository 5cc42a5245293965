"""The four precisions of one small network: what each costs, and that they still say the same."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

import keras
from keras import layers

from models.classifier import Classifier
from models.network import embedded, network
from models.parity import Scores, compare
from models.preprocess import Gray
from models.quantize import PRECISIONS, Precision, Runner, probabilities, quantize, unit, variants

pytestmark = pytest.mark.usefixtures("threads")

SIZE = 56
Made = tuple[keras.Model, dict[Precision, bytes]]


def _patches(count: int) -> Gray:
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE), dtype=np.uint8)


def _learnt(model: keras.Model, patches: Gray) -> Scores:
    return probabilities(model.predict(unit(patches), verbose=0))


@pytest.fixture(scope="module", params=[2, 3], ids=["sigmoid", "softmax"])
def made(request: pytest.FixtureRequest, threads: None) -> Made:
    """An untrained network will do: what is shrunk are numbers, whatever they mean."""
    keras.utils.set_random_seed(0)
    model = network(request.param, SIZE)
    return model, variants(model, _patches(8))


def test_every_precision_says_about_the_same(made: Made) -> None:
    model, files = made
    patches = _patches(40)
    differ = {which: compare(_learnt(model, patches), Runner(files[which]).scores(patches)) for which in PRECISIONS}
    assert differ["float32"].largest < 1e-5
    assert differ["float16"].largest < 1e-3
    assert differ["dynamic"].largest < 0.02
    assert differ["int8"].largest < 0.05


def test_each_precision_is_smaller_than_the_one_before_and_int8_a_quarter(made: Made) -> None:
    _, files = made
    sizes = [len(files[which]) for which in ("float32", "float16", "dynamic")]
    assert all(larger > 1.5 * smaller for larger, smaller in pairwise(sizes))
    assert len(files["int8"]) < 0.3 * len(files["float32"])


def test_the_runner_gives_one_probability_a_part_number(made: Made) -> None:
    model, files = made
    for file in files.values():
        scores = Runner(file).scores(_patches(3))
        assert scores.dtype == np.float32
        assert scores.shape == (3, max(2, model.output.shape[-1]))
        assert scores.sum(axis=1) == pytest.approx(1, abs=0.02)


def test_only_the_int8_network_takes_and_gives_steps(made: Made) -> None:
    _, files = made
    types = {which: Runner(files[which]).run(_patches(1)[0]).dtype for which in PRECISIONS}
    assert types == {"float32": np.float32, "float16": np.float32, "dynamic": np.float32, "int8": np.int8}


@pytest.mark.parametrize("brightest", [10, 128, 255])
def test_a_gray_level_is_an_input_step_however_dark_the_pictures_are(brightest: int) -> None:
    keras.utils.set_random_seed(0)
    file = quantize(network(2, SIZE), np.minimum(_patches(4), brightest))
    assert Runner(file)._takes["quantization"] == (pytest.approx(1 / 255, rel=1e-6), -128)


def test_of_two_outputs_the_runner_reads_the_scores_as_the_line_does() -> None:
    keras.utils.set_random_seed(0)
    patches = _patches(6)
    file = quantize(embedded(network(2, SIZE), unit(_patches(140))), patches)
    line = Classifier(file, ("a", "b"))
    assert np.array_equal(Runner(file).scores(patches), np.stack([line.classify(patch).scores for patch in patches]))


def test_nothing_is_said_that_is_not_meant_for_anyone() -> None:
    patch = keras.Input((8, 8, 1))
    model = keras.Model(patch, layers.Dense(3, activation="softmax")(layers.Flatten()(layers.ReLU()(patch))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # TensorFlow's own
        variants(model, np.zeros((2, 8, 8), np.uint8))


def test_a_sigmoid_is_the_probability_of_the_second_part_number() -> None:
    assert probabilities(np.array([[0.25], [1.0]], np.float32)).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    three = np.array([[0.2, 0.3, 0.5]], np.float32)
    assert probabilities(three) is three
