"""The faster network against the paper's, both int8, on one thread, as the line runs them."""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

import keras

from models.classifier import Classifier
from models.network import embedded, network
from models.preprocess import Gray
from models.quantize import quantize, unit
from tests.benchmarks.pairs import ratio

PAIRS = 200
PATCHES = np.random.default_rng(0).integers(0, 256, (140, 224, 224), dtype=np.uint8)


def _classifier(name: str) -> Classifier:
    """A network with its embedding, as a bundle holds it; how long it takes does not depend on what it has learnt."""
    keras.utils.set_random_seed(0)
    return Classifier(quantize(embedded(network(2, name=name), unit(PATCHES)), PATCHES[:8]), ("a", "b"))


@pytest.mark.benchmark(group="an inference of the fast network, in those of the paper's")
def test_the_fast_network_takes_at_most_0_3_of_the_paper_s(benchmark: BenchmarkFixture) -> None:
    paper, fast = _classifier("paper"), _classifier("fast")
    patches = iter(np.tile(PATCHES, (2, 1, 1)))

    def next_patch() -> tuple[Gray]:
        return (next(patches),)

    assert ratio(benchmark, fast.classify, paper.classify, PAIRS, next_patch) <= 0.3
