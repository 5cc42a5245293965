"""`station model`: which bundle is in use; another one, proposed or at once, or the former again, without a stop."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit, local
from station.wishes import Wish

if TYPE_CHECKING:
    from station.bundles import Bundles, Kept
    from station.people import Person
    from station.proposals import Proposal

BY = click.option("--by", default=getpass.getuser, show_default="your login name", help="Who asks for it.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, times in UTC.")


@click.group("model")
def command() -> None:
    """The bundle that the station judges with: list, use, propose, rollback.

    Whoever wants another one does not stop the station. It takes it up as soon as its stage is empty, after a self-test
    of its own, and has to be verified again. What it refuses it tells on its screen and in its log.
    """


@command.command("list")
@DATA
@CONFIG
@JSON
def list_(data: Path | None, config: Path | None, as_json: bool) -> None:
    """The bundles that a station has: which it uses, or used last, and which is wanted."""
    bundles, folder, _ = _station(data, config)
    in_use = _in_use(folder)
    rows = [_row(kept, in_use) for kept in bundles.all()]
    if in_use is not None and not any(row["in_use"] for row in rows):  # station.toml names it, and is not at hand
        name, _, sha256 = in_use.partition(" sha256:")
        rows.append({"bundle": None, "name": name, "sha256": sha256, "in_use": True, "wanted": False})
    waiting = {proposal.bundle: proposal for proposal in _waiting(folder)}
    for row in rows:
        if (proposal := waiting.get(Path(row["bundle"] or "").name)) is not None:
            row |= {"proposed_by": proposal.by, "proposed_at": proposal.at, "proposal": proposal.event}
        emit(row) if as_json else click.echo(_line(row))


@command.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@DATA
@CONFIG
@BY
@click.option("--reason", default="", help="Why; who may only propose needs one.")
@JSON
def use(bundle: Path, data: Path | None, config: Path | None, by: str, reason: str, as_json: bool) -> None:
    """Stage the bundle in the folder BUNDLE, and want it in use.

    It is read whole, tested, and copied into the data folder of the station. With --config it has to know the part
    number of the order.

    Who has an account at the station and is no supervisor proposes it instead: a supervisor approves it on the desk,
    and then it is wanted. Who has none acts at once: whoever may write into the data folder can do so anyway.
    """
    from station.proposals import acts_at_once

    bundles, folder, expected = _station(data, config)
    if acts_at_once(_person(folder, by)):
        _tell(bundles.use(bundle, by, datetime.now(UTC), expected), as_json)
    else:
        _propose(bundles, folder, bundle, expected, by, reason, as_json)


@command.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@DATA
@CONFIG
@BY
@click.option("--reason", required=True, help="Why; the supervisor reads it.")
@JSON
def propose(bundle: Path, data: Path | None, config: Path | None, by: str, reason: str, as_json: bool) -> None:
    """Stage the bundle in the folder BUNDLE, and propose it: a supervisor approves or refuses it on the desk."""
    bundles, folder, expected = _station(data, config)
    _propose(bundles, folder, bundle, expected, by, reason, as_json)


@command.command()
@DATA
@CONFIG
@BY
@JSON
def rollback(data: Path | None, config: Path | None, by: str, as_json: bool) -> None:
    """Want the bundle again that was wanted before this one; at the last, the one that station.toml names."""
    from station.errors import BundleError
    from station.proposals import acts_at_once

    bundles, folder, _ = _station(data, config)
    if not acts_at_once(_person(folder, by)):
        raise BundleError(f"{by} is no supervisor: have one go back, or propose the former bundle.")
    _tell(bundles.rollback(by, datetime.now(UTC)), as_json)


def _station(data: Path | None, config: Path | None) -> tuple[Bundles, Path, str | None]:
    """Bundles, data folder, and the expected part number where it is known."""
    from station.bundles import Bundles

    folder, configuration = named(data, config)
    if configuration is None:
        return Bundles(folder), folder, None
    return Bundles(folder, configuration.bundle), folder, configuration.order.part_number or None


def _person(data: Path, name: str) -> Person | None:
    from station.accounts import DATABASE, Accounts

    people = Accounts(data).people() if (data / DATABASE).exists() else []
    return next((person for person in people if person.name.casefold() == name.casefold()), None)


def _propose(
    bundles: Bundles, data: Path, source: Path, expected: str | None, by: str, reason: str, as_json: bool
) -> None:
    from station.desk import Desk

    if not reason.strip():
        raise click.UsageError(f"{by} is no supervisor and can only propose a bundle: say why with --reason.")
    name, bundle = bundles.stage(source, expected)
    desk = Desk(data)
    event = desk.recorded(desk.propose(name, bundle.sha256, bundle.part_numbers, by, reason))
    if as_json:
        emit({"bundle": name, "sha256": bundle.sha256, "proposed": True, "event": event})
    else:
        click.echo(f"{name} is proposed; a supervisor approves it on the desk (Bundles). Until then nothing changes.")


def _in_use(data: Path) -> str | None:
    from station.log import queries
    from station.log.store import DATABASE

    if not (data / DATABASE).exists():
        return None
    with queries.reading(data) as log:
        return queries.model_in_use(log)


def _waiting(data: Path) -> list[Proposal]:
    from station.log import queries
    from station.log.store import DATABASE
    from station.proposals import proposals

    if not (data / DATABASE).exists():
        return []
    with queries.reading(data) as log:
        return [each for each in proposals(log) if not each.answer]


def _row(kept: Kept, in_use: str | None) -> dict[str, Any]:
    from station.bundles import name_of

    bundle, wish = kept.bundle, kept.wish or Wish()
    return {
        "bundle": str(kept.place),
        "name": bundle and bundle.name,
        "sha256": bundle and bundle.sha256,
        "part_numbers": bundle and bundle.part_numbers,
        "in_use": bundle is not None and name_of(bundle) == in_use,
        "wanted": kept.is_wanted,
        "by": wish.by or None,
        "at": wish.at or None,
        "trouble": kept.trouble or None,
    }


def _line(row: dict[str, Any]) -> str:
    marks = ", ".join(word for word, is_so in (("in use", row["in_use"]), ("wanted", row["wanted"])) if is_so)
    asked = f"asked for by {row['by']}, {local(row['at'])}" if row.get("by") else ""
    if row.get("proposed_by"):
        asked = f"proposed by {row['proposed_by']}, {local(row['proposed_at'])}"
    known = ", ".join(row.get("part_numbers") or ())
    shown = [f"{marks or '-':14}", row["bundle"] or f"{row['name']} {row['sha256']}", known, asked, row.get("trouble")]
    return "  ".join(filter(None, shown))


def _tell(wish: Wish, as_json: bool) -> None:
    if as_json:
        emit(asdict(wish))
    else:
        click.echo(
            f"{wish.bundle or 'The bundle of station.toml'} is wanted. A station that runs takes it up as soon as"
        )
        click.echo("its stage is empty, and has to be verified again.")
