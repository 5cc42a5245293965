"""`station user`: who may work here, and as what."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit
from station.people import Role

if TYPE_CHECKING:
    from station.accounts import Accounts

BY = click.option("--by", default=getpass.getuser, show_default="your login name", help="Who does it, for the log.")


@click.group("user")
def command() -> None:
    """People and roles. Each change is recorded in the traceability log as soon as the station runs on this folder."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@DATA
@CONFIG
@BY
def add(name: str, role: str, data: Path | None, config: Path | None, by: str) -> None:
    """Add a person. The PIN, 4 to 12 digits, is asked for: it never stands on the command line."""
    accounts = _accounts(data, config)
    pin = click.prompt("PIN", hide_input=True, confirmation_prompt="The same PIN again")
    person = accounts.add(name, Role(role), pin, by)
    click.echo(f"{person.name} is {person.role.value} from now on.")


@command.command("list")
@DATA
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(data: Path | None, config: Path | None, as_json: bool) -> None:
    """Everybody with an account, those who are disabled too."""
    people = _accounts(data, config).people()
    for person in people:
        if as_json:
            emit({"name": person.name, "role": person.role.value, "is_enabled": person.is_enabled})
        else:
            click.echo(f"{person.name:20}  {person.role.value:14}{'' if person.is_enabled else '  disabled'}".rstrip())
    if not people and not as_json:
        click.echo("Nobody yet; `station user add NAME --role ROLE` adds somebody.")


@command.command()
@click.argument("name")
@DATA
@CONFIG
@BY
def disable(name: str, data: Path | None, config: Path | None, by: str) -> None:
    """Let nobody sign in by this name any more. Nobody is deleted: records name them."""
    _accounts(data, config).disable(name, by)
    click.echo(f"{name} signs in no more.")


def _accounts(data: Path | None, config: Path | None) -> Accounts:
    from station.accounts import Accounts

    return Accounts(named(data, config)[0])
