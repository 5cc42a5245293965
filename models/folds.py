"""Pictures shared out by group: for cross-validation, and when only a few are to be learnt from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from models.dataset import OTHER, Picture

FOLDS = 5


def folds(pictures: Sequence[Picture], count: int = FOLDS) -> NDArray[np.intp]:
    """The fold, from 0, that each of n pictures is held back in; pictures of a group are in one fold.

    Each part number's groups are cut into `count` runs in the order of their names, since neighbours are often of one
    moment: a fold that jumps from group to group would test what it has nearly seen. There are never more folds than
    the part number with the fewest groups can fill; look-alikes, of which there may be few, do not count.
    """
    groups = _groups(pictures)
    count = min(count, *(len(own) for part, own in groups.items() if part != OTHER))
    fold: dict[str, int] = {}
    for own in groups.values():
        for number, run in enumerate(np.array_split(np.arange(len(own)), count)):
            for index in run:
                fold.setdefault(own[index], number)  # a group of two part numbers stays where it is
    return np.array([fold[picture.piece] for picture in pictures], np.intp)


def sides(fold: NDArray[np.intp], labels: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Indices to learn from and indices held back, once a fold; without folds that leave a part number unlearnt."""
    for number in np.unique(fold):
        learnt, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(np.unique(labels[learnt])) == len(np.unique(labels)):
            yield learnt, held


def few(pictures: Sequence[Picture], each: int, seed: int) -> list[Picture]:
    """So many pictures of each part number, from as many of its groups as can be; the same seed picks the same."""
    kept: set[Picture] = set()
    for part, groups in sorted(_groups(pictures).items()):
        rng = np.random.default_rng([seed, *part.encode()])
        piles = []
        for index in rng.permutation(len(groups)):
            own = [p for p in pictures if p.piece == groups[index] and p.part_number == part]
            piles.append([own[n] for n in rng.permutation(len(own))])
        in_turn = [picture for row in zip_longest(*piles) for picture in row if picture is not None]
        kept.update(in_turn[:each])
    return [picture for picture in pictures if picture in kept]


def _groups(pictures: Sequence[Picture]) -> dict[str, list[str]]:
    """Part number → its groups, 2 before 10."""
    gathered: dict[str, set[str]] = defaultdict(set)
    for picture in pictures:
        gathered[picture.part_number].add(picture.piece)
    return {part: sorted(groups, key=_natural) for part, groups in sorted(gathered.items())}


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name)]
