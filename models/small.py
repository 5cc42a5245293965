"""The small networks, learnt from scratch: the paper's and its faster equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.augment import AUGMENTATIONS, augment
from models.bound import Vectors
from models.classifier import Judge
from models.examples import Tick
from models.known import Small
from models.network import BATCH, DENSE, EMBEDDING, LEARNING_RATE, embedded, network, settle
from models.plan import Plan
from models.preprocess import Gray
from models.quantize import quantize, unit
from models.samples import TURNS, Samples

EPOCH = 768  # pictures at the least: where there are fewer, each is seen several times, every time as another copy
COMPONENTS = 1024  # patches, the least, from which the embedding is made
RANGES = 4  # every fourth of them sets the ranges of the int8 network
REFERENCES_EACH = 500  # a part number, at the most


def learn(samples: Samples, part_numbers: int, name: str, plan: Plan, tick: Tick) -> keras.Model:
    """A network of NETWORKS that has learnt the samples: patches to scores."""
    return fit(network(part_numbers, samples.size, name), samples, plan, tick)


def fit(model: keras.Model, samples: Samples, plan: Plan, tick: Tick) -> keras.Model:
    """Let a compiled network, patches to scores, learn the samples; returns the same network."""
    batches = plan.epochs * -(-max(EPOCH, len(samples.labels)) // BATCH)
    for done, (patches, labels) in enumerate(copies(samples, batches, plan), 1):
        model.train_on_batch(unit(patches), labels[:, None])
        tick("Learning", done, batches)
    settle(model)
    return model


def copies(samples: Samples, batches: int, plan: Plan) -> Iterator[tuple[Gray, NDArray[np.intp]]]:
    """What is learnt of the samples, `BATCH` at a time: copies, n × size × size uint8, and their n labels."""
    rng, ranges = np.random.default_rng(plan.seed), AUGMENTATIONS[plan.augmentation]
    for chosen in _batches(len(samples.labels), batches, rng):
        changed = [augment(samples.wides[index], ranges, samples.size, rng) for index in chosen]
        yield np.stack(changed), samples.labels[chosen]


def shrink(model: keras.Model, samples: Samples) -> bytes:
    """The network as int8, with an embedding as its second output."""
    patches = samples.patches(COMPONENTS)
    return quantize(embedded(model, unit(patches)), patches[::RANGES])


def references(classifier: Judge, samples: Samples) -> dict[str, Vectors]:
    """Known examples: part number → n × d embeddings of length 1."""
    _, embeddings, labels, _ = samples.judged(classifier)
    return {part: embeddings[_kept(labels, index)] for index, part in enumerate(classifier.part_numbers)}


def pictures(samples: Samples, part_numbers: Sequence[str]) -> dict[str, list[Small]]:
    """Small pictures of the known examples, row by row, by part number."""
    whole = np.flatnonzero(samples.whole).tolist()
    upright = {index: Small.of(samples.turned(index, 0)) for index in whole}
    every = [replace(upright[index], degrees=angle) for angle in TURNS for index in whole]
    labels = np.tile(samples.labels[whole], len(TURNS))
    return {part: [every[row] for row in _kept(labels, index)] for index, part in enumerate(part_numbers)}


def _kept(labels: NDArray[np.intp], index: int) -> NDArray[np.intp]:
    """Which of the judged samples stay known examples of a part number."""
    rows = np.flatnonzero(labels == index)
    return rows[:: -(-len(rows) // REFERENCES_EACH)]


def parameters(plan: Plan) -> dict[str, Any]:
    """What a card tells of how it was learnt."""
    told = {"epochs": plan.epochs, "seed": plan.seed, "augmentation": plan.augmentation, "pictures_an_epoch": EPOCH}
    numbers = {"batch": BATCH, "learning_rate": LEARNING_RATE, "dense": DENSE, "embedding": EMBEDDING}
    return told | numbers | asdict(AUGMENTATIONS[plan.augmentation])


def _batches(pictures: int, batches: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Indices of pictures, `BATCH` at a time: all are shown, in another order, before any is shown again."""
    rounds = -(-batches * BATCH // pictures)
    order = np.concatenate([rng.permutation(pictures) for _ in range(rounds)])
    return (order[batch * BATCH : (batch + 1) * BATCH] for batch in range(batches))
