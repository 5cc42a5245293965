"""From a data set and a pretrained backbone to a bundle, in seconds and without the training library."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import cv2

from models import card, known
from models.bundle import EXPECTED, HEAD, KNOWN, MODEL, REFERENCES, pack
from models.classifier import Classifier, ViewsClassifier
from models.dataset import DataSet, DataSetError, Picture, too_small
from models.evaluate import figures
from models.examples import Examples, Found, Tick, look, take
from models.head import Features
from models.head import pack as pack_head
from models.preprocess import Preparation
from models.provenance import by_group, described, versions
from models.transfer import kept, learn, see
from models.trust import Asked

FEWEST_WHOLE = 3  # pictures a part number: some have to be held against thresholds, however few there are
SELF_TESTS = 4  # pictures a part number


def teach(
    data: DataSet,
    pictures: Sequence[Picture],
    backbone: bytes,
    told: Mapping[str, Any],
    tick: Tick,
    asked: Asked = Asked(),  # noqa: B008 - it is frozen
) -> tuple[str, dict[str, bytes]]:
    """Learn from these pictures of a data set; returns the card and the other files of a bundle.

    told   what the card says first: the name, what made it
    asked  what the thresholds are to show

    Raises DataSetError when too few of the pictures show one whole part.
    """
    found = gather(data, pictures, tick)
    examples = take(data, found)
    return bundle(data, found.preparation, examples, see(backbone, examples, tick), backbone, told, asked)


def gather(data: DataSet, pictures: Sequence[Picture], tick: Tick) -> Found:
    """What the line would see in the pictures. Raises DataSetError when too few of them show one whole part."""
    found = look(data, pictures, tick)
    seen = {picture.part_number for picture in found.whole}
    mistakes = [f"{part} has none; lay it in full view" for part in data.part_numbers if part not in seen]
    mistakes = mistakes or [*too_small(found.whole, FEWEST_WHOLE)]
    if mistakes:
        raise DataSetError([f"of the pictures that show one whole part: {mistake}" for mistake in mistakes])
    return found


def bundle(
    data: DataSet,
    preparation: Preparation,
    examples: Examples,
    features: Features,
    backbone: bytes,
    told: Mapping[str, Any],
    asked: Asked,
) -> tuple[str, dict[str, bytes]]:
    """Learn a head from what the backbone sees in the examples, and make a bundle of both."""
    taught = learn(features, examples, data.part_numbers, asked)
    rows = zip(data.names, kept(examples, len(data.names)), strict=True)
    files = {MODEL: backbone, HEAD: pack_head(taught.head), REFERENCES: pack(taught.references)}
    files[KNOWN] = known.pack({name: [*map(known.Small.of, examples.patches[own])] for name, own in rows})
    files |= self_tests(ViewsClassifier(backbone, taught.head, data.names), examples)
    content = {
        **told,
        "network": "transfer",
        "part_numbers": list(data.part_numbers),
        "preparation": asdict(preparation),
        **taught.thresholds.told(),
        "data": described(data, examples.pictures, taught.held.pictures),
        "made_with": {**told.get("made_with", {}), **versions()},
        "files": hashes(files),
        "held_back": figures(taught.judgements, data.part_numbers),
        "held_back_by_group": by_group(taught.held.pictures, taught.judgements),
    }
    return card.dumps(content), files


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """File name → SHA-256 of its content."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}


def self_tests(classifier: Classifier | ViewsClassifier, examples: Examples) -> dict[str, bytes]:
    """A few patches of each part number, and what the network says of them."""
    files: dict[str, bytes] = {}
    expected: dict[str, dict[str, list[int]]] = {part: {} for part in classifier.part_numbers}
    for label, part in enumerate(classifier.part_numbers):
        for patch in examples.of(examples.whole & (examples.labels == label)).patches[:SELF_TESTS]:
            name = f"selftest/{len(files):02}.png"
            files[name] = cv2.imencode(".png", patch)[1].tobytes()
            expected[part][name] = classifier.steps(patch).together().tolist()
    return files | {EXPECTED: json.dumps(expected).encode()}
