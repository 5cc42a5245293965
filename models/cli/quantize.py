"""`python -m models quantize`: what shrinking a network to each precision costs, and what it changes."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from models.bars import Bars
from models.cli.options import AUGMENTATION, EPOCHS, JSON, SEED
from models.cli.output import FOLDER, plainly
from models.dataset import SPLITS, load
from models.plan import Plan


@click.command("quantize")
@click.argument("data", type=FOLDER)
@click.option(
    "--network", default="fast", show_default=True, type=click.Choice(["paper", "fast"]), help="Which is to learn."
)
@EPOCHS
@SEED
@AUGMENTATION
@click.option("--split", help="Judge the pictures of this split, not those that were held back from training.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="A folder for the network in each precision."
)
@JSON
def command(data: Path, split: str | None, out: Path | None, as_json: bool, **told: Any) -> None:
    """Let a small network learn DATA, shrink it to float32, float16, dynamic range and int8, and compare.

    Each is held against the network as it was learnt, on pictures that it has not learnt. The answer is no (exit
    status 1) when int8 changes more than 0.5 % of the decisions.
    """
    splits = split.split(",") if split else []
    if not set(splits) <= set(SPLITS):
        raise click.BadParameter(f"{split!r} is not among {', '.join(SPLITS)}", param_hint="--split")
    with plainly():
        room, bars, plan = _room(), Bars(), Plan("", **told)
        found = room.precisions(load(data, to_learn=True), plan, splits, bars)
        bars.close()
        _write(out, plan.network, found.files)
        click.echo(json.dumps(_told(found, plan, split))) if as_json else _tell(found, plan, split)
        found.measured["int8"].parity.check()


def _room() -> Any:
    if not find_spec("tensorflow"):
        raise OSError("training needs tensorflow, which is missing: pip install -e .[train]")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from models import precisions

    return precisions


def _write(out: Path | None, network: str, files: dict[str, bytes]) -> None:
    if out:
        out.mkdir(parents=True, exist_ok=True)
        for precision, content in files.items():
            (out / f"{network}-{precision}.tflite").write_bytes(content)


def _told(found: Any, plan: Plan, split: str | None) -> dict[str, Any]:
    told = {"network": plan.network, "seed": plan.seed, "split": split or "held back", "parameters": found.parameters}
    return told | {
        "accuracy": found.learnt,
        "precisions": {precision: each.told() for precision, each in found.measured.items()},
    }


def _tell(found: Any, plan: Plan, split: str | None) -> None:
    """The table, for people."""
    which = f"of the split {split}" if split else "held back from training"
    pictures = found.measured["int8"].parity.pictures
    click.echo(f"{plan.network}, as it was learnt, names {found.learnt:.2%} of {pictures} pictures {which} rightly")
    click.echo(f"{'':10}{'bytes':>10}{'time':>7}{'accuracy':>10}{'largest':>10}{'mean':>10}{'changed':>9}")
    for precision, each in found.measured.items():
        click.echo(
            f"{precision:10}{each.size:10}{each.time:7.2f}{each.accuracy:10.2%}"
            f"{each.parity.largest:10.5f}{each.parity.mean:10.5f}{each.parity.changed:9}"
        )
    click.echo("time: of an inference, int8 is 1; largest and mean: difference of probability; changed: decisions")
