"""`python -m models release`: a bundle is checked once more, whole, and put where stations take it from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models.bundle import CARD, Bundle, BundleError, make_room, save
from models.cli.options import JSON
from models.cli.output import FOLDER, give_up, plainly
from models.release import RELEASED, in_the_way, refusals


@click.command("release")
@click.argument("bundle", type=FOLDER)
@click.option("--to", type=click.Path(path_type=Path), help="Its folder; by itself models/released/NAME.")
@click.option("--replace", is_flag=True, help="Also in place of a bundle of other data or of another network.")
@JSON
def command(bundle: Path, to: Path | None, replace: bool, as_json: bool) -> None:
    """Check the trained or taught bundle in the folder BUNDLE, and copy it, whole or not at all.

    Its files are those that its card names; it stands its self-test, with pictures of every part number; int8 changed
    no more than 0.5 % of the decisions; the card has figures for every part number and by group; every part number has
    known examples, and thresholds that can be meant. Else the answer is no (exit status 1), and all reasons are told.
    The card stays as it is, and so does its hash.
    """
    with plainly():
        found = _tested(bundle)
        folder = to or _place(found)
        make_room(folder)
        reasons = refusals(found) or [*_taken(found, folder, replace)]
        if not reasons and not _is_there(found, folder):
            save(folder, _card(bundle, found), found.files)
            _tested(folder)
        told = _told(found, folder, reasons)
        click.echo(json.dumps(told)) if as_json else _tell(told)
    if reasons:
        give_up("\n".join(f"{bundle} is not released: {reason}" for reason in reasons), 1)


def _tested(folder: Path) -> Bundle:
    bundle = Bundle.load(folder)
    bundle.self_test()
    return bundle


def _place(bundle: Bundle) -> Path:
    name = str(bundle.name)
    if not name or name != Path(name).name or name.startswith("."):
        raise click.UsageError(f"the bundle is called {name!r}, which no folder can be; name one by --to")
    return RELEASED / name


def _card(folder: Path, bundle: Bundle) -> str:
    """The very card that was checked."""
    card = (folder / CARD).read_bytes().decode()
    if Bundle.of(card, bundle.files).sha256 != bundle.sha256:
        raise BundleError(f"{folder} was changed while it was read; release it again")
    return card


def _is_there(bundle: Bundle, folder: Path) -> bool:
    try:
        return Bundle.load(folder).sha256 == bundle.sha256
    except BundleError:
        return False


def _taken(bundle: Bundle, folder: Path, replace: bool) -> list[str]:
    """Why it may not stand there, if it may not."""
    if replace or not (folder / CARD).exists():
        return []
    try:
        other = in_the_way(bundle, Bundle.load(folder))
    except BundleError as trouble:
        other = f"that is damaged ({trouble})"
    return [f"{folder} has a bundle {other}; name another folder, or say --replace"] if other else []


def _told(bundle: Bundle, folder: Path, reasons: list[str]) -> dict[str, Any]:
    told = {"bundle": bundle.name, "sha256": bundle.sha256, "part_numbers": list(bundle.part_numbers)}
    card = {name: bundle.card.get(name) for name in ("network", "parity")}
    return {**told, **card, "released": None if reasons else str(folder), "refusals": reasons}


def _tell(told: dict[str, Any]) -> None:
    """For people."""
    click.echo(f"bundle {told['bundle']}, sha256 {told['sha256']}, for {', '.join(told['part_numbers'])}")
    if told["refusals"]:
        return
    parity = told["parity"]
    which = parity.get("of") or parity.get("on")
    click.echo(
        f"parity: int8 changed {parity['changed']} of {parity['pictures']} decisions, probabilities by at most "
        f"{parity['largest']:.4f}, on average {parity['mean']:.4f} ({which})"
    )
    click.echo(f"released in {told['released']}; put it in use: station model use {told['released']} --data DATA")
