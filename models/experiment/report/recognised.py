"""The paper's Fig. 5: ten test pictures, what each is and what the network saw. Those seen wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.experiment.outcome import Outcome, Settings
from models.experiment.protocol import View
from models.preprocess import Gray

SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A test picture, size×size uint8, and in how many experiments it was seen as what it is not."""

    pixels: Gray
    actual: str
    other: str
    file: str
    copy: int
    wrong: int


def mistakes(outcomes: Sequence[Outcome]) -> list[int]:
    """Of each test picture: in how many experiments it was seen wrong."""
    wrong = [outcome.wrong for outcome in outcomes]
    return [sum(each) for each in zip(*wrong, strict=True)]


def chosen(counts: Sequence[int], seed: int) -> list[int]:
    """Indices of the pictures to show: those seen wrong most often, then others as the lot falls."""
    lots = np.random.default_rng([seed, 5]).permutation(len(counts))
    return sorted(lots.tolist(), key=lambda n: -counts[n])[:SHOWN]


def recognised(view: View, pixels: Gray, wrong: int, settings: Settings) -> Recognised:
    """A picture with its labels."""
    actual = view.picture.part_number
    other = next(part for part in settings.part_numbers if part != actual)
    return Recognised(pixels, actual, other, view.picture.file, view.copy, wrong)
