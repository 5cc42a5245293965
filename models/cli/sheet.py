"""`python -m models sheet`: a contact sheet of what the network sees."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from models.augment import AUGMENTATIONS
from models.bars import Bars
from models.cli.options import AUGMENTATION, SEED
from models.cli.output import FOLDER, plainly
from models.dataset import load
from models.kept import write
from models.sheet import ranges, rows, sheet


@click.command("sheet")
@click.argument("data", type=FOLDER)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The picture, a PNG.")
@AUGMENTATION
@SEED
def command(data: Path, out: Path, augmentation: str, seed: int) -> None:
    """Show some photographs of each part number in DATA as the network sees them, and copies of each.

    stage: the part centred, as in train; paper: the whole picture, as in experiment.
    """
    with plainly():
        bars = Bars()
        shown = rows(load(data), augmentation, seed, bars)
        bars.close()
        picture = sheet(shown, f"{data.resolve().name}, {augmentation}: {ranges(AUGMENTATIONS[augmentation])}")
        write(out, cv2.imencode(".png", picture)[1].tobytes())
        click.echo(f"{out}: {len(shown)} photographs, each with {len(shown[0].patches) - 1} copies")
