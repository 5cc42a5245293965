"""`python -m models evaluate`: what a bundle says of pictures, against what they are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from models.bars import Bars
from models.bundle import Bundle
from models.cli.options import JSON
from models.cli.output import FOLDER, plainly, tell, warn_of_other_data
from models.dataset import SPLITS, DataSet, DataSetError, load
from models.evaluate import Judgement, figures, judge_all


@click.command("evaluate")
@click.argument("data", type=FOLDER)
@click.option("--bundle", "folder", required=True, type=FOLDER, help="The bundle, a folder.")
@click.option("--split", default="test", show_default=True, help=f"One or more, with commas, of {', '.join(SPLITS)}.")
@click.option("--at-least", type=click.FloatRange(0, 1), help="Exit with 1 when the accuracy is lower.")
@JSON
def command(data: Path, folder: Path, split: str, at_least: float | None, as_json: bool) -> None:
    """Judge the pictures of a split and compare with what they are."""
    splits = split.split(",")
    if not set(splits) <= set(SPLITS):
        raise click.BadParameter(f"{split!r} is not among {', '.join(SPLITS)}", param_hint="--split")
    with plainly():
        bundle, pictures = Bundle.load(folder), load(data)
        warn_of_other_data(bundle, pictures)
        told = figures(_judged(bundle, pictures, splits), bundle.part_numbers)
        if as_json:
            click.echo(json.dumps({"bundle": bundle.name, "sha256": bundle.sha256, "split": split, **told}))
        else:
            tell(told, f"of the split {split}")
    if at_least is not None and told.get("accuracy", 0.0) < at_least:
        sys.exit(1)


def _judged(bundle: Bundle, data: DataSet, splits: list[str]) -> list[Judgement]:
    pictures = data.of(*splits)
    if not pictures:
        raise DataSetError([f"{data.folder} has no pictures of the split {','.join(splits)}; name another"])
    return list(Bars().along("Judging", judge_all(bundle, data, pictures), len(pictures)))
