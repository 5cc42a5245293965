"""Ten experiments, two at a time, against bare Keras `fit`, one after the other; a few epochs of them, whole pictures.

Start of the processes, tests after every epoch, checkpoints and int8 count on our side alone. Half of Keras' runs come
before ours and half after, so that other work on the machine, if it grows or lessens meanwhile, slows both alike.
"""

import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models.cli import main
from models.dataset import load
from models.experiment.outcome import Settings
from models.experiment.pictures import Pictures, take
from models.experiment.protocol import PROTOCOLS, pair
from models.network import BATCH, network
from models.quantize import unit
from tests.models.scenes import write_set

EPOCHS, RUNS = 10, 2


def _bare(train: Pictures) -> float:
    """Seconds that Keras takes for half of the same runs, with all cores, and without a test of any kind."""
    begun = time.perf_counter()
    for _ in range(RUNS // 2):
        network(2).fit(unit(train.pixels), train.labels.astype(np.float32), BATCH, EPOCHS, verbose=0)
    return time.perf_counter() - begun


def test_the_experiments_take_at_most_0_9_of_bare_keras(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.3, "b": 0.5}, pictures=100)
    data = load(folder)
    settings = Settings(data.sha256, pair(data))
    train = take(data, PROTOCOLS["paper"](data, settings.counts, 0).train, settings.size, 0)
    theirs = _bare(train)
    begun = time.perf_counter()
    words = ["experiment", str(folder), "--out", str(tmp_path / "out"), "--protocol", "paper"]
    done = CliRunner().invoke(main, [*words, "--runs", str(RUNS), "--epochs", str(EPOCHS)])
    ours = time.perf_counter() - begun
    assert done.exit_code == 0, done.output
    theirs += _bare(train)
    print(f"\n{RUNS} runs of {EPOCHS} epochs: {ours:.0f} s against {theirs:.0f} s, {ours / theirs:.2f}")
    assert ours / theirs <= 0.9
