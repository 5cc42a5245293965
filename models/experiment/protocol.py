"""Which pictures the network learns and which it is tested on: the paper's way, and the honest one.

    paper    originals ─copies─► 2477 pictures ─split at random─► 1967 to learn, 510 to test
    honest   originals of the split `train` ─copies─► 1967 pictures to learn;  the split `test`, as photographed

The first puts copies of one photograph on both sides. All numbers are those of Hafizh et al.; a data set with fewer
photographs gives all it has, and as many copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.dataset import DataSet, DataSetError, Picture


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pictures; pairs are those of the first and of the second part number."""

    originals: int = 80  # of each part number
    train: tuple[int, int] = (980, 987)
    test: tuple[int, int] = (254, 256)


@dataclass(frozen=True, slots=True)
class View:
    """One picture as the network sees it: a photograph as it is, where `copy` is 0, or one of its changed copies."""

    picture: Picture
    copy: int = 0


@dataclass(frozen=True, slots=True)
class Sides:
    """What is learnt, and what is tested."""

    train: tuple[View, ...]
    test: tuple[View, ...]


def pair(data: DataSet) -> tuple[str, str]:
    """The two part numbers that are told apart; the first is the paper's Part A. Raises DataSetError."""
    parts = data.part_numbers
    if len(parts) != 2:
        raise DataSetError([f"the paper tells two part numbers apart, {data.folder} has {len(parts)}; keep two in it"])
    return parts[0], parts[1]


def paper(data: DataSet, counts: Counts, seed: int) -> Sides:
    """Copies first, the split after: it flatters, since the network has seen nearly every test picture's original."""
    train: list[View] = []
    test: list[View] = []
    for index, part in enumerate(pair(data)):
        views = _views(data, part, counts, counts.train[index] + counts.test[index], seed)
        order = np.random.default_rng([seed, index, 2]).permutation(len(views))
        test += [views[n] for n in order[: counts.test[index]]]
        train += [views[n] for n in order[counts.test[index] :]]
    return Sides(tuple(train), tuple(test))


def honest(data: DataSet, counts: Counts, seed: int) -> Sides:
    """The split first, by group; copies of what is learnt alone. Raises DataSetError when there is nothing to test."""
    parts = pair(data)
    train = [view for n, part in enumerate(parts) for view in _views(data, part, counts, counts.train[n], seed)]
    test = [View(picture) for part in parts for picture in data.of("test") if picture.part_number == part]
    if not test:
        raise DataSetError([f"{data.folder} has no pictures of the split test; name some groups for it"])
    return Sides(tuple(train), tuple(test))


PROTOCOLS: Mapping[str, Callable[[DataSet, Counts, int], Sides]] = {"honest": honest, "paper": paper}


def _views(data: DataSet, part: str, counts: Counts, wanted: int, seed: int) -> list[View]:
    """The originals of a part number, and so many copies that `wanted` pictures come of a whole set of originals."""
    index = pair(data).index(part)
    drawn = originals([p for p in data.of("train") if p.part_number == part], counts.originals, [seed, index, 0])
    chosen = np.random.default_rng([seed, index, 1]).integers(len(drawn), size=wanted - counts.originals)
    return [View(picture) for picture in drawn] + [View(drawn[n], copy) for copy, n in enumerate(chosen, 1)]


def originals(pictures: Sequence[Picture], count: int, seed: Sequence[int]) -> list[Picture]:
    """So many pictures, group by group in a drawn order, the last group in part; all where there are fewer."""
    groups = sorted({picture.group for picture in pictures})
    place = {groups[n]: rank for rank, n in enumerate(np.random.default_rng(seed).permutation(len(groups)))}
    return sorted(pictures, key=lambda picture: (place[picture.group], picture.file))[:count]


def structure(data: DataSet, sides: Sides) -> dict[str, dict[str, int]]:
    """Part number → how many pictures of which kind there are (the paper's Fig. 2).

    originals     photographs that copies are made of
    train, test   pictures learnt and tested, with …_copies among them, out of …_groups
    known         pictures tested of which the network has learnt the photograph itself or a copy
    """
    return {part: _counted(sides, part) for part in pair(data)}


def _counted(sides: Sides, part: str) -> dict[str, int]:
    train, test = ([view for view in side if view.picture.part_number == part] for side in (sides.train, sides.test))
    learnt = {view.picture for view in train}
    told = {"originals": len({view.picture for view in (*train, *test) if view.picture.split == "train"})}
    for side, views in (("train", train), ("test", test)):
        told[side] = len(views)
        told[f"{side}_copies"] = sum(view.copy > 0 for view in views)
        told[f"{side}_groups"] = len({view.picture.group for view in views})
    return told | {"known": sum(view.picture in learnt for view in test)}
