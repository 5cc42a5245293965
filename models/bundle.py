"""A bundle: one released network, and everything that is needed to run it and to answer for it.

    card.toml         what it is, how it was made, its held-out figures, and the SHA-256 of every other file
    model.tflite      the network, int8
    references.npz    known examples: part number → embeddings, float32, of length 1
    selftest/         a few patches (NN.png), and in expected.json what the network said of them at release

The SHA-256 of card.toml names the bundle, since the card names all else.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.classifier import Classifier
from models.preprocess import Gray, Preparation
from models.trust import Vectors

CARD, MODEL, REFERENCES, EXPECTED = "card.toml", "model.tflite", "references.npz", "selftest/expected.json"
TOLERANCE = 1  # output steps of 1/256: builtin kernels and XNNPACK differ by that much on a few pictures


class BundleError(ValueError):
    """The bundle cannot be used; the message is one plain sentence that names the mend."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle that was read, and whose files are those that the card names.

    name              of the release
    sha256            of card.toml, hexadecimal
    part_numbers      in the order of the network's scores
    preparation       how a picture becomes a patch
    references        part number → embeddings of known examples, n × d float32, each of length 1
    score_thresholds  part number → least probability with which the network must name it
    distance_limits   part number → how far an embedding may lie from the references
    card              the whole card
    files             file name → bytes
    """

    name: str
    sha256: str
    part_numbers: tuple[str, ...]
    preparation: Preparation
    references: Mapping[str, Vectors]
    score_thresholds: Mapping[str, float]
    distance_limits: Mapping[str, float]
    card: Mapping[str, Any]
    files: Mapping[str, bytes]

    @classmethod
    def load(cls, folder: Path) -> Bundle:
        """Read a bundle and check every hash. Raises BundleError."""
        try:
            content = (folder / CARD).read_bytes()
            card = tomllib.loads(content.decode())
            files = {name: _checked(folder, name, sha256) for name, sha256 in card["files"].items()}
            parts = tuple(card["part_numbers"])
            with np.load(io.BytesIO(files[REFERENCES])) as references:
                known = {part: np.asarray(references[part], np.float32) for part in parts}
            return cls(
                name=card["name"],
                sha256=hashlib.sha256(content).hexdigest(),
                part_numbers=parts,
                preparation=Preparation(**card["preparation"]),
                references=known,
                score_thresholds={part: float(card["score_thresholds"][part]) for part in parts},
                distance_limits={part: float(card["distance_limits"][part]) for part in parts},
                card=card,
                files=files,
            )
        except OSError as trouble:
            raise BundleError(f"{folder} is no bundle: {trouble.strerror or trouble}; name the folder") from trouble
        except (KeyError, TypeError, UnicodeDecodeError, tomllib.TOMLDecodeError, zipfile.BadZipFile) as trouble:
            raise BundleError(f"{folder / CARD} is not a bundle's card ({trouble}); copy the bundle again") from trouble

    def classifier(self) -> Classifier:
        """A classifier of its own, for one thread. Raises BundleError when the network does not fit the card."""
        try:
            return Classifier(self.files[MODEL], self.part_numbers)
        except (ValueError, KeyError) as trouble:
            raise BundleError(f"the network of bundle {self.name} does not fit its card: {trouble}") from trouble

    def self_test(self) -> None:
        """Judge the self-test pictures again. Raises BundleError when an output is not what it was at release."""
        classifier = self.classifier()
        for name, expected in json.loads(self.files[EXPECTED]).items():
            steps = classifier.steps(decode(self.files[name]))
            difference = np.abs(steps.together().astype(int) - expected).max()
            if difference > TOLERANCE:
                raise BundleError(
                    f"the network of bundle {self.name} gives another answer to {name} than at its release "
                    f"(by {difference} steps of 256): run it with the versions that its card names"
                )


def save(folder: Path, card: str, files: Mapping[str, bytes]) -> None:
    """Write a bundle, whole or not at all: beside its place first, flushed to disk, then renamed.

    Raises FileExistsError when something other than a bundle is in its place.
    """
    if folder.exists() and not (folder / CARD).is_file() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is there already and is no bundle; name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        for name, content in {**files, CARD: card.encode()}.items():
            _write(beside / name, content)
        beside.chmod(0o755)
        _replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def decode(png: bytes) -> Gray:
    """A patch out of its PNG."""
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def _checked(folder: Path, name: str, sha256: str) -> bytes:
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BundleError(f"{folder / name} is not the file that was released; copy the bundle again")
    return content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(new: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one, which is out of the way for two renames and then gone."""
    old = new.with_name(new.name + "-old")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    parent = os.open(folder.parent, os.O_RDONLY)
    os.fsync(parent)
    os.close(parent)
