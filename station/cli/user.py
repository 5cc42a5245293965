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
            told = {"name": person.name, "role": person.role.value, "is_enabled": person.is_enabled}
            emit(told | {"is_machine": person.is_machine})
        else:
            marks = ("machine" * person.is_machine, "" if person.is_enabled else "disabled")
            click.echo("  ".join([f"{person.name:20}", f"{person.role.value:14}", *filter(None, marks)]).rstrip())
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


@command.command()
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@DATA
@CONFIG
@BY
def role(name: str, role: str, data: Path | None, config: Path | None, by: str) -> None:
    """Have somebody here for something else from now on; who is signed in is signed out."""
    _accounts(data, config).change_role(name, Role(role), by)
    click.echo(f"{name} is {role} from now on.")


@command.command()
@click.argument("name")
@DATA
@CONFIG
@BY
def pin(name: str, data: Path | None, config: Path | None, by: str) -> None:
    """Give somebody another PIN, which is asked for; that ends a lock-out too."""
    accounts = _accounts(data, config)
    accounts.change_pin(name, click.prompt("PIN", hide_input=True, confirmation_prompt="The same PIN again"), by)
    click.echo(f"{name} has another PIN.")


@command.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take it away.")
@DATA
@CONFIG
@BY
def badge(name: str, remove: bool, data: Path | None, config: Path | None, by: str) -> None:
    """Have somebody sign in by a badge, whose code is asked for: hold it up to a scanner that types.

    A badge is name and PIN in one: whoever has it comes in. Its code should be long and random, not a number that
    stands on a list. Set a new one when it was lost.
    """
    accounts = _accounts(data, config)
    accounts.give_badge(name, "" if remove else click.prompt("Badge", hide_input=True), by)
    click.echo(f"{name} has {'no' if remove else 'another'} badge.")


@command.command()
@click.argument("name")
@DATA
@CONFIG
@BY
def token(name: str, data: Path | None, config: Path | None, by: str) -> None:
    """Give a machine, a MES for example, a token for the API, as an operator; `station user disable` takes it away.

    It is printed once, and kept nowhere. A token given before is worth nothing any more.
    """
    click.echo(_accounts(data, config).give_token(name, by))


def _accounts(data: Path | None, config: Path | None) -> Accounts:
    from station.accounts import Accounts

    return Accounts(named(data, config)[0])
