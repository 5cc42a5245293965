"""Why a network says what it says of a patch: the known examples that lie nearest, and the places that it looks at.

    patch ──embedding──► the nearest of all references, with their small pictures
      └──each place covered in turn, judged again──► how much the score falls, and the distance grows, by place

The map is the occlusion of M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014:
no gradient is needed, so it works on the very int8 network that judged. It costs `PLACES`² judgements: not for the
line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.bound import Vectors
from models.bundle import Bundle
from models.classifier import Prediction
from models.examples import Tick
from models.known import Small
from models.preprocess import Gray
from models.trust import NEIGHBOURS, distance

Map = NDArray[np.float32]  # PLACES × PLACES, for the whole patch

PLACES = 12  # along a side; 144 in all
TELLING = 0.1  # a score that falls by less wherever the patch is covered tells no place


class Judge(Protocol):
    """Whatever gives a prediction for a patch."""

    def classify(self, patch: Gray) -> Prediction:
        """Scores and embedding of one patch, size × size uint8."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """A known example near a patch.

    distance  cosine distance, 0 to 2, of the two embeddings
    picture   64 × 64 uint8; None when the bundle keeps none
    """

    part_number: str
    distance: float
    picture: Gray | None


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """What covering each place changes, PLACES × PLACES: whoever draws it makes it as large as the patch.

    score     by how much the score of the predicted part number falls; negative where it rises
    distance  by how much the distance to its known examples grows; negative where it shrinks
    """

    score: Map
    distance: Map

    @property
    def tells_score(self) -> bool:
        """Whether some place matters to the score; a network that is quite sure stays so, whatever is covered."""
        return bool(self.score.max() >= TELLING)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What a bundle has to say of a patch.

    predicted  the part number that the heat is about
    nearest    the known examples that lie nearest, of whatever part number, nearest first
    """

    predicted: str
    nearest: tuple[Neighbour, ...]
    heat: Heat


def explain(bundle: Bundle, patch: Gray, predicted: str, tick: Tick) -> Explanation:
    """Explain a patch, size × size uint8, with a network of its own: the line's is not touched.

    Takes 144 judgements' time; never call it on the thread of the line. Raises BundleError for a bundle that cannot.
    """
    judge = bundle.classifier()
    near = nearest(judge.classify(patch).embedding, bundle.references, bundle.pictures())
    return Explanation(predicted, near, heat(judge, bundle, patch, predicted, tick))


def nearest(
    embedding: Vectors, references: Mapping[str, Vectors], pictures: Mapping[str, list[Small]] | None
) -> tuple[Neighbour, ...]:
    """The three known examples that lie nearest to an embedding (d), where the distance of the gates is their mean."""
    every = [
        (1.0 - float(likeness), part, row)
        for part, own in references.items()
        for row, likeness in enumerate(own @ embedding)
    ]
    return tuple(
        Neighbour(part, max(0.0, away), pictures[part][row].pixels() if pictures else None)
        for away, part, row in sorted(every)[:NEIGHBOURS]
    )


def heat(judge: Judge, bundle: Bundle, patch: Gray, predicted: str, tick: Tick) -> Heat:
    """Cover each place of a patch with the stage's own level in turn, and see what becomes of score and distance."""
    index, known = bundle.names.index(predicted), bundle.references[predicted]
    level = int(np.median(patch[::4, ::4]))  # mostly the stage's

    def told(seen: Gray) -> tuple[float, float]:
        prediction = judge.classify(seen)
        return float(prediction.scores[index]), distance(prediction.embedding, known)

    (score, away), changes = told(patch), []
    for done, place in enumerate(_places(patch.shape[0]), 1):
        covered = patch.copy()
        covered[place] = level
        less, farther = told(covered)
        changes.append((score - less, farther - away))
        tick("Covering one place after another", done, PLACES**2)
    falls, grows = np.array(changes, np.float32).T.reshape(2, PLACES, PLACES)
    return Heat(falls, grows)


def _places(size: int) -> Iterator[tuple[slice, slice]]:
    """Around the middle of each place, row by row, a square of twice its width: neighbours overlap by half."""
    cell = size / PLACES
    spans = [slice(max(0, round((n - 0.5) * cell)), round((n + 1.5) * cell)) for n in range(PLACES)]
    return ((down, across) for down in spans for across in spans)
