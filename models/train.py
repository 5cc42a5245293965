"""One training run: a data set in, a bundle out. Seeded, and the same again on the same kind of machine."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models import card
from models.augment import AUGMENTATIONS, WIDER, augment, turn
from models.bundle import EXPECTED, MODEL, REFERENCES, Bundle, pack
from models.classifier import Classifier
from models.dataset import DataSet, DataSetError, Picture, hold_back, too_small
from models.evaluate import figures, judge_all
from models.network import BATCH, DENSE, EMBEDDING, EPOCHS, LEARNING_RATE, embedded, network
from models.preprocess import Finding, Gray, Preparation, cut, find
from models.quantize import quantize, unit
from models.trust import Vectors, choose

HELD_BACK = 0.2  # of the training groups; thresholds are chosen on them
EPOCH = 768  # pictures at the least: where there are fewer, each is seen several times, every time as another copy
ROOM = 1.15  # the window is so much wider than the largest part
LARGEST = 0.99  # of the parts are no larger than that; the rest is clutter joined to a part
TURNS = tuple(range(0, 360, 45))  # degrees; the known examples lie at any angle
REFERENCES_EACH = 500  # a part number, at the most
COMPONENTS = 1024  # patches, the least, from which the embedding is made
RANGES = 4  # every fourth of them sets the ranges of the int8 network
SELF_TESTS = 4  # pictures a part number
THREADS = 2  # whatever the machine has: sums depend on how they are shared out

Tick = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is told, beside its data."""

    name: str
    epochs: int = EPOCHS
    seed: int = 0
    augmentation: str = "stage"


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Parts that were found: `wides` (n × side × side) are cut `WIDER` than the network sees, to be turned."""

    wides: Gray
    labels: NDArray[np.intp]
    whole: NDArray[np.bool_]


def train(data: DataSet, plan: Plan, tick: Tick) -> tuple[str, dict[str, bytes]]:
    """Learn, shrink to int8, choose thresholds on the groups held back; returns the card and the other files.

    Raises DataSetError when the parts are not found in the pictures.
    """
    _repeatable(plan.seed)
    found = _find(data, tick)
    learnt, held = _hold_back(found, plan.seed)
    preparation = Preparation(_window(found.values()))
    samples = _cut(data, preparation, {picture: found[picture] for picture in learnt})
    model = _fit(samples, len(data.part_numbers), preparation.size, plan, tick)
    tick("Shrinking the network to int8", 0, 1)
    patches = _some(samples, preparation.size)
    files = {MODEL: quantize(embedded(model, unit(patches)), patches[::RANGES])}
    classifier = Classifier(files[MODEL], data.part_numbers)
    references = _references(classifier, samples, data.part_numbers, preparation.size)
    files |= {REFERENCES: pack(references), **_self_tests(classifier, samples, preparation.size)}
    tick("Choosing the thresholds", 0, 1)
    held_samples = _cut(data, preparation, {picture: found[picture] for picture in held})
    thresholds, limits = choose(*_judged(classifier, held_samples, preparation.size), references)
    told = {
        "name": plan.name,
        "part_numbers": list(data.part_numbers),
        "made_by": _command(data, plan),
        "preparation": asdict(preparation),
        "score_thresholds": thresholds,
        "distance_limits": limits,
        "parameters": _parameters(plan),
        "data": _described(data, learnt, held, found),
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


def _hold_back(found: Mapping[Picture, Finding], seed: int) -> tuple[list[Picture], list[Picture]]:
    """Whole parts alone are held back, as the line judges no others; of the other groups all is learnt."""
    whole = [picture for picture, finding in found.items() if _is_whole(finding)]
    _, held = hold_back(whole, HELD_BACK, seed)
    kept = {picture.part_number for picture in whole} - {picture.part_number for picture in held}
    mistakes = [*too_small(whole)]
    mistakes += [f"no group of {part} can be held back; take its pictures in more groups" for part in sorted(kept)]
    if mistakes:
        raise DataSetError([f"of the pictures that show one whole part: {mistake}" for mistake in mistakes])
    groups = {picture.group for picture in held}
    return [picture for picture in found if picture.group not in groups], held


def _is_whole(finding: Finding) -> bool:
    return finding.count == 1 and not finding.touches_edge


def _window(findings: Iterable[Finding]) -> int:
    """Wide enough for the largest part and some room, in pixels."""
    longest = [max(finding.extent) for finding in findings]
    return 2 * round(ROOM * float(np.quantile(longest, LARGEST)) / 2)


def _cut(data: DataSet, preparation: Preparation, found: Mapping[Picture, Finding]) -> Samples:
    wider = Preparation(round(WIDER * preparation.window), round(WIDER * preparation.size))
    return Samples(
        np.stack([cut(data.read(picture), finding.centre, wider) for picture, finding in found.items()]),
        np.array([data.part_numbers.index(picture.part_number) for picture in found]),
        np.array([_is_whole(finding) for finding in found.values()]),
    )


def _fit(samples: Samples, part_numbers: int, size: int, plan: Plan, tick: Tick) -> keras.Model:
    model = network(part_numbers, size)
    rng = np.random.default_rng(plan.seed)
    per_epoch = -(-max(EPOCH, len(samples.labels)) // BATCH)
    for done, chosen in enumerate(_batches(len(samples.labels), plan.epochs * per_epoch, rng), 1):
        copies = [augment(samples.wides[index], AUGMENTATIONS[plan.augmentation], size, rng) for index in chosen]
        model.train_on_batch(unit(np.stack(copies)), samples.labels[chosen][:, None])
        tick("Learning", done, plan.epochs * per_epoch)
    return model


def _batches(pictures: int, batches: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Indices of pictures, `BATCH` at a time: all are shown, in another order, before any is shown again."""
    rounds = -(-batches * BATCH // pictures)
    order = np.concatenate([rng.permutation(pictures) for _ in range(rounds)])
    return (order[batch * BATCH : (batch + 1) * BATCH] for batch in range(batches))


def _some(samples: Samples, size: int) -> Gray:
    """Patches of all samples, again and again until there are enough, every time turned by another angle."""
    each = len(samples.labels)
    told = (divmod(n, each) for n in range(max(COMPONENTS, each)))
    return np.stack([turn(samples.wides[n], TURNS[(n + again) % len(TURNS)], size) for again, n in told])


def _references(
    classifier: Classifier, samples: Samples, part_numbers: tuple[str, ...], size: int
) -> dict[str, Vectors]:
    _, embeddings, labels = _judged(classifier, samples, size)
    known = {part: embeddings[labels == index] for index, part in enumerate(part_numbers)}
    return {part: each[:: -(-len(each) // REFERENCES_EACH)] for part, each in known.items()}


def _judged(classifier: Classifier, samples: Samples, size: int) -> tuple[Vectors, Vectors, NDArray[np.intp]]:
    """Scores (n × part numbers), embeddings (n × d) and labels (n) of all whole parts, each turned by every angle."""
    whole = np.flatnonzero(samples.whole)
    told = [classifier.classify(turn(samples.wides[index], angle, size)) for angle in TURNS for index in whole]
    labels = np.tile(samples.labels[whole], len(TURNS))
    return np.stack([each.scores for each in told]), np.stack([each.embedding for each in told]), labels


def _self_tests(classifier: Classifier, samples: Samples, size: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    expected: dict[str, list[int]] = {}
    for label in np.unique(samples.labels):
        for index in np.flatnonzero(samples.labels == label)[:SELF_TESTS]:
            patch = turn(samples.wides[index], 0, size)
            name = f"selftest/{len(files):02}.png"
            files[name] = cv2.imencode(".png", patch)[1].tobytes()
            expected[name] = classifier.steps(patch).together().tolist()
    return files | {EXPECTED: json.dumps(expected).encode()}


def _command(data: DataSet, plan: Plan) -> str:
    """What gives this bundle again, from the folder that holds the data set."""
    options = f"--name {plan.name} --epochs {plan.epochs} --seed {plan.seed} --augmentation {plan.augmentation}"
    return f"python -m models train {data.folder.resolve().name} --out BUNDLE {options}"


def _parameters(plan: Plan) -> dict[str, Any]:
    told = {"epochs": plan.epochs, "seed": plan.seed, "augmentation": plan.augmentation, "pictures_an_epoch": EPOCH}
    numbers = {"batch": BATCH, "learning_rate": LEARNING_RATE, "dense": DENSE, "embedding": EMBEDDING}
    return told | numbers | asdict(AUGMENTATIONS[plan.augmentation])


def _versions() -> dict[str, str]:
    libraries = {"tensorflow": tf, "keras": keras, "opencv": cv2, "numpy": np}
    versions = {name: library.__version__ for name, library in libraries.items()}
    return versions | {"ai-edge-litert": version("ai-edge-litert"), "machine": platform.machine()}


def _described(
    data: DataSet, learnt: list[Picture], held: list[Picture], found: Mapping[Picture, Finding]
) -> dict[str, Any]:
    return {
        "folder": data.folder.resolve().name,
        "sha256": data.sha256,
        "learnt": {part: sum(picture.part_number == part for picture in learnt) for part in data.part_numbers},
        "held_back": {part: sum(picture.part_number == part for picture in held) for part in data.part_numbers},
        "nothing_found": len(data.of("train")) - len(found),
        "held_back_groups": sorted({picture.group for picture in held}),
    }
