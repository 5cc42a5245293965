"""A bundle: one released network, and everything that is needed to run it and to answer for it.

    card.toml         what it is, how it was made, its held-out figures, and the SHA-256 of every other file
    model.tflite      the network, int8
    head.npz          where the network is a pretrained backbone: what it learnt of these part numbers
    references.npz    known examples of each part number: embeddings, float32, of length 1
    known.npz         a small picture of each of them, for people; a bundle of before has none
    selftest/         a few patches (NN.png); expected.json, by part number: what the network said of them at release

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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models import head as heads
from models import known
from models.bound import Bound, Vectors
from models.classifier import Classifier, ViewsClassifier
from models.dataset import OTHER
from models.preprocess import Gray, Preparation

CARD, MODEL, HEAD, REFERENCES, KNOWN = "card.toml", "model.tflite", "head.npz", "references.npz", "known.npz"
EXPECTED = "selftest/expected.json"
TOLERANCE = 1  # output steps of 1/256: builtin kernels and XNNPACK differ by that much on a few pictures


# what a card or a file that was written by nobody of ours may raise
DAMAGES = (KeyError, TypeError, AttributeError, ValueError, EOFError, zipfile.BadZipFile)


class BundleError(ValueError):
    """The bundle cannot be used; the message is one plain sentence that names the mend."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle that was read, and whose files are those that the card names.

    name              of the release
    sha256            of card.toml, hexadecimal
    part_numbers      in the order of the network's scores
    preparation       how a picture becomes a patch
    names             the same, and after them `OTHER` where look-alikes were learnt
    references        name → embeddings of known examples, n × d float32, each of length 1
    score_thresholds  part number → least probability with which the network must name it
    distance_limits   part number → how far an embedding may lie from the references
    bounds            part number → what is known of the wrong parts that pass
    card              the whole card
    files             file name → bytes
    """

    name: str
    sha256: str
    part_numbers: tuple[str, ...]
    names: tuple[str, ...]
    preparation: Preparation
    references: Mapping[str, Vectors]
    score_thresholds: Mapping[str, float]
    distance_limits: Mapping[str, float]
    bounds: Mapping[str, Bound]
    card: Mapping[str, Any]
    files: Mapping[str, bytes]

    @classmethod
    def load(cls, folder: Path) -> Bundle:
        """Read a bundle and check every hash. Raises BundleError."""
        try:
            card = (folder / CARD).read_bytes()
            names = tomllib.loads(card.decode())["files"]
            return cls.of(card.decode(), {name: _checked(folder, name, sha256) for name, sha256 in names.items()})
        except OSError as trouble:
            raise BundleError(
                f"{folder} is not a whole bundle: {trouble.strerror or trouble}; copy it again, or name another"
            ) from trouble
        except BundleError:
            raise
        except DAMAGES as trouble:
            raise BundleError(f"{folder / CARD} is not a bundle's card ({trouble}); copy the bundle again") from trouble

    @classmethod
    def of(cls, card: str, files: Mapping[str, bytes]) -> Bundle:
        """A bundle out of its card and its other files. Raises one of DAMAGES when they do not make one."""
        told = tomllib.loads(card)
        if "bounds" not in told:
            raise BundleError(
                f"bundle {told['name']} is an older one, which bounds no escapes; train or teach it again"
            )
        parts = tuple(told["part_numbers"])
        names = (*parts, OTHER) if _learnt_others(told) else parts
        return cls(
            name=told["name"],
            sha256=hashlib.sha256(card.encode()).hexdigest(),
            part_numbers=parts,
            names=names,
            preparation=Preparation(**told["preparation"]),
            references=unpack(files[REFERENCES], names),
            score_thresholds={part: float(told["score_thresholds"][part]) for part in parts},
            distance_limits={part: float(told["distance_limits"][part]) for part in parts},
            bounds={part: Bound.of(told["bounds"][part]) for part in parts},
            card=told,
            files=files,
        )

    def classifier(self) -> Classifier | ViewsClassifier:
        """A classifier of its own, for one thread. Raises BundleError when the network does not fit the card."""
        try:
            classifier: Classifier | ViewsClassifier
            if HEAD in self.files:
                classifier = ViewsClassifier(self.files[MODEL], heads.unpack(self.files[HEAD]), self.names)
            else:
                classifier = Classifier(self.files[MODEL], self.part_numbers)
            if classifier.size != self.preparation.size:
                raise ValueError(f"it takes patches of {classifier.size} pixels, and not of {self.preparation.size}")
            return classifier
        except DAMAGES as trouble:
            raise BundleError(f"the network of bundle {self.name} does not fit its card: {trouble}") from trouble

    def pictures(self) -> dict[str, list[known.Small]] | None:
        """Part number → a small picture of each row of its references; None when the bundle keeps none.

        Raises BundleError when they are not those of the references.
        """
        if KNOWN not in self.files:
            return None
        with suppress(*DAMAGES, IndexError):
            pictures = known.unpack(self.files[KNOWN], self.names)
            if all(len(pictures[part]) == len(rows) for part, rows in self.references.items()):
                return pictures
        raise BundleError(f"the pictures of bundle {self.name} are not those of its known examples; release it again")

    def portraits(self) -> dict[str, bytes]:
        """Part number → PNG of one of its self-test patches, for people; nothing for one that has none."""
        with suppress(*DAMAGES):
            told = json.loads(self.files[EXPECTED])
            return {part: self.files[next(iter(told[part]))] for part in self.part_numbers if told.get(part)}
        return {}

    def self_test(self) -> None:
        """Judge the self-test pictures again.

        Raises BundleError when there is none of some part number, or when an output is not what it was at release.
        """
        try:
            expected = json.loads(self.files[EXPECTED])
            untested = [part for part in self.part_numbers if not expected.get(part)]
            if untested:
                raise BundleError(
                    f"bundle {self.name} has no self-test picture of {', '.join(untested)}; train or teach it again"
                )
            classifier = self.classifier()
            for part in self.part_numbers:
                for name, steps in expected[part].items():
                    self._test(classifier, name, steps)
        except BundleError:
            raise
        except DAMAGES as trouble:
            raise BundleError(
                f"the self-test of bundle {self.name} cannot be made ({trouble!r}); train or teach it again"
            ) from trouble

    def _test(self, classifier: Classifier | ViewsClassifier, name: str, expected: list[int]) -> None:
        steps = classifier.steps(_decode(self.files[name]))
        difference = np.abs(steps.together().astype(int) - expected).max()
        if not difference <= TOLERANCE:  # a NaN is no answer either
            raise BundleError(
                f"the network of bundle {self.name} gives another answer to {name} than at its release "
                f"(by {difference} steps of 256): run it with the versions that its card names"
            )


def make_room(folder: Path) -> None:
    """See to it that a bundle can be saved there. Raises OSError when it cannot."""
    if folder.exists() and not (folder / CARD).is_file() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is there already and is no bundle; name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    Path(tempfile.mkdtemp(dir=folder.parent)).rmdir()


def save(folder: Path, card: str, files: Mapping[str, bytes]) -> None:
    """Write a bundle, whole or not at all: beside its place first, flushed to disk, then renamed.

    Raises FileExistsError when something other than a bundle is in its place.
    """
    make_room(folder)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        for name, content in {**files, CARD: card.encode()}.items():
            _write(beside / name, content)
        beside.chmod(0o755)
        for named in {beside, *((beside / name).parent for name in files)}:
            _sync(named)
        _replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def pack(references: Mapping[str, Vectors]) -> bytes:
    """Known examples as a file: one array of embeddings, and beside it the index of each one's part number."""
    content = io.BytesIO()
    labels = np.repeat(np.arange(len(references)), [len(known) for known in references.values()])
    np.savez(content, embeddings=np.concatenate(list(references.values())), labels=labels.astype(np.int32))
    return content.getvalue()


def unpack(content: bytes, names: tuple[str, ...]) -> dict[str, Vectors]:
    """Known examples out of their file."""
    with np.load(io.BytesIO(content)) as file:
        embeddings, labels = np.asarray(file["embeddings"], np.float32), file["labels"]
    return {part: embeddings[labels == index] for index, part in enumerate(names)}


def _learnt_others(card: Mapping[str, Any]) -> bool:
    """Whether look-alikes were learnt; a card that says nothing of its data is refused by whoever asks for that."""
    data = card.get("data")
    learnt = data.get("learnt") if isinstance(data, Mapping) else None
    return isinstance(learnt, Mapping) and bool(learnt.get(OTHER))


def _decode(png: bytes) -> Gray:
    if not png:  # OpenCV's own error is none of DAMAGES
        raise ValueError("a picture is empty")
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def _checked(folder: Path, name: str, sha256: str) -> bytes:
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"{folder} names files outside its own folder; take a bundle that you know")
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
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
