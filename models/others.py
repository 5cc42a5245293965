"""Look-alikes that are known to lie about the shop: ten or twenty photographs of them teach what to refuse.

They are learnt under one name, `OTHER`, whatever they are; nobody can order it, and nothing passes as it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.dataset import OTHER, SUFFIXES, DataSet, DataSetError, Picture, read_picture
from models.folds import few


def with_others(data: DataSet, source: str, photographs: int = 0, seed: int = 0) -> DataSet:
    """The data set, and look-alikes among its training pictures.

    source       a folder of pictures; or a part number of the data set, whose rows of the split `unused` are taken
    photographs  at the most, by groups; 0 takes all

    Raises DataSetError, which names every mistake at once.
    """
    found = _in_folder(Path(source)) if Path(source).is_dir() else _unused(data, source)
    if not found:
        raise DataSetError([f"{source} has no look-alikes; name a folder of pictures, or a part number's unused rows"])
    chosen = few(found, photographs, seed) if photographs else found
    return replace(data, pictures=(*data.pictures, *chosen), sha256=_hash(data, chosen))


def _in_folder(folder: Path) -> list[Picture]:
    """Every picture is a group of its own, but copies of one picture are one group."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    contents = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return [Picture(str(path.resolve()), OTHER, f"{OTHER} {contents[path][:16]}", "train") for path in paths]


def _unused(data: DataSet, part_number: str) -> list[Picture]:
    rows = [picture for picture in data.of("unused") if picture.part_number == part_number]
    if rows and part_number in data.part_numbers:
        raise DataSetError([f"{part_number} is learnt as a part number; it cannot be a look-alike too"])
    return [replace(picture, part_number=OTHER, split="train") for picture in rows]


def _hash(data: DataSet, others: Sequence[Picture]) -> str:
    """Over the data set and the look-alikes' content. Raises DataSetError for what is no picture, or of two kinds."""
    known = {_content(data, picture): picture.file for picture in data.of("train", "test", "unknown")}
    mistakes, contents = [], []
    for picture in others:
        try:
            read_picture(data.folder / picture.file)
            contents.append(content := _content(data, picture))
        except ValueError as trouble:
            mistakes.append(str(trouble))
            continue
        except OSError as trouble:
            mistakes.append(f"{picture.file} cannot be read ({trouble.strerror}); take it out of the look-alikes")
            continue
        if content in known:
            mistakes.append(f"{picture.file} is {known[content]} again, which is no look-alike; take it out")
    if mistakes:
        raise DataSetError(mistakes)
    return hashlib.sha256("\n".join([data.sha256, *sorted(contents)]).encode()).hexdigest()


def _content(data: DataSet, picture: Picture) -> str:
    return hashlib.sha256((data.folder / picture.file).read_bytes()).hexdigest()
