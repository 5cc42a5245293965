"""Views become arrays: whole pictures, as the paper used them, and their copies by its Table I."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.augment import PAPER, augment
from models.dataset import DataSet, Picture
from models.experiment.protocol import View, pair
from models.preprocess import Gray


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """pixels  n × size × size uint8; labels  n of 0 (the first part number) or 1 (the second)."""

    pixels: Gray
    labels: NDArray[np.intp]


def take(data: DataSet, views: Sequence[View], size: int, seed: int) -> Pictures:
    """Read the pictures and make their copies, each once and for all; the same seed makes the same."""
    wholes = {picture: whole(data.read(picture), size) for picture in {view.picture for view in views}}
    parts = pair(data)
    pixels = [seen(wholes[view.picture], view, parts.index(view.picture.part_number), seed) for view in views]
    return Pictures(np.stack(pixels), np.array([parts.index(view.picture.part_number) for view in views]))


def whole(gray: Gray, size: int) -> Gray:
    """The whole picture (height × width) as size×size: resized plainly, so that an oblong one is squeezed."""
    return np.asarray(cv2.resize(gray, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def seen(pixels: Gray, view: View, part: int, seed: int) -> Gray:
    """A view of a whole picture; nothing lies around it, so that at its edges the last pixels are repeated."""
    if not view.copy:
        return pixels
    return augment(pixels, PAPER, len(pixels), np.random.default_rng([seed, part, 3, view.copy]), wider=1.0)


def one(data: DataSet, view: View, size: int, seed: int) -> Gray:
    """One view alone, size×size uint8, for whoever wants to show it."""
    picture: Picture = view.picture
    return seen(whole(data.read(picture), size), view, pair(data).index(picture.part_number), seed)
