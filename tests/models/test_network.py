"""The paper's network, layer by layer; its faster equal; and the embedding of either."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

import keras

from models.network import AVERAGED, EMBEDDING, NETWORKS, Floats, embedded, in_bfloat16, network, settle

pytestmark = pytest.mark.usefixtures("threads")
SIZE = 112
names = pytest.mark.parametrize("name", NETWORKS)


def _patches(count: int) -> Floats:
    return np.random.default_rng(0).random((count, SIZE, SIZE, 1), np.float32)


def _made(name: str, part_numbers: int = 2) -> keras.Model:
    keras.utils.set_random_seed(0)
    return network(part_numbers, SIZE, name)


def test_the_paper_s_network_has_the_paper_s_layers() -> None:
    shapes = [layer.output.shape[1:] for layer in network(2).layers]
    blocks = [(224, 224, 8), (112, 112, 8), (112, 112, 16), (56, 56, 16), (56, 56, 32), (28, 28, 32)]
    assert shapes[1:8] == [*blocks, (25088,)]
    assert shapes[-1] == (1,)


@names
def test_what_is_convolved_and_what_is_dense_goes_through_a_relu_and_two_part_numbers_through_a_sigmoid(
    name: str,
) -> None:
    used = [layer.activation.__name__ for layer in network(2, name=name).layers if hasattr(layer, "activation")]
    assert used == ["relu"] * (len(used) - 1) + ["sigmoid"]


def test_the_paper_s_is_the_one_unless_another_is_named() -> None:
    assert network(2).to_json() != network(2, name="fast").to_json()
    assert network(2).count_params() == network(2, name="paper").count_params() == 1611649


def test_a_network_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError, match="slow"):
        network(2, name="slow")


def test_the_fast_network_reads_four_pixels_as_one_place_and_goes_on_as_the_paper_s() -> None:
    shapes = [layer.output.shape[1:] for layer in network(2, name="fast").layers]
    edges = [(224, 56, 4), (112, 56, 16), (112, 56, 24), (56, 56, 24)]
    blocks = [(56, 56, 32), (28, 28, 32), (28, 28, 48), (14, 14, 48), (14, 14, 64), (7, 7, 64)]
    assert shapes[1:] == [*edges, *blocks, (3136,), (64,), (1,)]


def test_the_fast_network_has_a_sixth_of_the_weights() -> None:
    assert network(2, name="fast").count_params() < network(2).count_params() / 6


@names
def test_no_pixel_is_skipped(name: str) -> None:
    """Each pixel alone changes what the first convolution sees, wherever it lies."""
    model = _made(name)
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    sees = keras.Model(model.input, first.output)
    for row, column in ((0, 0), (50, 51), (51, 52), (52, 53), (53, 54), (SIZE - 1, SIZE - 1)):
        patch = np.zeros((1, SIZE, SIZE, 1), np.float32)
        patch[0, row, column] = 1
        assert sees.predict(patch, verbose=0).any(), (row, column)


@names
@pytest.mark.parametrize(("part_numbers", "scores"), [(2, 1), (3, 3), (5, 5)])
def test_two_end_in_one_sigmoid_and_more_in_a_softmax(name: str, part_numbers: int, scores: int) -> None:
    out = _made(name, part_numbers).predict(_patches(3), verbose=0)
    assert out.shape == (3, scores)
    assert np.all((out >= 0) & (out <= 1))
    assert scores == 1 or out.sum(axis=1) == pytest.approx(1, abs=1e-5)


@names
def test_the_embedding_comes_beside_the_scores_and_leaves_them_alone(name: str) -> None:
    model, patches = _made(name), _patches(140)
    both = embedded(model, patches).predict(patches[:5], verbose=0)
    assert both["embedding"].shape == (5, EMBEDDING)
    assert both["score"] == pytest.approx(model.predict(patches[:5], verbose=0), abs=1e-6)


@names
def test_the_embedding_lies_about_the_middle_of_what_it_was_made_from(name: str) -> None:
    patches = _patches(140)
    vectors = embedded(_made(name), patches).predict(patches, verbose=0)["embedding"]
    assert np.abs(vectors.mean(axis=0)).max() < 1e-2 * vectors.std()


@names
def test_the_twin_has_the_same_weights_and_computes_in_bfloat16_all_but_the_last_layer(name: str) -> None:
    model, patches = _made(name), _patches(5)
    twin = in_bfloat16(model)
    assert all(map(np.array_equal, twin.get_weights(), model.get_weights()))
    assert {variable.dtype for variable in twin.variables} == {"float32"}
    *layers, last = (layer.compute_dtype for layer in twin.layers[1:])
    assert (set(layers), last) == ({"bfloat16"}, "float32")
    ours, theirs = twin.predict(patches, verbose=0), model.predict(patches, verbose=0)
    assert ours.dtype == np.float32
    assert 0 < np.abs(ours - theirs).max() < 0.01


def test_the_twin_leaves_the_network_as_it_was() -> None:
    model = _made("paper")
    told = model.to_json()
    twin = in_bfloat16(model)
    twin.train_on_batch(_patches(2), np.array([[0], [1]]))
    assert model.to_json() == told
    assert not np.array_equal(twin.get_weights()[0], model.get_weights()[0])
    assert np.array_equal(model.get_weights()[0], _made("paper").get_weights()[0])


def test_the_twin_learns_as_fast_and_from_the_same_loss() -> None:
    model = _made("paper")
    twin = in_bfloat16(model)
    assert twin.optimizer.get_config() == model.optimizer.get_config()
    assert twin.optimizer is not model.optimizer
    assert twin.loss is model.loss


@pytest.mark.parametrize("twin", [False, True])
def test_the_fast_network_ends_in_the_running_mean_of_its_weights(twin: bool) -> None:
    model = in_bfloat16(_made("fast")) if twin else _made("fast")
    mean = None
    for _ in range(3):
        model.train_on_batch(_patches(2), np.array([[0], [1]]))
        now = model.get_weights()[0]
        mean = now if mean is None else AVERAGED * mean + (1 - AVERAGED) * now
    settle(model)
    assert model.get_weights()[0] == pytest.approx(mean, abs=1e-6)
    assert np.abs(model.get_weights()[0] - now).max() > 1e-4


def test_the_paper_s_ends_as_it_has_learnt() -> None:
    model = _made("paper")
    model.train_on_batch(_patches(2), np.array([[0], [1]]))
    before = model.get_weights()[0]
    settle(model)
    assert np.array_equal(model.get_weights()[0], before)


@names
@pytest.mark.parametrize("twin", [False, True])
def test_what_it_is_shown_it_can_learn(name: str, twin: bool) -> None:
    """Bright to the left or to the right; a network whose layers were wired wrongly stays at chance."""
    model, patches = _made(name), 0.2 * _patches(32)
    model = in_bfloat16(model) if twin else model
    sides = np.arange(32) % 2
    patches[sides == 0, :, : SIZE // 2] += 0.7
    patches[sides == 1, :, SIZE // 2 :] += 0.7
    for _ in range(30):
        model.train_on_batch(patches, sides[:, None])
    assert np.array_equal(model.predict(patches, verbose=0)[:, 0] > 0.5, sides == 1)
