"""What training learns from and what it holds back: the parts found in the pictures of a data set, cut and turned."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.augment import WIDER, turn
from models.bound import Vectors
from models.classifier import Judge
from models.dataset import DataSet, DataSetError, Picture, hold_back, too_small
from models.preprocess import Finding, Gray, Preparation, cut

HELD_BACK = 0.2  # of the training groups; thresholds are chosen on them
ROOM = 1.15  # the window is so much wider than the largest part
LARGEST = 0.99  # of the parts are no larger than that; the rest is clutter joined to a part
STEP = 16  # the window is a multiple, so that a patch and the wider one lie on the same pixels, also when halved
TURNS = tuple(range(0, 360, 45))  # degrees; the known examples lie at any angle


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Parts that were found.

    wides   n × side × side uint8, cut `WIDER` than the network sees and not resized yet, so that they can be turned
    labels  n indices of part numbers
    whole   n; whether one part was in view, wholly
    size    side of a patch
    """

    wides: Gray
    labels: NDArray[np.intp]
    whole: NDArray[np.bool_]
    size: int

    def of(self, chosen: NDArray[np.intp]) -> Samples:
        """Some of them."""
        return Samples(self.wides[chosen], self.labels[chosen], self.whole[chosen], self.size)

    def turned(self, index: int, angle: float) -> Gray:
        """One patch, turned by so many degrees."""
        return turn(self.wides[index], angle, self.size)

    def patches(self, least: int) -> Gray:
        """Patches of all, again and again until there are enough, every time turned by another angle."""
        each = len(self.labels)
        told = (divmod(n, each) for n in range(max(least, each)))
        return np.stack([self.turned(n, TURNS[(n + again) % len(TURNS)]) for again, n in told])

    def judged(
        self, classifier: Judge, pictures: Sequence[Picture] = ()
    ) -> tuple[Vectors, Vectors, NDArray[np.intp], list[Picture]]:
        """Scores (n × part numbers), embeddings (n × d), labels, pictures (n) of whole parts, turned by every angle.

        pictures  that the samples were cut from; none gives none
        """
        whole = np.flatnonzero(self.whole).tolist()
        told = [classifier.classify(self.turned(index, angle)) for angle in TURNS for index in whole]
        labels = np.tile(self.labels[whole], len(TURNS))
        scores, embeddings = np.stack([each.scores for each in told]), np.stack([each.embedding for each in told])
        return scores, embeddings, labels, [pictures[index] for _ in TURNS for index in whole] if pictures else []


def part_groups(
    found: Collection[Picture], whole: Collection[Picture], seed: int
) -> tuple[list[Picture], list[Picture]]:
    """The pictures to learn from and those held back: of these only the whole ones, as the line judges no others.

    Raises DataSetError when there are too few.
    """
    _, held = hold_back(whole, HELD_BACK, seed)
    kept = {picture.part_number for picture in whole} - {picture.part_number for picture in held}
    mistakes = [*too_small(whole)]
    mistakes += [f"no group of {part} can be held back; take its pictures in more groups" for part in sorted(kept)]
    if mistakes:
        raise DataSetError([f"of the pictures that show one whole part: {mistake}" for mistake in mistakes])
    groups = {picture.group for picture in held}
    return [picture for picture in found if picture.group not in groups], held


def window(findings: Iterable[Finding]) -> int:
    """Wide enough for the largest part and some room, in pixels."""
    longest = [max(finding.extent) for finding in findings]
    return STEP * math.ceil(ROOM * float(np.quantile(longest, LARGEST)) / STEP)


def take(data: DataSet, preparation: Preparation, found: Mapping[Picture, Finding]) -> Samples:
    """Cut the parts out of their pictures, in the scale at which `cut` resizes them at last."""
    wides = [_wide(data.read(picture), finding, preparation) for picture, finding in found.items()]
    return Samples(
        np.stack(wides),
        np.array([data.part_numbers.index(picture.part_number) for picture in found]),
        np.array([preparation.is_whole or is_whole(finding) for finding in found.values()]),
        preparation.size,
    )


def _wide(gray: Gray, finding: Finding, preparation: Preparation) -> Gray:
    if preparation.is_whole:  # beyond the region there is nothing to see
        patch = cut(gray, finding.centre, preparation)
        margin = round((WIDER - 1) / 2 * preparation.size)
        return np.pad(patch, margin, constant_values=int(np.median(patch[::4, ::4])))
    side = preparation.window
    while side >= 2 * preparation.size:
        side //= 2
    return cut(gray, finding.centre, Preparation(round(WIDER * preparation.window), round(WIDER * side)))


def is_whole(finding: Finding) -> bool:
    """Whether one part is in view, wholly."""
    return finding.count == 1 and not finding.touches_edge
