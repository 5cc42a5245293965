"""How far a bundle is to be trusted: pictures that it has not learnt, each presented as each part number that it knows.

A wrong part is one of the bundle's other part numbers; an unknown one is of none. What passes is counted by pictures,
and bounded by groups (one specimen at one time), as in bound.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bound import upper
from models.bundle import Bundle
from models.dataset import DataSet, Picture
from models.evaluate import auroc
from models.examples import Tick
from models.preprocess import prepare
from models.trust import distance

KINDS = ("right", "wrong", "unknown")
KEPT = 0.95  # of the right parts, where the share of unknown ones within the same distance is told


@dataclass(frozen=True, slots=True, eq=False)
class Presented:
    """n pictures, presented as one part number.

    kinds      n of KINDS
    groups     n names
    whole      n; whether one part was in view, wholly
    named      n; whether the network names the part number that is expected
    scores     n probabilities of it
    distances  n, to its known examples
    threshold, limit  the least score and the farthest distance that pass
    """

    part_number: str
    kinds: NDArray[np.str_]
    groups: NDArray[np.str_]
    whole: NDArray[np.bool_]
    named: NDArray[np.bool_]
    scores: NDArray[np.float64]
    distances: NDArray[np.float64]
    threshold: float
    limit: float

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Which pass every gate that can be judged by a picture alone."""
        return self.whole & self.named & (self.scores >= self.threshold) & (self.distances <= self.limit)

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """Which are to be laid again: the picture does not do, or is too close to call."""
        return ~self.whole | (self.named & (self.distances <= self.limit) & (self.scores < self.threshold))

    def at(self, threshold: float) -> Presented:
        """The same under another threshold of the score."""
        return replace(self, threshold=threshold)


def present(bundle: Bundle, data: DataSet, pictures: Sequence[Picture], tick: Tick) -> list[Presented]:
    """Judge every picture once, and present it as each part number that the bundle knows."""
    classifier = bundle.classifier()
    whole, scores, distances = [], [], []
    for done, picture in enumerate(pictures, 1):
        patch = prepare(data.read(picture), bundle.preparation)
        prediction = classifier.classify(patch.pixels)
        whole.append(patch.finding.count == 1 and not patch.finding.touches_edge)
        scores.append(prediction.scores.astype(np.float64))
        distances.append([distance(prediction.embedding, bundle.references[part]) for part in bundle.part_numbers])
        tick("Judging", done, len(pictures))
    seen, away = np.array(scores), np.array(distances)
    return [
        Presented(
            part,
            np.array([_kind(bundle, picture, part) for picture in pictures]),
            np.array([picture.piece for picture in pictures]),
            np.array(whole),
            seen.argmax(axis=1) == index,
            seen[:, index],
            away[:, index],
            bundle.score_thresholds[part],
            bundle.distance_limits[part],
        )
        for index, part in enumerate(bundle.part_numbers)
    ]


def told(each: Presented) -> dict[str, Any]:
    """Figures of one part number as the expected one, at its own thresholds."""
    right = each.kinds == "right"
    figures: dict[str, Any] = {
        "part_number": each.part_number,
        "score_threshold": each.threshold,
        "distance_limit": each.limit,
        "right": _share(each, right),
        "right_whole": _share(each, right & each.whole),
        "right_unsure": int(each.unsure[right].sum()),
    }
    for kind in ("wrong", "unknown"):
        if (each.kinds == kind).any():
            figures[kind] = _share(each, each.kinds == kind) | _by_group(each, kind)
    unknown = (each.kinds == "unknown") & each.whole
    judged = right & each.whole
    if unknown.any() and judged.any():
        within = np.quantile(each.distances[judged], KEPT, method="higher")
        figures |= {
            "auroc_distance": auroc(each.distances[judged].tolist(), each.distances[unknown].tolist()),
            "auroc_score": auroc((-each.scores[judged]).tolist(), (-each.scores[unknown]).tolist()),
            "unknown_within_distance_of_95_percent": float(np.mean(each.distances[unknown] <= within)),
        }
    return figures


@dataclass(frozen=True, slots=True)
class Point:
    """At one threshold: the share of right parts that pass; of a kind of others the share of groups, and its bound."""

    threshold: float
    passed: float
    escaped: float
    bound: float


def curve(each: Presented, kind: str) -> list[Point]:
    """Yield against escape at every threshold that changes anything, from the strictest on; none without groups."""
    right = each.kinds == "right"
    if not right.any() or not (each.kinds == kind).any():
        return []
    near = each.whole & each.named & (each.distances <= each.limit)
    points = []
    for threshold in sorted({1.0, *each.scores[near].tolist()}, reverse=True):
        at = each.at(threshold)
        counts = _by_group(at, kind)
        escaped = counts["groups_passed"] / counts["groups"]
        points.append(Point(threshold, float(np.mean(at.passed[right])), escaped, counts["bound"]))
    return points


def _kind(bundle: Bundle, picture: Picture, expected: str) -> str:
    if picture.part_number == expected:
        return "right"
    return "wrong" if picture.part_number in bundle.part_numbers else "unknown"


def _share(each: Presented, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    return {"pictures": int(chosen.sum()), "passed": int(each.passed[chosen].sum())}


def _by_group(each: Presented, kind: str) -> dict[str, Any]:
    chosen = each.kinds == kind
    groups = len(set(each.groups[chosen]))
    passed = len(set(each.groups[chosen & each.passed]))
    return {"groups": groups, "groups_passed": passed, "bound": upper(passed, groups)}


def together(figures: Iterable[dict[str, Any]], kind: str) -> dict[str, int]:
    """Pictures of one kind that were presented and that passed, over all part numbers in turn as the expected one."""
    rows = [row[kind] for row in figures if kind in row]
    return {name: sum(row[name] for row in rows) for name in ("pictures", "passed")}


def lines(figures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The figures for people."""
    for row in figures:
        yield (
            f"{row['part_number']} expected, which passes from a score of {row['score_threshold']:.3f} and within a "
            f"distance of {row['distance_limit']:.3f}:"
        )
        right, whole = row["right"], row["right_whole"]
        yield (
            f"  right parts    {right['passed']} of {right['pictures']} pass, of those in full view "
            f"{whole['passed']} of {whole['pictures']}; {row['right_unsure']} are to be laid again"
        )
        for kind in ("wrong", "unknown"):
            if kind in row:
                each = row[kind]
                yield (
                    f"  {kind + ' parts':14} {each['passed']} of {each['pictures']} pass; {each['groups_passed']} of "
                    f"{each['groups']} groups, so at most {each['bound']:.1%} with 95 % confidence"
                )
        if "auroc_distance" in row:
            yield (
                f"  unknown apart  AUROC {row['auroc_distance']:.4f} by distance, {row['auroc_score']:.4f} by score; "
                f"{row['unknown_within_distance_of_95_percent']:.1%} within the distance of 95 % of the right ones"
            )
