"""Two or more part numbers, learnt from a few photographs: a pretrained backbone sees them, a head tells them apart.

Nothing is held back for good, as few photographs cannot spare it. Thresholds and figures come of cross-fitting: every
picture is judged by a head that has learnt from other groups alone, and held against the known examples of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import views
from models.classifier import Backbone
from models.dataset import DataSetError
from models.evaluate import Judgement
from models.examples import Examples, Tick
from models.folds import folds, sides
from models.head import Features, Floats, Head, fit, probabilities, sharpened
from models.trust import Vectors, choose, distances

REFERENCES_EACH = 500  # a part number, at the most
TOO_FEW = "is seen whole in too few groups to hold one back; take pictures of more specimens or in more sessions"


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What was learnt, and how it does on pictures of other groups.

    references  part number → embeddings, n × d, of length 1
    held        the examples that some head had not learnt, in the order of `judgements`
    """

    head: Head
    references: dict[str, Vectors]
    score_thresholds: dict[str, float]
    distance_limits: dict[str, float]
    held: Examples
    judgements: Sequence[Judgement]


def see(backbone: bytes, examples: Examples, tick: Tick) -> Features:
    """What the backbone sees in all learnt views: n × views × d int8."""
    runner, seen = Backbone(backbone), []
    for done, patch in enumerate(examples.patches, 1):
        seen.append(runner.see(views.learnt(patch)))
        tick("Looking at the parts", done, len(examples.patches))
    return np.stack(seen)


def learn(features: Features, examples: Examples, part_numbers: Sequence[str]) -> Taught:
    """A head from n × views × d features of n examples, with its thresholds.

    Raises DataSetError when the groups do not let any be held back.
    """
    fitted = fit(features, examples.labels, len(part_numbers))
    embeddings = fitted.embedding(features[:, views.JUDGED])
    known = _Known(embeddings, examples, len(part_numbers))
    order, sums, away = cross_fitted(features, examples, known)
    head = sharpened(fitted, sums, examples.labels[order])
    fair = examples.whole[order] & np.isfinite(away).all(axis=1)
    held, away = examples.of(order[fair]), away[fair]
    mistakes = [f"{part} {TOO_FEW}" for index, part in enumerate(part_numbers) if index not in held.labels]
    if mistakes:
        raise DataSetError(mistakes)
    scores = probabilities(sums[fair], head.sharpness).astype(np.float32)
    thresholds, limits = choose(scores, away, held.labels, part_numbers)
    rows = kept(examples, len(part_numbers))
    return Taught(
        head,
        {part: embeddings[own] for part, own in zip(part_numbers, rows, strict=True)},
        thresholds,
        limits,
        held,
        [*_judged(scores, away, held.labels, part_numbers, thresholds, limits)],
    )


def kept(examples: Examples, part_numbers: int) -> list[NDArray[np.intp]]:
    """Which examples a bundle keeps as known, by part number: of the whole ones, `REFERENCES_EACH` at the most."""
    every = [np.flatnonzero(examples.whole & (examples.labels == index)) for index in range(part_numbers)]
    return [own[:: -(-len(own) // REFERENCES_EACH)] for own in every]


def errors(features: Features, examples: Examples, part_numbers: int) -> tuple[int, int]:
    """How many of how many examples are taken for another part number by heads that have learnt from other groups."""
    wrong = judged = 0
    for learnt, held in sides(folds(examples.pictures), examples.labels):
        head = fit(features[learnt], examples.labels[learnt], part_numbers)
        wrong += int(np.sum(head.sums(features[held][:, views.JUDGED]).argmax(axis=1) != examples.labels[held]))
        judged += len(held)
    return wrong, judged


def cross_fitted(features: Features, examples: Examples, known: _Known) -> tuple[NDArray[np.intp], Floats, Vectors]:
    """Indices of m examples; m × k sums by heads that have learnt from other groups; m × k distances to those groups.

    Raises DataSetError when the groups do not let any be held back.
    """
    told = []
    for learnt, held in sides(folds(examples.pictures), examples.labels):
        head = fit(features[learnt], examples.labels[learnt], known.part_numbers)
        away = distances(known.embeddings[held], known.of(learnt))
        told.append((held, head.sums(features[held][:, views.JUDGED]), away))
    if not told:
        raise DataSetError(["whichever group is held back, a part number goes unlearnt; take pictures in more groups"])
    order, sums, away = (np.concatenate(each) for each in zip(*told, strict=True))
    return order, sums, away


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Embeddings (n × d) of examples, to hold others against."""

    embeddings: Vectors
    examples: Examples
    part_numbers: int

    def of(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> list[Vectors]:
        """The chosen ones that are whole, by part number."""
        picked = np.arange(len(self.embeddings))[chosen]
        picked = picked[self.examples.whole[picked]]
        return [self.embeddings[picked[self.examples.labels[picked] == index]] for index in range(self.part_numbers)]


def _judged(
    scores: Vectors,
    away: Vectors,
    labels: NDArray[np.intp],
    part_numbers: Sequence[str],
    thresholds: dict[str, float],
    limits: dict[str, float],
) -> Iterator[Judgement]:
    for score, far, label in zip(scores, away, labels, strict=True):
        index = int(score.argmax())
        part = part_numbers[index]
        passes = bool(score[index] >= thresholds[part] and far[index] <= limits[part])
        yield Judgement(part_numbers[label], part, float(score[index]), float(far[index]), True, passes)
