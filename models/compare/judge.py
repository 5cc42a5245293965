"""What a network that has learnt is worth, on pictures that it has not learnt; and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import thread_time

import numpy as np
from numpy.typing import NDArray

from models.bound import Vectors
from models.classifier import Classifier, Judge
from models.compare.outcome import Figures
from models.dataset import DataSet, DataSetError
from models.evaluate import auroc
from models.examples import Tick
from models.preprocess import Gray, Preparation, prepare
from models.timing import ratios
from models.trust import distance

ROUNDS = 25  # of judging one picture; the paper's network and the other once in every round


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """n pictures.

    scores    n × part numbers
    distance  n, to the known examples of the part number that each is taken for
    """

    scores: NDArray[np.float32]
    distance: NDArray[np.float64]

    @property
    def sure(self) -> NDArray[np.float32]:
        """The largest score of each."""
        return np.asarray(self.scores.max(axis=1, initial=0.0))


def check(data: DataSet) -> None:
    """Raises DataSetError when there is nothing to be judged."""
    if not any(picture.part_number in data.part_numbers for picture in data.of("test")):
        raise DataSetError([f"{data.folder} has no pictures of the split test; put some groups into it"])


def known(data: DataSet, preparation: Preparation) -> tuple[Gray, NDArray[np.intp]]:
    """The test pictures as the line sees them, n × size × size uint8, and the indices of their part numbers."""
    pictures = [picture for picture in data.of("test") if picture.part_number in data.part_numbers]
    labels = np.array([data.part_numbers.index(picture.part_number) for picture in pictures], np.intp)
    return np.stack([prepare(data.read(picture), preparation).pixels for picture in pictures]), labels


def unknown(data: DataSet, preparation: Preparation) -> list[Gray]:
    """The pictures of parts that nobody learnt, as the line sees them; none where there are none."""
    pictures = [picture for picture in data.of("unknown") if picture.part_number not in data.part_numbers]
    return [prepare(data.read(picture), preparation).pixels for picture in pictures]


def judge(network: Judge, references: Mapping[str, Vectors], patches: Sequence[Gray] | Gray, tick: Tick) -> Judged:
    """What a network says of patches, each size × size uint8."""
    scores, away = [], []
    for done, patch in enumerate(patches, 1):
        prediction = network.classify(patch)
        part = network.part_numbers[int(prediction.scores.argmax())]
        scores.append(prediction.scores)
        away.append(distance(prediction.embedding, references[part]))
        tick("judging", done, len(patches))
    return Judged(np.array(scores, np.float32).reshape(len(patches), len(network.part_numbers)), np.array(away))


def figures(tested: Judged, labels: NDArray[np.intp], strange: Judged) -> Figures:
    """What tested pictures (n, with n indices of part numbers), and those of unknown parts, tell of a network."""
    second = tested.scores[:, -1]
    two = tested.scores.shape[1] == 2 and len(np.unique(labels)) == 2
    any_unknown = len(strange.distance) > 0
    return Figures(
        tested=len(labels),
        unknown=len(strange.distance),
        accuracy=float(np.mean(tested.scores.argmax(axis=1) == labels)),
        auc=auroc(second[labels == 0].tolist(), second[labels == 1].tolist()) if two else None,
        distance_auroc=auroc(tested.distance.tolist(), strange.distance.tolist()) if any_unknown else None,
        score_auroc=auroc(strange.sure.tolist(), tested.sure.tolist()) if any_unknown else None,
    )


def time(network: Judge, paper: Classifier, patch: Gray) -> float:
    """How many times as long as the paper's network it takes over a patch, size × size uint8, both on one thread.

    In the thread's own time, not the wall's: whatever else the machine does at that moment is not counted.
    """
    runs = {"paper": partial(paper.classify, patch), "other": partial(network.classify, patch)}
    return ratios(runs, "paper", ROUNDS, thread_time)["other"]
