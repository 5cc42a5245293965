"""`python -m models ablate`: what each step of preparing a picture brings, and what fine-tuning the backbone does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from models.bars import Bars
from models.cli.output import FOLDER, plainly, training_room
from models.dataset import load


@click.command("ablate")
@click.argument("data", type=FOLDER)
@click.option("--bundle", type=FOLDER, help="A bundle that has a pretrained backbone, of this data or another.")
@click.option(
    "--fine-tuned", is_flag=True, help="In place of the preparation: the backbone frozen, and its later blocks learnt."
)
@click.option(
    "--photographs",
    multiple=True,
    default=(10, 30, 0),
    show_default="10, 30 and 0",
    type=click.IntRange(0),
    help="Learn from so many a part number, by groups; 0 is all. Again for each.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(data: Path, bundle: Path | None, fine_tuned: bool, photographs: tuple[int, ...], as_json: bool) -> None:
    """Judge the training pictures of DATA by cross-validation, with each step of the preparation and without it."""
    if fine_tuned == (bundle is not None):
        raise click.UsageError(
            "name a bundle by --bundle, or ask for --fine-tuned, which begins with the weights alone"
        )
    with plainly():
        if bundle:
            _prepared(data, bundle, photographs, as_json)
        else:
            _fine_tuned(data, photographs, as_json)


def _prepared(data: Path, bundle: Path, photographs: Sequence[int], as_json: bool) -> None:
    from models.ablation import ablate
    from models.bundle import HEAD, MODEL, Bundle, BundleError

    teacher = Bundle.load(bundle)
    if HEAD not in teacher.files:
        raise BundleError(f"{bundle} has no pretrained backbone; name one that --network transfer made")
    bars = Bars()
    for name, accuracies in ablate(load(data, to_learn=True), teacher.files[MODEL], photographs, bars):
        bars.close()
        if as_json:
            click.echo(json.dumps({"variant": name, "accuracy": accuracies}))
        else:
            click.echo(f"{name:36}" + "".join(f"{each:8.1%}" for each in accuracies.values()))


def _fine_tuned(data: Path, photographs: Sequence[int], as_json: bool) -> None:
    training_room().repeatable(0)
    from models.backbone import weights_file
    from models.fine_tune import compare

    bars = Bars()
    for count, pair in compare(load(data, to_learn=True), weights_file(), photographs, bars):
        bars.close()
        if as_json:
            click.echo(json.dumps({"photographs": count, **asdict(pair)}))
        else:
            click.echo(f"{count or 'all'} photographs a part number")
            for line in pair.lines():
                click.echo(f"  {line}")
