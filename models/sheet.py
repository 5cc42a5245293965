"""A contact sheet: what the network sees in learning, some photographs of each part number and copies of each.

stage    as `train` shows them: the part found and centred where it can be, at any angle
paper    as `experiment` shows them: the whole picture squeezed into a square, changed by the paper's Table I
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.augment import AUGMENTATIONS, Augmentation, augment
from models.dataset import DataSet, DataSetError, Picture
from models.examples import Tick, look
from models.experiment.pictures import whole
from models.preprocess import Gray
from models.samples import take

ORIGINALS, COPIES = 3, 7  # of each part number; of each original
SIZE = 224
GAP, LINE = 8, 30  # pixels between the patches, and for a line of words
PAPER, INK = 255, 40  # gray levels


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A photograph as the network sees it, and copies: size × size uint8 each."""

    picture: Picture
    patches: tuple[Gray, ...]


def rows(data: DataSet, augmentation: str, seed: int, tick: Tick) -> list[Row]:
    """Draw photographs of every part number and copy them; the same seed draws and copies the same.

    Raises DataSetError when nothing is found in any training picture of a part number.
    """
    rng = np.random.default_rng(seed)
    show = _wholes if augmentation == "paper" else _parts
    return show(data, AUGMENTATIONS[augmentation], rng, tick)


def sheet(shown: Sequence[Row], title: str) -> Gray:
    """The rows below each other, each under the name of what it shows."""
    width = (len(shown[0].patches)) * (SIZE + GAP) + GAP
    strips = [_line(title, width, 0.7)]
    for row in shown:
        gap = np.full((SIZE, GAP), PAPER, np.uint8)
        strips.append(_line(f"{row.picture.part_number}   {row.picture.file}, then copies of it", width, 0.5))
        strips.append(np.hstack([gap, *(part for patch in row.patches for part in (patch, gap))]))
    return np.vstack([*strips, np.full((GAP, width), PAPER, np.uint8)])


def ranges(augmentation: Augmentation) -> str:
    """What a copy may differ in, in words."""
    told = [
        f"turned by {augmentation.rotation[0]:g} to {augmentation.rotation[1]:g} degrees",
        f"shifted by {augmentation.shift[0]:g} to {augmentation.shift[1]:g} of the width",
        f"enlarged by {augmentation.zoom[0]:g} to {augmentation.zoom[1]:g}",
        f"light times {augmentation.brightness[0]:g} to {augmentation.brightness[1]:g}",
    ]
    told += [f"{augmentation.over_edge:.0%} cut by an edge"] if augmentation.over_edge else []
    return ", ".join(told)


def _parts(data: DataSet, augmentation: Augmentation, rng: np.random.Generator, tick: Tick) -> list[Row]:
    found = look(data, data.of("train"), tick)
    drawn = _draw(data, list(found.findings), rng)
    samples = take(data, found.preparation, {picture: found.findings[picture] for picture in drawn})
    return [
        Row(
            picture,
            (samples.turned(n, 0), *(augment(samples.wides[n], augmentation, SIZE, rng) for _ in range(COPIES))),
        )
        for n, picture in enumerate(drawn)
    ]


def _wholes(data: DataSet, augmentation: Augmentation, rng: np.random.Generator, _: Tick) -> list[Row]:
    drawn = {picture: whole(data.read(picture), SIZE) for picture in _draw(data, data.of("train"), rng)}
    return [
        Row(picture, (patch, *(augment(patch, augmentation, SIZE, rng, wider=1.0) for _ in range(COPIES))))
        for picture, patch in drawn.items()
    ]


def _draw(data: DataSet, pictures: Sequence[Picture], rng: np.random.Generator) -> list[Picture]:
    """Some of each part number, as far as there are of several groups."""
    drawn = []
    for part in data.part_numbers:
        own = [picture for picture in pictures if picture.part_number == part]
        if not own:
            raise DataSetError([f"in no training picture of {part} is a part found; take others, or see them whole"])
        groups = {own[n].group: own[n] for n in rng.permutation(len(own))}
        drawn += list(groups.values())[:ORIGINALS]
    return drawn


def _line(text: str, width: int, scale: float) -> Gray:
    line = np.full((LINE, width), PAPER, np.uint8)
    cv2.putText(line, text, (GAP, LINE - 9), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
    return line
