"""The figures as tables that a spreadsheet opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models.experiment.outcome import COLUMNS, Outcome
from models.experiment.protocol import View
from models.kept import table

CELLS = ("tp", "fn", "fp", "tn")


def experiments(told: Mapping[str, Any]) -> str:
    """One line an experiment, then the mean and the spread (the paper's Table II)."""
    columns = ("experiment", *CELLS, *COLUMNS, "seconds")
    ends = [{"experiment": name, **told[name]} for name in ("mean", "spread")]
    return table(columns, ([row.get(column) for column in columns] for row in [*told["experiments"], *ends]))


def epochs(outcomes: Iterable[Outcome]) -> str:
    """One line an epoch of an experiment: loss and accuracy."""
    told = [(outcome.experiment, n, epoch) for outcome in outcomes for n, epoch in enumerate(outcome.epochs, 1)]
    columns = ("experiment", "epoch", "loss", "accuracy", "test_loss", "test_accuracy")
    return table(columns, ([number, n, *asdict(epoch).values()] for number, n, epoch in told))


def pictures(views: Sequence[View], outcomes: Sequence[Outcome]) -> str:
    """One line a test picture: what it is, and the probability of the second part number in each experiment."""
    scores = [outcome.scores for outcome in outcomes]
    columns = ("file", "part_number", "group", "copy", *(f"score_{outcome.experiment}" for outcome in outcomes))
    known = ([v.picture.file, v.picture.part_number, v.picture.group, v.copy] for v in views)
    return table(columns, ([*told, *(each[n] for each in scores)] for n, told in enumerate(known)))
