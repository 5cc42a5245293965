"""`python -m models train`: from a data set to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from models.bars import Bars
from models.bundle import Bundle, make_room, save
from models.cli.options import AUGMENTATION, DATED, EPOCHS, ESCAPE, SEED
from models.cli.output import FOLDER, plainly, tell, training_room
from models.dataset import load
from models.plan import NETWORKS, Plan
from models.preprocess import WHOLE_REGION


@click.command("train")
@click.argument("data", type=FOLDER)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder of the bundle to be written.")
@click.option("--name", help="Of the bundle, as records will show it; by itself the name of the folder.")
@EPOCHS
@SEED
@AUGMENTATION
@click.option(
    "--network",
    default="auto",
    show_default=True,
    type=click.Choice(NETWORKS),
    help="A pretrained backbone, the paper's network or its faster equal; auto tries them on groups held back.",
)
@click.option("--photographs", default=0, type=click.IntRange(0), help="Learn from so many a part number, by groups.")
@ESCAPE
@click.option(
    "--other",
    default="",
    help="Look-alikes that lie about the shop: a folder of pictures, or a part number whose unused pictures are taken.",
)
@click.option("--others", default=0, type=click.IntRange(0), help="Learn from so many look-alikes; 0 is all.")
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the backbone's weights, in place of those that were installed.",
)
@DATED
@click.option("--data-made-by", default="", help="The command that made DATA, if one did; for the card.")
def command(data: Path, out: Path, name: str | None, weights: Path | None, **told: Any) -> None:
    """Learn to tell the part numbers in the training pictures of DATA apart, and write a bundle."""
    with plainly():
        training = training_room()
        make_room(out)
        bars = Bars()
        plan = Plan(name or out.resolve().name, **told)
        card, files = training.train(load(data, to_learn=True), plan, bars, weights)
        save(out, card, files)
        bundle = Bundle.load(out)
        bundle.self_test()
        bars.close()
        click.echo(f"{out}: bundle {bundle.name}, sha256 {bundle.sha256}")
        click.echo(f"network {bundle.card['network']}: {bundle.card['chosen_because']}")
        if bundle.preparation.is_whole:
            click.echo(WHOLE_REGION)
        tell(bundle.card["held_back"], "held back from training")
        for part, bound in bundle.bounds.items():
            click.echo(bound.sentence(part))
