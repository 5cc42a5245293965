"""Parity for the card: of a network with itself, and of heads over a backbone with heads over the same as int8."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

import keras

from models import shrunk as room
from models.backbone import backbone, weights_file
from models.dataset import Picture, load
from models.examples import Examples, look, take
from models.head import Features
from models.network import network
from models.parity import ParityError
from models.quantize import unit, variants
from models.shrunk import AsLearnt, from_scratch
from models.transfer import see

pytestmark = pytest.mark.usefixtures("threads")


def _quiet(what: str, done: int, total: int) -> None:
    assert what
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def examples(rings: Path) -> Examples:
    data = load(rings)
    return take(data, look(data, data.of("train"), _quiet))


@pytest.fixture(scope="module")
def learnt(threads: None, pretrained: bytes) -> bytes:
    """The backbone in float32, of which `pretrained` is the int8 one."""
    return variants(backbone(weights_file()), np.zeros((1, 224, 224), np.uint8), ("float32",))["float32"]


@pytest.fixture(scope="module")
def features(examples: Examples, pretrained: bytes) -> Features:
    return see(pretrained, examples, _quiet)


def test_a_small_network_is_held_against_its_file(threads: None) -> None:
    keras.utils.set_random_seed(0)
    model = network(2, 56, "fast")
    patches = np.random.default_rng(0).integers(0, 255, (6, 56, 56), np.uint8)
    file = variants(model, patches, ("int8",))["int8"]
    told = from_scratch(model, file, patches)
    assert told["pictures"] == 6
    assert 0 < told["mean"] <= told["largest"] < 0.05
    assert told["on"] == "the pictures held back from training"
    last = model.layers[-1]
    last.set_weights([-weight for weight in last.get_weights()])
    assert from_scratch(model, file, patches)["changed"] == 6  # no longer the network that the file was made of
    last.set_weights([weight * np.nan for weight in last.get_weights()])
    with pytest.raises(ParityError, match="no numbers"):
        from_scratch(model, file, patches)


def test_in_float32_it_sees_what_keras_sees_in_the_steps_of_int8(
    examples: Examples, learnt: bytes, pretrained: bytes, features: Features
) -> None:
    patch = examples.patches[0]
    seen = AsLearnt(learnt, pretrained).see(patch)
    whole = backbone(weights_file())(unit(patch)[None], training=False)
    for part, outputs in ((slice(0, 224), "middle"), (slice(224, None), "late")):
        own = np.asarray(whole[outputs])[0]
        assert np.corrcoef(seen[part], own)[0, 1] > 0.99999
    assert np.abs(seen - features[0, 0]).mean() < 12  # steps of 256
    assert np.any(seen != np.rint(seen))


def test_heads_of_both_name_the_same_parts(
    examples: Examples, learnt: bytes, pretrained: bytes, features: Features
) -> None:
    told = room.pretrained(learnt, pretrained, features, examples, 2, _quiet)
    assert (told["pictures"], told["changed"], told["share"]) == (20, 0, 0.0)
    assert 0 < told["mean"] <= told["largest"] < 0.1
    assert told["on"] == "the training pictures, 20 of 20, judged by heads that learnt from other groups"


def test_an_int8_backbone_that_sees_otherwise_is_found_out(
    examples: Examples, learnt: bytes, pretrained: bytes, features: Features
) -> None:
    mixed = np.random.default_rng(0).permutation(features)
    assert room.pretrained(learnt, pretrained, mixed, examples, 2, _quiet)["changed"] > 0


def test_of_many_pictures_a_spread_is_compared_and_the_card_says_so(
    examples: Examples, learnt: bytes, pretrained: bytes, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PICTURES", 8)
    told = room.pretrained(learnt, pretrained, features, examples, 2, _quiet)
    assert told["pictures"] == 8
    assert told["on"].startswith("a spread of the training pictures, 8 of 20,")


def test_the_spread_takes_whole_parts_of_every_part_number_from_as_many_groups_as_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "PICTURES", 12)
    pictures = tuple(Picture(f"{part}{n}", part, f"{part}{n // 10}", "train") for part in "ab" for n in range(60))
    whole = np.arange(120) % 2 == 0
    examples = Examples(pictures, np.zeros((120, 2, 2), np.uint8), np.repeat([0, 1], 60), whole)
    own = examples.of(room._spread(examples, 2))
    assert own.whole.all()
    assert {picture.group for picture in own.pictures} == {picture.group for picture in pictures}
    assert np.bincount(own.labels).tolist() == [6, 6]
