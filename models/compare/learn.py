"""One network learns what the others learn: the same photographs, copied by the same augmentation.

from scratch        copies of the photographs, for so many epochs
pretrained, frozen  what it sees in twelve views of each; a linear head learns that
HOG                 the gradients of copies; logistic regression learns them
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from models import backbone, small, transfer
from models.bound import Vectors
from models.classifier import Classifier, Judge, ViewsClassifier
from models.compare import known
from models.compare.hog import Hog
from models.compare.outcome import PRETRAINED, Settings, Task
from models.dataset import DataSet
from models.examples import Examples, Found, Tick
from models.examples import take as examples_of
from models.head import pack
from models.network import BATCH, EMBEDDING, NETWORKS, network
from models.network import embedded as with_components
from models.plan import Plan
from models.preprocess import Gray
from models.quantize import quantize, unit
from models.samples import Samples, take
from models.train import RANGES, repeatable
from models.trust import Asked

COPIES = 1024  # that HOG learns, at the least


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A network that has learnt.

    references  known examples: part number → n × d embeddings of length 1
    size        bytes, as int8; None where there is no such file
    """

    judge: Judge
    references: Mapping[str, Vectors]
    parameters: int
    size: int | None


def learn(task: Task, settings: Settings, data: DataSet, found: Found, weights: Path | None, tick: Tick) -> Learnt:
    """Let the task's network learn the pictures that were found.

    weights  where it was learnt by others

    Raises DataSetError when the pictures have too few groups, WeightsError when the weights are those of another.
    """
    repeatable(settings.seed)
    plan = Plan("", task.network, max(1, task.epochs), settings.seed, settings.augmentation)
    if weights:
        return _frozen(pretrained(task.network, weights), examples_of(data, found), data.part_numbers, tick)
    samples = take(data, found.preparation, found.findings)
    if task.network == "hog":
        return _hog(samples, plan, data.part_numbers, tick)
    return _from_scratch(samples, plan, data.part_numbers, tick)


def paper_int8(part_numbers: tuple[str, ...]) -> Classifier:
    """The paper's network as int8, untaught: how long it takes does not depend on what it has learnt."""
    model = network(len(part_numbers))
    patches = np.random.default_rng(0).integers(0, 256, (EMBEDDING, *model.input.shape[1:3]), np.uint8)
    return Classifier(quantize(with_components(model, unit(patches)), _some(patches)), part_numbers)


def pretrained(name: str, weights: Path) -> keras.Model:
    """A network that others have learnt, patches to {"middle", "late"}. Raises WeightsError when they are another's."""
    return backbone.backbone(weights) if name == PRETRAINED else known.frozen(name, weights)


def _frozen(model: keras.Model, examples: Examples, part_numbers: tuple[str, ...], tick: Tick) -> Learnt:
    tick("shrinking to int8", 0, 1)
    runs = quantize(model, _some(examples.patches))
    taught = transfer.learn(transfer.see(runs, examples, tick), examples, part_numbers, Asked())
    judge = ViewsClassifier(runs, taught.head, part_numbers)
    parameters = model.count_params() + taught.head.weights.size + taught.head.bias.size
    return Learnt(judge, taught.references, parameters, len(runs) + len(pack(taught.head)))


def _from_scratch(samples: Samples, plan: Plan, part_numbers: tuple[str, ...], tick: Tick) -> Learnt:
    if plan.network in NETWORKS:
        patches = samples.patches(small.COMPONENTS)
        learnt = small.learn(samples, len(part_numbers), plan.network, plan, tick)
        model = with_components(learnt, unit(patches))
    else:
        patches = samples.patches(RANGES)
        untaught = known.untaught(plan.network, len(part_numbers), samples.size)
        model = known.embedded(small.fit(untaught, samples, plan, tick))
    tick("shrinking to int8", 0, 1)
    file = quantize(model, _some(patches))
    judge = Classifier(file, part_numbers)
    return Learnt(judge, small.references(judge, samples), model.count_params(), len(file))


def _hog(samples: Samples, plan: Plan, part_numbers: tuple[str, ...], tick: Tick) -> Learnt:
    batches = -(-max(COPIES, len(samples.labels)) // BATCH)
    patches: list[Gray] = []
    labels: list[int] = []
    for done, (copies, own) in enumerate(small.copies(samples, batches, plan), 1):
        patches += [*copies]
        labels += own.tolist()
        tick("copying", done, batches)
    judge = Hog(patches, np.array(labels, np.intp), part_numbers)
    return Learnt(judge, small.references(judge, samples), judge.parameters, None)


def _some(patches: Gray) -> Gray:
    """Evenly out of all, as many as set the ranges of int8."""
    return patches[:: -(-len(patches) // RANGES)]
