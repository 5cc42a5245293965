"""`python -m models sheet`: a contact sheet of what the network sees."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from models.augment import AUGMENTATIONS
from models.bars import Bars
from models.cli.output import FOLDER, plainly
from models.dataset import load
from models.experiment.folder import write
from models.sheet import ranges, rows, sheet


@click.command("sheet")
@click.argument("data", type=FOLDER)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The picture, a PNG.")
@click.option(
    "--augmentation",
    default="stage",
    show_default=True,
    type=click.Choice(sorted(AUGMENTATIONS)),
    help="stage: the part centred, as in train; paper: the whole picture and Table I, as in experiment.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another draws other photographs.")
def command(data: Path, out: Path, augmentation: str, seed: int) -> None:
    """Show some photographs of each part number in DATA as the network sees them, and copies of each."""
    with plainly():
        bars = Bars()
        shown = rows(load(data), augmentation, seed, bars)
        bars.close()
        picture = sheet(shown, f"{data.resolve().name}, {augmentation}: {ranges(AUGMENTATIONS[augmentation])}")
        write(out, cv2.imencode(".png", picture)[1].tobytes())
        click.echo(f"{out}: {len(shown)} photographs, each with {len(shown[0].patches) - 1} copies")
