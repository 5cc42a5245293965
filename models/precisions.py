"""What each precision of a network costs, and what it changes, on pictures that the network has not learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models import small
from models.dataset import DataSet, DataSetError
from models.examples import Tick
from models.network import embedded
from models.parity import Parity, Scores, compare
from models.plan import Plan
from models.preprocess import Gray, prepare
from models.quantize import Precision, Runner, scores_as_learnt, unit, variants
from models.samples import part_groups, take
from models.teach import gather
from models.timing import ratios
from models.train import repeatable

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
        return {"bytes": self.size, "time": self.time, "accuracy": self.accuracy} | self.parity.told()


@dataclass(frozen=True, slots=True, eq=False)
class Precisions:
    """A network in every precision; `files` are .tflite.

    learnt      accuracy of the network as it was learnt
    parameters  its weights, those of the embedding among them
    """

    learnt: float
    parameters: int
    measured: Mapping[Precision, Measured]
    files: Mapping[Precision, bytes]


def precisions(data: DataSet, plan: Plan, splits: Sequence[str], tick: Tick) -> Precisions:
    """Learn a small network as training does, and measure each precision of it on pictures of the splits.

    plan    names one of network.NETWORKS
    splits  whose pictures are judged; none: those that training holds back

    Raises DataSetError when there is too little to learn from, or nothing to judge; ParityError as `measure` does.
    """
    repeatable(plan.seed)
    found = gather(data, data.of("train"), tick)
    learnt, held = part_groups(found.findings, found.whole, plan.seed)
    judged = [picture for picture in data.of(*splits) if picture.part_number in data.part_numbers] if splits else held
    if not judged:
        raise DataSetError([f"{data.folder} has no pictures of the split {','.join(splits)}; name another"])
    samples = take(data, found.preparation, {picture: found.findings[picture] for picture in learnt})
    model = small.learn(samples, len(data.part_numbers), plan.network, plan, tick)
    tick("Shrinking the network", 0, 1)
    own = samples.patches(small.COMPONENTS)
    patches = np.stack([prepare(data.read(picture), found.preparation).pixels for picture in judged])
    labels = np.array([data.part_numbers.index(picture.part_number) for picture in judged])
    return measure(embedded(model, unit(own)), own[:: small.RANGES], patches, labels)


def measure(model: keras.Model, ranges: Gray, patches: Gray, labels: NDArray[np.intp]) -> Precisions:
    """Shrink a network to every precision, and hold each against the network as it was learnt.

    model    patches to scores, or to {"score", …}
    ranges   n × size × size uint8, learnt patches that set the ranges of int8
    patches  n × size × size uint8, one at the least, that it has not learnt; labels are their indices of part numbers

    Raises ParityError when a score is no number.
    """
    learnt = scores_as_learnt(model, patches)
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
    return Precisions(_accuracy(learnt, labels), model.count_params(), measured, files)


def _accuracy(scores: Scores, labels: NDArray[np.intp]) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))
