"""A data set: a folder of pictures, each with its part number, its group and its split.

Either a manifest.csv with the columns file, part_number, group, split, or one sub-folder a part number. Pictures of one
group (one specimen, one moment) never stand on both sides of a split: else the test is of memory, not of sight.

    train     to learn from; training itself holds back a part of the groups to choose its thresholds on
    test      for the last measurement alone
    unknown   a part that the network has never seen
    unused    left out
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.preprocess import Gray

SPLITS = ("train", "test", "unknown", "unused")
OTHER = "other"  # in place of a part number: look-alikes that lie about the shop; they are learnt, and never ordered
COLUMNS = ("file", "part_number", "group", "split")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
TEST_SHARE = 0.2  # of the groups, where nobody has said which are for the test
SMALLEST = 32  # pixels; a side shorter than that shows no part
FEWEST = 8  # training pictures of a part number; fewer leave nothing to hold back


class DataSetError(ValueError):
    """The data set cannot be used; `mistakes` names each, a sentence apiece."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file below the folder of the data set, and what is known of it, the last three only if told."""

    file: str
    part_number: str
    group: str
    split: str
    session: str = ""
    specimen: str = ""
    calibration: str = ""

    @property
    def piece(self) -> str:
        """What is not independent of itself: the specimen, in whatever session; the group where none is told."""
        return f"{self.part_number} specimen {self.specimen}" if self.specimen else self.group


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures that were checked.

    sha256  over every used picture's entry and content: two data sets of one hash train the same network
    """

    folder: Path
    pictures: tuple[Picture, ...]
    sha256: str

    def of(self, *splits: str) -> tuple[Picture, ...]:
        """The pictures of these splits, in the order of the manifest."""
        return tuple(picture for picture in self.pictures if picture.split in splits)

    @property
    def part_numbers(self) -> tuple[str, ...]:
        """What can be learnt from it, in alphabetical order."""
        return tuple(sorted({picture.part_number for picture in self.of("train")} - {OTHER}))

    @property
    def names(self) -> tuple[str, ...]:
        """What is told apart: the part numbers, and after them look-alikes, where there are any."""
        others = any(picture.part_number == OTHER for picture in self.of("train"))
        return (*self.part_numbers, OTHER) if others else self.part_numbers

    def read(self, picture: Picture) -> Gray:
        """The picture in gray."""
        return read_picture(self.folder / picture.file)


def read_picture(path: Path) -> Gray:
    """Any picture as height × width uint8 gray, as the station decodes it: 16 bits become 8, EXIF turns it upright.

    Raises ValueError when it is no picture, OSError when it cannot be read.
    """
    try:
        gray = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # no bytes at all, or too large to be a picture
        gray = None
    if gray is None:
        raise ValueError(f"{path} is not a picture; replace it or take it out of the data set")
    return np.asarray(gray, np.uint8)


def load(folder: Path, to_learn: bool = False) -> DataSet:
    """Read and check a data set; `to_learn` asks also whether there is enough to learn from.

    Raises DataSetError, which names every mistake at once.
    """
    manifest = folder / "manifest.csv"
    if not folder.is_dir():
        raise DataSetError([f"{folder} is not a folder; name the folder of the data set"])
    pictures = _listed(manifest) if manifest.is_file() else _labelled(folder)
    if not pictures:
        raise DataSetError([f"{folder} holds no pictures; put them into one sub-folder a part number"])
    used = [picture for picture in pictures if picture.split != "unused"]
    contents, mistakes = _contents(folder, used)
    mistakes += [*_mistakes(used, contents)]
    mistakes += [*too_small([picture for picture in used if picture.split == "train"])] if to_learn else []
    if mistakes:
        raise DataSetError(mistakes)
    return DataSet(folder, tuple(pictures), _hash(used, contents))


def listed(folder: Path) -> list[Picture]:
    """What a folder says of its pictures, by manifest or sub-folders, unchecked: a replay wants the bad ones too.

    Pictures that lie in the folder itself have no part number. Raises DataSetError if the manifest is none.
    """
    manifest = folder / "manifest.csv"
    if manifest.is_file():
        return _listed(manifest)
    loose = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    return [Picture(path.name, "", "", "") for path in loose] + _labelled(folder)


def hold_back(pictures: Iterable[Picture], share: float, seed: int) -> tuple[list[Picture], list[Picture]]:
    """Part pictures, by group, into those to learn from and those held back; the same seed gives the same again.

    About so large a share of each part number's groups, one at the least, and never all of them.
    """
    pictures = list(pictures)
    groups = _gather(pictures, lambda p: p.part_number, lambda p: p.group)
    held: set[Hashable] = set()
    for part, own in sorted(groups.items()):
        wanted = min(max(1, round(share * len(own))), len(own) - 1)
        order = np.random.default_rng([seed, *part.encode()]).permutation(len(own))
        for group in (sorted(own, key=str)[index] for index in order):
            if len(own & held) < wanted and all(others - held - {group} for others in groups.values()):
                held.add(group)
    return [p for p in pictures if p.group not in held], [p for p in pictures if p.group in held]


def _listed(manifest: Path) -> list[Picture]:
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (table.fieldnames or [])]
            if missing:
                raise DataSetError([f"{manifest} lacks the column {column}; add it" for column in missing])
            columns = [*COLUMNS, "session", "specimen", "calibration"]
            return [Picture(*((row.get(column) or "").strip() for column in columns)) for row in table]
    except (UnicodeDecodeError, csv.Error) as trouble:
        raise DataSetError([f"{manifest} is not a table ({trouble}); save it as CSV in UTF-8"]) from trouble


def _labelled(folder: Path) -> list[Picture]:
    """Sub-folders: every picture is a group of its own, but copies of one picture are one group."""
    pictures = []
    for path in sorted(folder.glob("*/*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            name = path.relative_to(folder).as_posix()
            pictures.append(Picture(name, path.parent.name, f"{path.parent.name} {content[:16]}", "train"))
    learnt, tested = hold_back(pictures, TEST_SHARE, seed=0)
    test = {picture.file for picture in tested} if learnt else set()
    return [Picture(p.file, p.part_number, p.group, "test" if p.file in test else "train") for p in pictures]


def _contents(folder: Path, pictures: list[Picture]) -> tuple[dict[str, str], list[str]]:
    """File → SHA-256 of its content; and a sentence for each that is missing or no picture."""
    contents, mistakes = {}, []
    for picture in pictures:
        path = folder / picture.file
        try:
            gray = read_picture(path)
            if min(gray.shape) < SMALLEST:
                size = f"{gray.shape[1]}×{gray.shape[0]} pixels"
                mistakes.append(f"{path} has {size}, too few to show a part; take it larger, or take it out")
            contents[picture.file] = hashlib.sha256(path.read_bytes()).hexdigest()
        except ValueError as trouble:
            mistakes.append(str(trouble))
        except OSError as trouble:
            mistakes.append(f"{path} cannot be read ({trouble.strerror}); put it there or take it out of the manifest")
    return contents, mistakes


def _mistakes(pictures: list[Picture], contents: dict[str, str]) -> Iterator[str]:
    for picture in pictures:
        if picture.split not in SPLITS:
            yield f"{picture.file} has the split {picture.split!r}; it must be one of {', '.join(SPLITS)}"
        if not picture.part_number or not picture.group:
            yield f"{picture.file} lacks a part number or a group; fill it in"
    sided = [picture for picture in pictures if picture.split in ("train", "test")]
    for group, sides in _gather(sided, lambda p: p.group, lambda p: p.split).items():
        if len(sides) > 1:
            yield f"group {group} stands in train and in test; a group must stay on one side"
    known = [picture for picture in pictures if picture.file in contents]
    for content, parts in _gather(known, lambda p: contents[p.file], lambda p: p.part_number).items():
        if len(parts) > 1:
            files = [picture.file for picture in known if contents[picture.file] == content]
            yield f"{' and '.join(files)} are one picture with two part numbers; keep the right one"
    for content, sides in _gather(known, lambda p: contents[p.file], lambda p: p.split).items():
        if len(sides) > 1:
            files = [picture.file for picture in known if contents[picture.file] == content]
            yield f"{' and '.join(files)} are one picture in two splits; keep it in one"


def too_small(learnt: Collection[Picture], fewest: int = FEWEST) -> Iterator[str]:
    """What these training pictures lack, a sentence apiece."""
    groups = _gather(learnt, lambda p: p.part_number, lambda p: p.group)
    groups.pop(OTHER, None)  # however few look-alikes there are, they help
    if len(groups) < 2:
        yield f"there are training pictures of {len(groups)} part numbers; at least two are needed to tell apart"
    for part in sorted(groups):
        count = sum(picture.part_number == part for picture in learnt)
        if count < fewest:
            yield f"{part} has {count} training pictures; take at least {fewest}"
        if len(groups[part]) < 2:
            yield f"{part} has all its training pictures in one group; at least two are needed to hold one back"


def _gather(
    pictures: Collection[Picture], key: Callable[[Picture], str], value: Callable[[Picture], Hashable]
) -> dict[str, set[Hashable]]:
    gathered: dict[str, set[Hashable]] = defaultdict(set)
    for picture in pictures:
        gathered[key(picture)].add(value(picture))
    return gathered


def _hash(pictures: list[Picture], contents: dict[str, str]) -> str:
    lines = sorted("\0".join([p.file, p.part_number, p.group, p.split, contents[p.file]]) for p in pictures)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
