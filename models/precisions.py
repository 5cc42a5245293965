"""What each precision of a network costs, and what it changes, on pictures that the network has not learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.parity import Parity, Scores, compare
from models.preprocess import Gray
from models.quantize import Precision, Runner, probabilities, unit, variants
from models.timing import ratios

ROUNDS = 50  # of inferences; each precision is run once in every round


@dataclass(frozen=True, slots=True)
class Measured:
    """One precision of a network, on pictures that it has not learnt.

    size      of its file, in bytes
    time      of an inference on one thread, in those of int8
    accuracy  share of the pictures that it names rightly
    parity    its scores against those of the network as it was learnt
    """

    size: int
    time: float
    accuracy: float
    parity: Parity

    def told(self) -> dict[str, Any]:
        """All of it, for a table or as JSON."""
        told = {"bytes": self.size, "time": self.time, "accuracy": self.accuracy}
        return told | asdict(self.parity) | {"share": self.parity.share}


@dataclass(frozen=True, slots=True, eq=False)
class Precisions:
    """A network in every precision; `learnt` is the accuracy of the network as it was learnt, `files` are .tflite."""

    learnt: float
    measured: Mapping[Precision, Measured]
    files: Mapping[Precision, bytes]


def measure(model: keras.Model, ranges: Gray, patches: Gray, labels: NDArray[np.intp]) -> Precisions:
    """Shrink a network to every precision, and hold each against the network as it was learnt.

    model    patches to scores, or to {"score", …}
    ranges   n × size × size uint8, learnt patches that set the ranges of int8
    patches  n × size × size uint8, one at the least, that it has not learnt; labels are their indices of part numbers

    Raises ParityError when a score is no number.
    """
    learnt = _learnt(model, patches)
    compare(learnt, learnt)  # refuses a network that came to nothing, on which a converter would break
    files = variants(model, ranges)
    runners = {precision: Runner(file) for precision, file in files.items()}
    scores = {precision: runner.scores(patches) for precision, runner in runners.items()}
    parities = {precision: compare(learnt, each) for precision, each in scores.items()}
    runs: dict[str, Callable[[], object]] = {each: partial(runner.run, patches[0]) for each, runner in runners.items()}
    times = ratios(runs, "int8", ROUNDS)
    measured = {
        precision: Measured(len(file), times[precision], _accuracy(scores[precision], labels), parities[precision])
        for precision, file in files.items()
    }
    return Precisions(_accuracy(learnt, labels), measured, files)


def _learnt(model: keras.Model, patches: Gray) -> Scores:
    out = model.predict(unit(patches), verbose=0)
    return probabilities(np.asarray(out["score"] if isinstance(out, dict) else out, np.float32))


def _accuracy(scores: Scores, labels: NDArray[np.intp]) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))
