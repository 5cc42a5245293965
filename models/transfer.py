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
from models.bound import Vectors
from models.classifier import Backbone
from models.dataset import OTHER, DataSetError
from models.evaluate import Judgement
from models.examples import Examples, Tick
from models.folds import folds, sides
from models.head import Features, Floats, Head, fit, probabilities, sharpened
from models.trust import Asked, Held, Thresholds, choose, distances, of_pictures

REFERENCES_EACH = 500  # a part number, at the most
TOO_FEW = "is seen whole in too few groups to hold one back; take pictures of more specimens or in more sessions"


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What was learnt, and how it does on pictures of other groups.

    references  part number → embeddings, n × d, of length 1; `OTHER` among them where look-alikes were learnt
    held        the examples that some head had not learnt, in the order of `judgements`
    """

    head: Head
    references: dict[str, Vectors]
    thresholds: Thresholds
    held: Examples
    judgements: Sequence[Judgement]


def see(backbone: bytes, examples: Examples, tick: Tick) -> Features:
    """What the backbone sees in all learnt views: n × views × d int8."""
    runner, seen = Backbone(backbone), []
    for done, patch in enumerate(examples.patches, 1):
        seen.append(runner.see(views.learnt(patch)))
        tick("Looking at the parts", done, len(examples.patches))
    return np.stack(seen)


def learn(features: Features, examples: Examples, part_numbers: Sequence[str], asked: Asked) -> Taught:
    """A head from n × views × d features of n examples, with its thresholds.

    Raises DataSetError when the groups do not let any be held back.
    """
    names = [*part_numbers, OTHER][: 1 + int(examples.labels.max())]
    fitted = fit(features, examples.labels, len(names))
    order, sums, away = cross_fitted(features, examples, len(names))
    head = sharpened(fitted, sums, examples.labels[order])
    fair = examples.whole[order] & np.isfinite(away).all(axis=1)
    held = examples.of(order[fair])
    mistakes = [f"{part} {TOO_FEW}" for index, part in enumerate(part_numbers) if index not in held.labels]
    if mistakes:
        raise DataSetError(mistakes)
    scores = probabilities(sums[fair], head.sharpness).astype(np.float32)
    seen = Held(scores, away[fair], held.labels, *of_pictures(held.pictures))
    thresholds = choose(seen, part_numbers, asked)
    embeddings = head.embedding(features[:, views.JUDGED])
    return Taught(
        head,
        {name: embeddings[own] for name, own in zip(names, kept(examples, len(names)), strict=True)},
        thresholds,
        held,
        [*_judged(seen, names, thresholds)],
    )


def kept(examples: Examples, names: int) -> list[NDArray[np.intp]]:
    """Which examples a bundle keeps as known, by part number: of the whole ones, `REFERENCES_EACH` at the most."""
    every = [np.flatnonzero(examples.whole & (examples.labels == index)) for index in range(names)]
    return [own[:: -(-len(own) // REFERENCES_EACH)] for own in every]


def errors(features: Features, examples: Examples, part_numbers: int) -> tuple[int, int]:
    """How many of how many examples are taken for another part number by heads that have learnt from other groups."""
    wrong = judged = 0
    for learnt, held in sides(folds(examples.pictures), examples.labels):
        head = fit(features[learnt], examples.labels[learnt], part_numbers)
        wrong += int(np.sum(head.sums(features[held][:, views.JUDGED]).argmax(axis=1) != examples.labels[held]))
        judged += len(held)
    return wrong, judged


def held_scores(features: Features, examples: Examples, names: int) -> Vectors:
    """Scores of m examples (m × part numbers), as `learn` sees them: by heads that have learnt from other groups.

    features  n × views × d of n examples

    Raises DataSetError when the groups do not let any be held back.
    """
    fitted = fit(features, examples.labels, names)
    order, sums, _ = cross_fitted(features, examples, names)
    sharpness = sharpened(fitted, sums, examples.labels[order]).sharpness
    return probabilities(sums, sharpness).astype(np.float32)


def cross_fitted(features: Features, examples: Examples, names: int) -> tuple[NDArray[np.intp], Floats, Vectors]:
    """Indices of m examples; m × names sums by heads that have learnt from other groups; m × names distances to these.

    Raises DataSetError when the groups do not let any be held back.
    """
    told = []
    for learnt, held in sides(folds(examples.pictures), examples.labels):
        head = fit(features[learnt], examples.labels[learnt], names)
        known = _by_part(head.embedding(features[learnt][:, views.JUDGED]), examples.of(learnt), names)
        judged = features[held][:, views.JUDGED]
        told.append((held, head.sums(judged), distances(head.embedding(judged), known)))
    if not told:
        raise DataSetError(["whichever group is held back, a part number goes unlearnt; take pictures in more groups"])
    order, sums, away = (np.concatenate(each) for each in zip(*told, strict=True))
    return order, sums, away


def _by_part(embeddings: Vectors, examples: Examples, names: int) -> list[Vectors]:
    """The embeddings (n × d) of the examples that are whole, by part number."""
    return [embeddings[examples.whole & (examples.labels == index)] for index in range(names)]


def _judged(seen: Held, names: Sequence[str], thresholds: Thresholds) -> Iterator[Judgement]:
    for score, far, label in zip(seen.scores, seen.away, seen.labels, strict=True):
        index = int(score.argmax())
        part = names[index]
        sure = part != OTHER and score[index] >= thresholds.scores[part] and far[index] <= thresholds.distances[part]
        yield Judgement(names[label], part, float(score[index]), float(far[index]), True, bool(sure))
