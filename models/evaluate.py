"""Held-out figures: what a bundle says of pictures that it has not learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.bundle import Bundle
from models.classifier import Classifier, ViewsClassifier
from models.dataset import OTHER, DataSet, Picture
from models.preprocess import Gray, prepare
from models.trust import distance


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a bundle says of one picture, and whether it would pass as what it was taken for.

    score, distance  of the predicted part number
    whole            one part, wholly in view
    """

    actual: str
    predicted: str
    score: float
    distance: float
    whole: bool
    passes: bool


def judge(bundle: Bundle, classifier: Classifier | ViewsClassifier, gray: Gray, actual: str) -> Judgement:
    """Judge one picture (height × width, uint8) by the bundle's own thresholds."""
    patch = prepare(gray, bundle.preparation)
    prediction = classifier.classify(patch.pixels)
    index = int(prediction.scores.argmax())
    part, score = bundle.names[index], float(prediction.scores[index])
    away = distance(prediction.embedding, bundle.references[part])
    whole = patch.finding.count == 1 and not patch.finding.touches_edge
    if part == OTHER:
        return Judgement(actual, part, score, away, whole, False)
    sure = score >= bundle.score_thresholds[part] and away <= bundle.distance_limits[part]
    return Judgement(actual, part, score, away, whole, whole and sure)


def judge_all(bundle: Bundle, data: DataSet, pictures: Iterable[Picture]) -> Iterator[Judgement]:
    """Judge pictures of a data set, one after the other."""
    classifier = bundle.classifier()
    for picture in pictures:
        yield judge(bundle, classifier, data.read(picture), picture.part_number)


def figures(judgements: Sequence[Judgement], part_numbers: Sequence[str]) -> dict[str, Any]:
    """Accuracy and confusion over the known part numbers; what would pass, rightly or not; the unknown apart.

    escapes counts wrong and unknown parts that would pass as some part number; unknown_auroc is the probability that an
    unknown part lies farther from the known examples than a known one.
    """
    known = [judgement for judgement in judgements if judgement.actual in part_numbers]
    unknown = [judgement for judgement in judgements if judgement.actual not in part_numbers]
    right = [judgement for judgement in known if judgement.actual == judgement.predicted]
    result: dict[str, Any] = {"pictures": len(judgements)}
    if known:
        result |= {
            "accuracy": len(right) / len(known),
            "right_passed": sum(judgement.passes for judgement in right) / len(known),
            "not_whole": sum(not judgement.whole for judgement in known),
        }
    if unknown:
        result["unknown"] = len(unknown)
        result["unknown_passed"] = sum(judgement.passes for judgement in unknown)
    if known and unknown:
        result["unknown_auroc"] = auroc([j.distance for j in known], [j.distance for j in unknown])
    result["escapes"] = sum(judgement.passes and judgement.actual != judgement.predicted for judgement in judgements)
    actual = sorted({judgement.actual for judgement in judgements})
    counts = Counter((judgement.actual, judgement.predicted) for judgement in judgements)
    result["confusion"] = {part: {seen: counts[part, seen] for seen in part_numbers} for part in actual}
    result["by_part_number"] = {part: counted([j for j in judgements if j.actual == part]) for part in actual}
    return result


def counted(judgements: Sequence[Judgement]) -> dict[str, int]:
    """Pictures; those taken for what they are; those of them that would pass; those that would pass as another part."""
    right = [judgement for judgement in judgements if judgement.actual == judgement.predicted]
    passed = sum(judgement.passes for judgement in right)
    escapes = sum(judgement.passes for judgement in judgements) - passed
    return {"pictures": len(judgements), "right": len(right), "passed": passed, "escapes": escapes}


def auroc(lower: Sequence[float], higher: Sequence[float]) -> float:
    """Probability that one of `higher` exceeds one of `lower`, ties counting half (Mann and Whitney's U)."""
    a, b = np.asarray(lower)[:, None], np.asarray(higher)[None, :]
    return float(np.mean((b > a) + 0.5 * (b == a)))
