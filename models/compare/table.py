"""A comparison as a table: for people, and for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from models import kept
from models.compare.outcome import NETWORKS, Outcome

HEADINGS = ("network", "how", "photographs", "right", "AUC", "far", "unsure", "parameters", "int8 bytes", "time")
WIDTHS = (24, 26, 12, 8, 7, 7, 8, 12, 12, 8)
KEY = """photographs: a part number, by groups; right: of the test pictures, named as what they are; AUC: of the score
far, unsure: the probability that an unknown part lies farther from the known than a tested one, or scores lower
parameters, int8 bytes, time: of the network as the line would run it, a picture in those of the paper's network"""


def lines(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """For people, with a line of headings and a key below."""
    yield _line(HEADINGS)
    for outcome in outcomes:
        task, figures = outcome.task, outcome.figures
        aurocs = (_told(each, ".3f") for each in (figures.auc, figures.distance_auroc, figures.score_auroc))
        costs = (f"{outcome.parameters:,}", _told(outcome.size, ","), _told(outcome.time, ".2f"))
        named = (NETWORKS[task.network], task.learnt, str(task.photographs or "all"))
        yield _line((*named, f"{figures.accuracy:.1%}", *aurocs, *costs))
    yield KEY


def table(outcomes: Sequence[Outcome]) -> str:
    """As CSV: one line a network and number of photographs, where 0 is all; empty is what nothing can be said of."""
    rows = [row(outcome) for outcome in outcomes]
    return kept.table([*rows[0]] if rows else [], ([*each.values()] for each in rows))


def row(outcome: Outcome) -> dict[str, Any]:
    """One outcome, flat."""
    told: dict[str, Any] = {"network": outcome.task.network, "how": outcome.task.learnt}
    told |= asdict(outcome.task) | {"learnt": outcome.learnt} | asdict(outcome.figures)
    return told | {"parameters": outcome.parameters, "size": outcome.size, "time": outcome.time}


def _line(cells: Sequence[str]) -> str:
    return "".join(
        cell.ljust(width) if n < 2 else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )


def _told(value: float | None, how: str) -> str:
    return "–" if value is None else format(value, how)
