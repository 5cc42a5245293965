"""Whether it pays to let the pretrained backbone's later blocks learn too: frozen against fine-tuned, in float32.

On the training pictures alone, by cross-validation: both are judged by the same head, learnt from the same photographs
of other groups. Rows of the split `unused` show parts that are never learnt: how far they lie from the known ones, and
how unsure the head is of them. What comes before the blocks that learn is looked at once, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from models import views
from models.ablation import choose
from models.backbone import backbone
from models.dataset import DataSet, DataSetError
from models.evaluate import auroc
from models.examples import Examples, Found, Tick, look, take
from models.folds import folds, sides
from models.head import Features, Labels, fit
from models.preprocess import Gray, cut, find
from models.quantize import unit
from models.trust import distances

FIRST = 8  # of the blocks that learn: the one that follows is the first whose output the head sees
FOLDS = 3  # each of them is learnt anew
RATE, BATCH = 1e-4, 32
EPOCHS, VIEWS = 6, 8000  # so often each view, and so many views in all, at the most
UNKNOWN = 100  # pictures, at the most
AT_ONCE = 48

Maps = NDArray[np.float16]
_Fold = tuple[NDArray[np.bool_], float | None, float | None]  # which are right; AUROC of the distance, of the sum


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a backbone: how many held-back pictures are told rightly, and how well unknown parts are told from them.

    far, unsure  AUROC of the distance, and of the largest sum; None where the data set has no unknown parts
    """

    right: int
    far: float | None
    unsure: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Frozen against fine-tuned, on so many held-back pictures.

    gained, lost  pictures that the fine-tuned one alone tells rightly, and those that the frozen one alone does
    """

    pictures: int
    frozen: Measured
    tuned: Measured
    gained: int
    lost: int

    def lines(self) -> Iterator[str]:
        """The figures for people."""
        for name, each in (("frozen", self.frozen), ("fine-tuned", self.tuned)):
            apart = "" if each.far is None else f"; unknown parts apart by distance {each.far:.3f}"
            apart += "" if each.unsure is None else f", by score {each.unsure:.3f}"
            yield f"{name:11} {each.right / self.pictures:.1%} of {self.pictures} told rightly{apart}"
        yield f"{self.gained} gained, {self.lost} lost"


class Backbone:
    """The backbone in float32, in two halves, of which the later one can learn and forget again."""

    def __init__(self, weights: Path) -> None:
        whole = backbone(weights)
        between = whole.get_layer(f"block{FIRST - 1}").output
        self._early, self._late = keras.Model(whole.input, between), keras.Model(between, whole.outputs)
        for layer in self._late.layers:  # the averages over rings stay averages
            layer.trainable = not isinstance(layer, layers.DepthwiseConv2D) or layer.use_bias
        self._as_it_came = self._late.get_weights()

    def early(self, shown: Sequence[Gray]) -> Maps:
        """What the early half sees in n patches, size×size uint8."""
        return np.asarray(self._early.predict(unit(np.stack(shown)), verbose=0), np.float16)

    def see(self, maps: Maps) -> Features:
        """What the late half makes of n × views maps: n × views × features."""
        flat = maps.reshape(-1, *maps.shape[2:])
        seen = np.concatenate(self._late.predict(flat, AT_ONCE, verbose=0), axis=-1)
        return np.asarray(seen.reshape(*maps.shape[:2], -1), np.float32)

    def learn(self, maps: Maps, labels: Labels, tick: Callable[[int, int], None]) -> None:
        """Learn from n × views maps, under a layer that begins as the head, and is thrown away."""
        n, each = maps.shape[:2]
        head = fit(self.see(maps), labels, len(set(labels)))
        d, k = head.weights.shape
        between = keras.Input(maps.shape[2:])
        seen = layers.Concatenate()(self._late(between))
        seen = layers.Normalization(mean=head.mean, variance=head.deviation**2 / d)(seen)
        told = layers.Dense(k, activation="softmax")
        model = keras.Model(between, told(seen))
        told.set_weights([head.weights / np.sqrt(d), head.bias])
        epochs = max(1, min(EPOCHS, VIEWS // (n * each)))
        steps = keras.optimizers.schedules.CosineDecay(RATE, epochs * -(-n * each // BATCH))
        model.compile(keras.optimizers.Adam(steps), "sparse_categorical_crossentropy")
        weight = np.repeat(n / (k * np.bincount(labels, minlength=k)[labels]), each)
        ticks = keras.callbacks.LambdaCallback(on_epoch_end=lambda done, _: tick(done + 1, epochs))
        flat = maps.reshape(-1, *maps.shape[2:])
        model.fit(flat, np.repeat(labels, each), BATCH, epochs, 0, [ticks], sample_weight=weight)

    def forget(self) -> None:
        """Be what it came as."""
        self._late.set_weights(self._as_it_came)


def compare(data: DataSet, weights: Path, photographs: Sequence[int], tick: Tick) -> Iterator[tuple[int, Pair]]:
    """With each number of photographs a part number (0 is all), frozen against fine-tuned.

    weights  of the pretrained backbone. Raises WeightsError when they are others
    """
    found = look(data, data.of("train"), tick)
    examples, strange = take(data, found), _unknown(data, found)
    runner = Backbone(weights)
    maps = np.stack([*_early(runner, examples.patches, tick)])
    unknown = np.stack([runner.early(views.judged(patch)) for patch in strange]) if strange else None
    for each in photographs:
        yield each, _pair(runner, maps, examples, unknown, each, tick)


def _early(runner: Backbone, patches: Gray, tick: Tick) -> Iterator[Maps]:
    for done, patch in enumerate(patches, 1):
        yield runner.early(views.learnt(patch))
        tick("Looking at the parts", done, len(patches))


def _unknown(data: DataSet, found: Found) -> list[Gray]:
    pictures = [picture for picture in data.of("unused") if picture.part_number not in data.names]
    try:
        grays = [data.read(picture) for picture in pictures[:: 1 + len(pictures) // UNKNOWN]]
    except ValueError as trouble:  # nobody has checked these
        raise DataSetError([str(trouble)]) from trouble
    return [cut(gray, find(gray).centre, found.preparation) for gray in grays]


def _pair(runner: Backbone, maps: Maps, examples: Examples, unknown: Maps | None, photographs: int, tick: Tick) -> Pair:
    frozen, tuned = [], []
    parts = sides(folds(examples.pictures, FOLDS), examples.labels)
    for number, (others, held) in enumerate(parts, 1):
        learnt = choose(examples, others, photographs, seed=0)
        sets = (maps[learnt], examples.labels[learnt], maps[held][:, views.JUDGED], examples.labels[held], unknown)

        def epoch(done: int, total: int, number: int = number) -> None:
            tick(f"Fine-tuning, {photographs or 'all'}, {number} of {FOLDS}", done, total)

        frozen.append(_judged(runner, *sets))
        runner.learn(*sets[:2], epoch)
        tuned.append(_judged(runner, *sets))
        runner.forget()
    was, now = (np.concatenate([right for right, _, _ in told]) for told in (frozen, tuned))
    return Pair(len(was), _measured(frozen), _measured(tuned), int(np.sum(now & ~was)), int(np.sum(was & ~now)))


def _judged(runner: Backbone, learnt: Maps, labels: Labels, held: Maps, actual: Labels, unknown: Maps | None) -> _Fold:
    """Learn a head; which of the held-back pictures it tells rightly, and how it parts unknown ones from them."""
    features, names = runner.see(learnt), len(set(labels))
    head = fit(features, labels, names)
    known = head.embedding(features[:, views.JUDGED])
    references = [known[labels == label] for label in range(names)]

    def told(maps: Maps) -> tuple[Labels, list[float], list[float]]:
        seen = runner.see(maps)
        sums, away = head.sums(seen), distances(head.embedding(seen), references)
        named = sums.argmax(axis=1)
        return named, away[np.arange(len(away)), named].tolist(), (-sums.max(axis=1)).tolist()

    named, far, unsure = told(held)
    if unknown is None:
        return named == actual, None, None
    _, farther, less_sure = told(unknown)
    return named == actual, auroc(far, farther), auroc(unsure, less_sure)


def _measured(folds: Sequence[_Fold]) -> Measured:
    right, far, unsure = zip(*folds, strict=True)
    return Measured(
        int(np.concatenate(right).sum()), *(None if None in each else float(np.mean(each)) for each in (far, unsure))
    )
