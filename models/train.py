"""One training run: a data set in, a bundle out. Seeded, and the same again on the same kind of machine."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models import card
from models.augment import AUGMENTATIONS, augment
from models.bundle import EXPECTED, MODEL, REFERENCES, Bundle, pack
from models.classifier import Classifier
from models.dataset import DataSet, Picture
from models.evaluate import figures, judge_all
from models.network import BATCH, DENSE, EMBEDDING, EPOCHS, LEARNING_RATE, embedded, network
from models.preprocess import Finding, Preparation, find
from models.quantize import quantize, unit
from models.samples import Samples, part_groups, take, window
from models.trust import Vectors, choose

EPOCH = 768  # pictures at the least: where there are fewer, each is seen several times, every time as another copy
COMPONENTS = 1024  # patches, the least, from which the embedding is made
RANGES = 4  # every fourth of them sets the ranges of the int8 network
REFERENCES_EACH = 500  # a part number, at the most
SELF_TESTS = 4  # pictures a part number
THREADS = 2  # whatever the machine has: sums depend on how they are shared out

Tick = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is told, beside its data; `data_made_by` is the command that made the data set, if one did."""

    name: str
    epochs: int = EPOCHS
    seed: int = 0
    augmentation: str = "stage"
    data_made_by: str = ""


def train(data: DataSet, plan: Plan, tick: Tick) -> tuple[str, dict[str, bytes]]:
    """Learn, shrink to int8, choose thresholds on the groups held back; returns the card and the other files.

    Raises DataSetError when whole parts are found in too few of the pictures.
    """
    _repeatable(plan.seed)
    found = _find(data, tick)
    learnt, held = part_groups(found, plan.seed)
    preparation = Preparation(window(found.values()))
    samples = take(data, preparation, {picture: found[picture] for picture in learnt})
    model = _fit(samples, len(data.part_numbers), plan, tick)
    tick("Shrinking the network to int8", 0, 1)
    files = {MODEL: _shrink(model, samples)}
    classifier = Classifier(files[MODEL], data.part_numbers)
    references = _references(classifier, samples)
    files |= {REFERENCES: pack(references), **_self_tests(classifier, samples)}
    tick("Choosing the thresholds", 0, 1)
    unseen = take(data, preparation, {picture: found[picture] for picture in held})
    thresholds, limits = choose(*unseen.judged(classifier), references)
    told = {
        "name": plan.name,
        "part_numbers": list(data.part_numbers),
        "made_by": _command(data, plan),
        "preparation": asdict(preparation),
        "score_thresholds": thresholds,
        "distance_limits": limits,
        "parameters": _parameters(plan),
        "data": _described(data, plan, learnt, held, found),
        "made_with": _versions(),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    judgements = [*judge_all(Bundle.of(card.dumps(told), files), data, held)]
    told["held_back"] = figures(judgements, data.part_numbers)
    return card.dumps(told), files


def _repeatable(seed: int) -> None:
    keras.backend.clear_session()  # else layers get other names the second time, and the file other bytes
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _find(data: DataSet, tick: Tick) -> dict[Picture, Finding]:
    """The training pictures in which a part was found: where nothing is seen, nothing can be learnt."""
    pictures, found = data.of("train"), {}
    for done, picture in enumerate(pictures, 1):
        finding = find(data.read(picture))
        if finding.found:
            found[picture] = finding
        tick("Finding the parts", done, len(pictures))
    return found


def _fit(samples: Samples, part_numbers: int, plan: Plan, tick: Tick) -> keras.Model:
    model = network(part_numbers, samples.size)
    rng = np.random.default_rng(plan.seed)
    per_epoch = -(-max(EPOCH, len(samples.labels)) // BATCH)
    ranges = AUGMENTATIONS[plan.augmentation]
    for done, chosen in enumerate(_batches(len(samples.labels), plan.epochs * per_epoch, rng), 1):
        copies = [augment(samples.wides[index], ranges, samples.size, rng) for index in chosen]
        model.train_on_batch(unit(np.stack(copies)), samples.labels[chosen][:, None])
        tick("Learning", done, plan.epochs * per_epoch)
    return model


def _batches(pictures: int, batches: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Indices of pictures, `BATCH` at a time: all are shown, in another order, before any is shown again."""
    rounds = -(-batches * BATCH // pictures)
    order = np.concatenate([rng.permutation(pictures) for _ in range(rounds)])
    return (order[batch * BATCH : (batch + 1) * BATCH] for batch in range(batches))


def _shrink(model: keras.Model, samples: Samples) -> bytes:
    patches = samples.patches(COMPONENTS)
    return quantize(embedded(model, unit(patches)), patches[::RANGES])


def _references(classifier: Classifier, samples: Samples) -> dict[str, Vectors]:
    _, embeddings, labels = samples.judged(classifier)
    known = {part: embeddings[labels == index] for index, part in enumerate(classifier.part_numbers)}
    return {part: each[:: -(-len(each) // REFERENCES_EACH)] for part, each in known.items()}


def _self_tests(classifier: Classifier, samples: Samples) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    expected: dict[str, list[int]] = {}
    for label in np.unique(samples.labels):
        for index in np.flatnonzero(samples.labels == label)[:SELF_TESTS]:
            patch = samples.turned(index, 0)
            name = f"selftest/{len(files):02}.png"
            files[name] = cv2.imencode(".png", patch)[1].tobytes()
            expected[name] = classifier.steps(patch).together().tolist()
    return files | {EXPECTED: json.dumps(expected).encode()}


def _command(data: DataSet, plan: Plan) -> str:
    """What gives this bundle again, from the folder that holds the data set."""
    options = f"--name {plan.name} --epochs {plan.epochs} --seed {plan.seed} --augmentation {plan.augmentation}"
    made_by = f" --data-made-by {shlex.quote(plan.data_made_by)}" if plan.data_made_by else ""
    return f"python -m models train {data.folder.resolve().name} --out BUNDLE {options}{made_by}"


def _parameters(plan: Plan) -> dict[str, Any]:
    told = {"epochs": plan.epochs, "seed": plan.seed, "augmentation": plan.augmentation, "pictures_an_epoch": EPOCH}
    numbers = {"batch": BATCH, "learning_rate": LEARNING_RATE, "dense": DENSE, "embedding": EMBEDDING}
    return told | numbers | asdict(AUGMENTATIONS[plan.augmentation])


def _versions() -> dict[str, str]:
    libraries = {"tensorflow": tf, "keras": keras, "opencv": cv2, "numpy": np}
    versions = {name: library.__version__ for name, library in libraries.items()}
    return versions | {"ai-edge-litert": version("ai-edge-litert"), "machine": platform.machine()}


def _described(
    data: DataSet, plan: Plan, learnt: Sequence[Picture], held: Sequence[Picture], found: Mapping[Picture, Finding]
) -> dict[str, Any]:
    return {
        "folder": data.folder.resolve().name,
        "made_by": plan.data_made_by,
        "sha256": data.sha256,
        "learnt": {part: sum(picture.part_number == part for picture in learnt) for part in data.part_numbers},
        "held_back": {part: sum(picture.part_number == part for picture in held) for part in data.part_numbers},
        "nothing_found": len(data.of("train")) - len(found),
        "held_back_groups": sorted({picture.group for picture in held}),
    }
