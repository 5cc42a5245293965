"""`python -m station.simulation OUT`: a data set of simulated parts, to train and to try the station on."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from models.bars import Bars
from station.simulation.dataset import pictures, write


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=200, show_default=True, type=click.IntRange(1), help="Pictures of each part number.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="The same seed, the same bytes.")
@click.option("--size", default=(1280, 720), show_default=True, type=(int, int), help="Width and height in pixels.")
def command(out: Path, count: int, seed: int, size: tuple[int, int]) -> None:
    """Write pictures of simulated parts, one at a time on the stage: OUT/PART/NUMBER.jpg and OUT/manifest.csv."""
    todo = len(pictures(count))
    try:
        for _ in Bars().along(f"{todo} pictures", write(out, count, seed, size), todo):
            pass
    except FileExistsError:
        raise click.BadParameter(f"{out} exists: choose a new folder, nothing is overwritten.") from None
    except OSError as trouble:
        click.echo(f"{out} cannot be written ({trouble.strerror}): choose a folder with room that is yours.", err=True)
        sys.exit(3)


if __name__ == "__main__":
    command(prog_name="python -m station.simulation")
