"""`python -m models trust`: what passes and what escapes, with bounds, and at which price."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from models.bars import Bars
from models.bundle import Bundle
from models.cli.options import JSON
from models.cli.output import FOLDER, plainly, warn_of_other_data
from models.dataset import SPLITS, DataSetError, load
from models.study import KINDS, curve, lines, present, together, told


@click.command("trust")
@click.argument("data", type=FOLDER)
@click.option("--bundle", "folder", required=True, type=FOLDER, help="The bundle, a folder.")
@click.option(
    "--split", default="test,unknown", show_default=True, help=f"One or more, with commas, of {', '.join(SPLITS)}."
)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="A page of HTML with the curves.")
@JSON
def command(data: Path, folder: Path, split: str, page: Path | None, as_json: bool) -> None:
    """Present the pictures of DATA to a bundle as each part number that it knows, and tell what would pass.

    Right parts are the yield; wrong parts, of the bundle's other part numbers, and unknown ones, of none, are escapes.
    Exit status: 1 when a wrong or an unknown part would pass.
    """
    splits = split.split(",")
    if not set(splits) <= set(SPLITS):
        raise click.BadParameter(f"{split!r} is not among {', '.join(SPLITS)}", param_hint="--split")
    if "train" in splits:
        raise click.BadParameter("what was learnt shows nothing of what will escape", param_hint="--split")
    with plainly():
        bundle, pictures = Bundle.load(folder), load(data)
        chosen = pictures.of(*splits)
        if not chosen:
            raise DataSetError([f"{data} has no pictures of the split {split}; name another"])
        warn_of_other_data(bundle, pictures)
        bars = Bars()
        presented = present(bundle, pictures, chosen, bars)
        bars.close()
        figures = [told(each) for each in presented]
        if page:
            from models.trust_page import whole_page

            curves = {each.part_number: {kind: curve(each, kind) for kind in KINDS[1:]} for each in presented}
            page.write_text(whole_page(bundle, figures, curves, split), "utf-8")
    sums = {kind: together(figures, kind) for kind in KINDS}
    if as_json:
        content = {
            "bundle": bundle.name,
            "sha256": bundle.sha256,
            "split": split,
            "expected": figures,
            "together": sums,
        }
        click.echo(json.dumps(content | {"bounds": bundle.card["bounds"]}))
    else:
        for line in lines(figures):
            click.echo(line)
        for part, bound in bundle.bounds.items():
            click.echo(f"the card: {bound.sentence(part)}")
        if page:
            click.echo(f"{page}: yield against escape")
    sys.exit(1 if sums["wrong"]["passed"] or sums["unknown"]["passed"] else 0)
