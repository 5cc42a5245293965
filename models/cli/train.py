"""`python -m models train`: from a data set to a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from models.augment import AUGMENTATIONS
from models.bundle import Bundle, make_room, save
from models.cli.output import FOLDER, Bars, plainly, tell, training_room
from models.dataset import load


@click.command("train")
@click.argument("data", type=FOLDER)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder of the bundle to be written.")
@click.option("--name", help="Of the bundle, as records will show it; by itself the name of the folder.")
@click.option("--epochs", default=30, show_default="30, the paper's", type=click.IntRange(1), help="How long to learn.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="The same again gives the same.")
@click.option(
    "--augmentation",
    default="stage",
    show_default=True,
    type=click.Choice(sorted(AUGMENTATIONS)),
    help="How copies differ: any angle and a little light, or the paper's Table I.",
)
@click.option("--data-made-by", default="", help="The command that made DATA, if one did; for the card.")
def command(
    data: Path, out: Path, name: str | None, epochs: int, seed: int, augmentation: str, data_made_by: str
) -> None:
    """Train the paper's network on the training pictures of DATA and write a bundle."""
    with plainly():
        training = training_room()
        make_room(out)
        bars = Bars()
        plan = training.Plan(name or out.resolve().name, epochs, seed, augmentation, data_made_by)
        card, files = training.train(load(data, to_learn=True), plan, bars)
        save(out, card, files)
        bundle = Bundle.load(out)
        bundle.self_test()
        bars.close()
        click.echo(f"{out}: bundle {bundle.name}, sha256 {bundle.sha256}")
        tell(bundle.card["held_back"], "held back from training")
