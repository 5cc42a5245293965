"""Options that several commands have, each said once."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from models import bound
from models.augment import AUGMENTATIONS

SEED = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="The same again gives the same."
)
EPOCHS = click.option(
    "--epochs", default=30, show_default="30, the paper's", type=click.IntRange(1), help="How long to learn."
)
AUGMENTATION = click.option(
    "--augmentation",
    default="stage",
    show_default=True,
    type=click.Choice(sorted(AUGMENTATIONS)),
    help="How copies differ: any angle and a little light, or the paper's Table I.",
)
ESCAPE = click.option(
    "--escape",
    default=bound.ESCAPE,
    show_default=True,
    type=click.FloatRange(1e-4, 0.5),
    help="Share of wrong parts that may pass, to be shown with 95 % confidence.",
)
DATED = click.option(
    "--dated",
    default=lambda: datetime.now(UTC).date().isoformat(),
    show_default="today",
    help="The day that the card tells; the same again gives the same bytes.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
