"""`python -m models ablate`: what each step of preparing a picture brings."""

from __future__ import annotations

import json
from pathlib import Path

import click

from models.bars import Bars
from models.cli.output import FOLDER, plainly
from models.dataset import load


@click.command("ablate")
@click.argument("data", type=FOLDER)
@click.option(
    "--bundle", required=True, type=FOLDER, help="A bundle that has a pretrained backbone, of this data or another."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(data: Path, bundle: Path, as_json: bool) -> None:
    """Judge the training pictures of DATA by cross-validation, with each step of the preparation and without it."""
    from models.ablation import PHOTOGRAPHS, ablate
    from models.bundle import HEAD, MODEL, Bundle, BundleError

    with plainly():
        teacher = Bundle.load(bundle)
        if HEAD not in teacher.files:
            raise BundleError(f"{bundle} has no pretrained backbone; name one that --network transfer made")
        bars = Bars()
        for name, accuracies in ablate(load(data, to_learn=True), teacher.files[MODEL], PHOTOGRAPHS, bars):
            bars.close()
            if as_json:
                click.echo(json.dumps({"variant": name, "accuracy": accuracies}))
            else:
                click.echo(f"{name:36}" + "".join(f"{each:8.1%}" for each in accuracies.values()))
