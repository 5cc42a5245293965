"""The report of a series of experiments: a page, tables and JSON, made anew from what the experiments left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.dataset import DataSet
from models.experiment.folder import Folder
from models.experiment.outcome import Outcome, Settings, summary
from models.experiment.pictures import one
from models.experiment.protocol import PROTOCOLS, structure
from models.experiment.report import tables
from models.experiment.report.page import page
from models.experiment.report.recognised import chosen, mistakes, recognised
from models.kept import dumps, write


def report(folder: Folder, data: DataSet, settings: Settings, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Write report.html, three tables and summary.json into the folder; returns the summary."""
    sides = PROTOCOLS[settings.protocol](data, settings.counts, settings.seed)
    told = summary(settings, structure(data, sides), outcomes, data.folder.resolve().name)
    wrong = mistakes(outcomes)
    shown = [
        recognised(sides.test[n], one(data, sides.test[n], settings.size, settings.seed), wrong[n], settings)
        for n in chosen(wrong, settings.seed)
    ]
    files = {
        "report.html": page(told, outcomes, shown, sum(count > 0 for count in wrong)),
        "summary.json": dumps(told) + "\n",
        "experiments.csv": tables.experiments(told),
        "epochs.csv": tables.epochs(outcomes),
        "test_pictures.csv": tables.pictures(sides.test, outcomes),
    }
    for name, content in files.items():
        write(folder.path / name, content.encode())
    return told
