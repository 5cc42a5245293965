"""What each step of the preparation brings: the pretrained network with it and without it, by cross-validation.

On the training pictures alone, group by group; the test pictures are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from models import views
from models.classifier import Backbone
from models.dataset import DataSet
from models.examples import Examples, Found, Tick, look, take
from models.folds import few, folds, sides
from models.head import Features, fit
from models.preprocess import WHOLE, Gray, Preparation

PHOTOGRAPHS = (10, 30, 0)  # a part number; 0 is all
LEVEL = 180  # gray levels, of the stage where it is brought to one
SEEDS = range(5)  # choices of a few photographs, each tried on every fold

Step = Callable[[Gray], Gray]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to prepare.

    whole             the whole region, whatever is found in it
    light             what is done to a patch against another light
    learnt, judged    the views of a patch, as indices of those of `views.learnt`
    mirrored          whether mirror images are learnt too
    """

    name: str
    whole: bool = False
    light: Step | None = None
    learnt: Sequence[int] = tuple(range(views.LEARNT))
    judged: Sequence[int] = tuple(range(views.LEARNT)[views.JUDGED])
    mirrored: bool = False


def _levelled(patch: Gray) -> Gray:
    """The stage's own gray brought to one level, by a factor."""
    return np.asarray(cv2.convertScaleAbs(patch, alpha=LEVEL / max(1.0, float(np.median(patch)))), np.uint8)


def _equalised(patch: Gray) -> Gray:
    return np.asarray(cv2.equalizeHist(patch), np.uint8)


def _local(patch: Gray) -> Gray:
    return np.asarray(cv2.createCLAHE(2.0, (4, 4)).apply(patch), np.uint8)


AS_IT_LIES = (0,)
RELEASED = Variant("as released")
VARIANTS = (
    RELEASED,
    Variant("the whole region, nothing centred", whole=True),
    Variant("stage brought to one level", light=_levelled),
    Variant("histogram equalised", light=_equalised),
    Variant("local contrast (CLAHE)", light=_local),
    Variant("not turned at all", learnt=AS_IT_LIES, judged=AS_IT_LIES),
    Variant("turned in judging alone", learnt=AS_IT_LIES),
    Variant("turned in learning alone", judged=AS_IT_LIES),
    Variant("mirrored in learning", mirrored=True),
)


def ablate(
    data: DataSet, backbone: bytes, photographs: Sequence[int], tick: Tick
) -> Iterator[tuple[str, Mapping[int, float]]]:
    """Of each variant the accuracy with so many photographs a part number (0 is all)."""
    found = look(data, data.of("train"), tick)
    for variant in VARIANTS:
        if variant.whole and found.preparation.is_whole:
            continue
        examples = _prepared(data, found, variant)
        features = _see(backbone, examples, variant, tick)
        yield variant.name, {each: accuracy(features, examples, variant, each) for each in photographs}


def accuracy(features: Features, examples: Examples, variant: Variant, photographs: int) -> float:
    """Share of the examples told rightly by heads that have learnt from other groups, or a few photographs of them."""
    right = judged = 0
    part_numbers = len(np.unique(examples.labels))
    for learnt, held in sides(folds(examples.pictures), examples.labels):
        for seed in SEEDS if photographs else range(1):
            chosen = choose(examples, learnt, photographs, seed)
            head = fit(_learnt(features[chosen], variant), examples.labels[chosen], part_numbers)
            told = head.sums(features[held][:, variant.judged]).argmax(axis=1)
            right += int(np.sum(told == examples.labels[held]))
            judged += len(held)
    return right / judged


def choose(examples: Examples, learnt: np.ndarray, photographs: int, seed: int) -> np.ndarray:
    """Of the indices of examples so many photographs a part number, spread over its groups; 0 is all."""
    if not photographs:
        return learnt
    chosen = set(few([examples.pictures[index] for index in learnt], photographs, seed))
    return np.array([index for index in learnt if examples.pictures[index] in chosen])


def _learnt(features: Features, variant: Variant) -> Features:
    plain = features[:, variant.learnt]
    return np.concatenate([plain, features[:, views.LEARNT :]], axis=1) if variant.mirrored else plain


def _prepared(data: DataSet, found: Found, variant: Variant) -> Examples:
    examples = take(data, replace(found, preparation=Preparation(WHOLE)) if variant.whole else found)
    if variant.light is None:
        return examples
    return replace(examples, patches=np.stack([variant.light(patch) for patch in examples.patches]))


def _see(backbone: bytes, examples: Examples, variant: Variant, tick: Tick) -> Features:
    """What the backbone sees, n × views × d; where mirror images are learnt, these after the others."""
    runner, seen = Backbone(backbone), []
    for done, patch in enumerate(examples.patches, 1):
        shown = views.learnt(patch)
        if variant.mirrored:
            shown += views.learnt(np.ascontiguousarray(patch[:, ::-1]))
        seen.append(runner.see(shown))
        tick(variant.name, done, len(examples.patches))
    return np.stack(seen)
