"""`python -m models experiment`: the paper's ten experiments, its way or the honest one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import click

from models.bars import Bars
from models.cli.options import EPOCHS, JSON, SEED
from models.cli.output import FOLDER, plainly
from models.dataset import load
from models.experiment.folder import Folder
from models.experiment.outcome import COLUMNS, Settings
from models.experiment.processor import Precision, fastest
from models.experiment.protocol import PROTOCOLS, pair
from models.experiment.report import report
from models.experiment.runs import run
from models.kept import dumps

NETWORKS = ("paper", "fast")  # those of models.network, which needs the training library
STOPPED = "interrupted; the same command goes on where it stopped"


@click.command("experiment")
@click.argument("data", type=FOLDER)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder of the experiments."
)
@click.option(
    "--network",
    default="paper",
    show_default=True,
    type=click.Choice(NETWORKS),
    help="The paper's, or its faster equal.",
)
@click.option("--runs", default=10, show_default="10, the paper's", type=click.IntRange(1), help="How many.")
@click.option(
    "--protocol",
    default="honest",
    show_default=True,
    type=click.Choice(sorted(PROTOCOLS)),
    help="Split by group first, or after copying as the paper did.",
)
@SEED
@EPOCHS
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="How many at a time, a core each.")
@click.option(
    "--precision",
    type=click.Choice(get_args(Precision)),
    show_default="what the processor is fastest in; a series goes on in its own",
    help="What to learn in; tests are float32 always.",
)
@JSON
def command(
    data: Path,
    out: Path,
    network: str,
    runs: int,
    protocol: str,
    seed: int,
    epochs: int,
    jobs: int,
    precision: Precision | None,
    as_json: bool,
) -> None:
    """Train and test a network several times on DATA, which has two part numbers.

    What is done already in the folder is kept: an interrupted command goes on, a finished one only tells again.
    """
    with plainly(STOPPED):
        pictures = load(data, to_learn=True)
        folder, bars = Folder(out), Bars()
        learns_in = precision or (folder.settings().precision if folder.begun else fastest())
        settings = Settings(pictures.sha256, pair(pictures), protocol, seed, epochs, network, precision=learns_in)
        PROTOCOLS[protocol](pictures, settings.counts, seed)  # what it lacks is said before anything is written
        folder.begin(settings)
        with folder.held():
            _need_training(folder, runs)
            run(folder, data, runs, jobs, lambda done, total: bars("Epochs of all experiments", done, total))
        bars.close()
        told = report(folder, pictures, settings, folder.outcomes(runs))
        click.echo(dumps(told)) if as_json else _tell(told, out)


def _need_training(folder: Folder, runs: int) -> None:
    """Only where something is left to be learnt; the report is made without the training library."""
    if len(folder.outcomes(runs)) < runs and not find_spec("tensorflow"):
        raise OSError("training needs tensorflow, which is missing: pip install -e .[train]")


def _tell(told: dict[str, Any], out: Path) -> None:
    """The table, for people."""
    for part, counts in told["structure"].items():
        click.echo(f"{part}: " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))
    click.echo(f"{'':>6}   TP   FN   FP   TN" + "".join(f"{name:>14}" for name in COLUMNS))
    for row in told["experiments"]:
        cells = "".join(f"{row[name]:5}" for name in ("tp", "fn", "fp", "tn"))
        click.echo(f"{row['experiment']:6}{cells}{_numbers(row)}")
    for name in ("mean", "spread"):
        click.echo(f"{name:>6}{'':20}{_numbers(told[name])}")
    click.echo(f"{out / 'report.html'}: the report; tables and JSON lie beside it")


def _numbers(row: dict[str, float | None]) -> str:
    return "".join("–".rjust(14) if (value := row[name]) is None else f"{value:14.4f}" for name in COLUMNS)
