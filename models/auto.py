"""Which network a data set is best served by, chosen by cross-validation on the training pictures, group by group."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.examples import Examples, Tick
from models.folds import FOLDS, folds, sides
from models.plan import Plan
from models.quantize import unit
from models.samples import Samples
from models.small import learn


@dataclass(frozen=True, slots=True)
class Choice:
    """The network that was chosen, and why, in a sentence for the card."""

    network: str
    why: str


def choose(errors: int, judged: int, samples: Samples, examples: Examples, plan: Plan, tick: Tick) -> Choice:
    """The pretrained network, unless the fast one errs less by more than chance would have it.

    errors, judged  of the pretrained network, cross-fitted

    Of equals the pretrained one is better: it has seen other light and other places, and it learns anew in seconds.
    """
    told = f"the pretrained network took {errors} of {judged} pictures for another part number"
    if not _less(0, errors):
        return Choice("transfer", f"in cross-validation by groups {told}: no other can be surely better")
    others = cross_validated("fast", samples, examples, plan, tick, enough=errors)
    if _less(others, errors):
        return Choice("fast", f"in cross-validation by groups {told}, the fast one {others}, which is surely better")
    least = "at least " if others >= errors else ""
    return Choice("transfer", f"in cross-validation by groups {told}, the fast one {least}{others}: not surely better")


def _less(fewer: int, more: int) -> bool:
    """Whether a count is lower than another by more than the standard error of their difference."""
    return bool(more - fewer > np.sqrt(more + fewer))


def cross_validated(name: str, samples: Samples, examples: Examples, plan: Plan, tick: Tick, enough: int) -> int:
    """How many pictures a small network takes for another part number when it has learnt from other groups alone.

    enough  as soon as there are so many, the folds that are left are not tried: each takes half a minute
    """
    errors, labels = 0, samples.labels
    for number, (learnt, held) in enumerate(sides(folds(examples.pictures), labels), 1):

        def counted(_what: str, done: int, total: int, number: int = number) -> None:
            tick(f"Trying the {name} network, {number} of {FOLDS}", done, total)

        model = learn(samples.of(learnt), len(np.unique(labels)), name, replace(plan, seed=plan.seed + number), counted)
        patches = np.stack([samples.turned(index, 0) for index in held])
        scores = model.predict(unit(patches), verbose=0)
        predicted = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0.5
        errors += int(np.sum(predicted != labels[held]))
        if errors >= enough:
            break
    return errors
