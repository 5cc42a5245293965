"""What experiments were told and what they leave, as values and as JSON; and the table over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from models.experiment.measures import MEASURES, Confusion, auc, confusion, mean, roc, spread, wrong
from models.experiment.processor import Precision
from models.experiment.protocol import Counts

COLUMNS = (*MEASURES, "auc", "int8_accuracy")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the figures depend on; experiments of other settings are not put into one table.

    data          SHA-256 of the data set
    part_numbers  the first is the paper's Part A
    size          side of a picture, in pixels
    precision     what the network computes in while it learns; its tests and its scores are float32
    """

    data: str
    part_numbers: tuple[str, str]
    protocol: str = "honest"
    seed: int = 0
    epochs: int = 30
    network: str = "paper"
    size: int = 224
    counts: Counts = field(default_factory=Counts)
    precision: Precision = "float32"  # as in series that do not name it


@dataclass(frozen=True, slots=True)
class Epoch:
    """Mean loss and accuracy while an epoch was learnt, and on the test pictures after it; None for no number."""

    loss: float | None
    accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one experiment leaves; everything else is computed from it.

    actual       of each test picture: 0 for the first part number, 1 for the second
    scores       the probability of the second, by the network as it was trained
    int8_scores  the same by the int8 network, as the line would run it
    """

    experiment: int
    actual: tuple[int, ...]
    scores: tuple[float, ...]
    int8_scores: tuple[float, ...]
    epochs: tuple[Epoch, ...]
    seconds: float
    made_with: Mapping[str, str]

    @property
    def confusion(self) -> Confusion:
        """Of the network as it was trained."""
        return confusion(self.actual, self.scores)

    @property
    def int8_confusion(self) -> Confusion:
        """Of the int8 network."""
        return confusion(self.actual, self.int8_scores)

    @property
    def wrong(self) -> list[bool]:
        """Of each test picture, whether it was seen as what it is not."""
        return wrong(self.actual, self.scores)

    @property
    def roc(self) -> list[tuple[float, float]]:
        """Of the network as it was trained."""
        return roc(self.actual, self.scores)

    def row(self) -> dict[str, Any]:
        """Its line of the table (the paper's Table II)."""
        told: dict[str, Any] = {"experiment": self.experiment, **asdict(self.confusion), **self.confusion.measures()}
        int8 = {"int8_accuracy": self.int8_confusion.accuracy, "int8_confusion": asdict(self.int8_confusion)}
        return told | {"auc": auc(self.roc)} | int8 | {"seconds": round(self.seconds, 1)}


def summary(
    settings: Settings, structure: Mapping[str, Any], outcomes: Sequence[Outcome], name: str = ""
) -> dict[str, Any]:
    """The table: each experiment, their mean and their spread (standard deviation)."""
    rows = [outcome.row() for outcome in outcomes]
    return {
        "data_set": name,
        "settings": asdict(settings),
        "structure": structure,
        "experiments": rows,
        "mean": {column: mean([row[column] for row in rows]) for column in COLUMNS},
        "spread": {column: spread([row[column] for row in rows]) for column in COLUMNS},
    }
