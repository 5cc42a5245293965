"""The command `station`. Each sub-command has its file; it is imported when it is called, so that none waits for all.

Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 a device or file is in trouble.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from station.errors import ConfigError, StationError

COMMANDS = {
    "demo": "The whole station on the simulated bench.",
    "run": "The station, as station.toml says.",
    "replay": "Judge the pictures of a folder, down the very path of the line.",
    "doctor": "Look at every device, permission and file; name what is wrong and what mends it.",
    "calibrate": "Measure light, focus and the empty stage.",
    "log": "The traceability log: search, show.",
}


class Commands(click.Group):
    """Knows its commands by name, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"station.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands)
@click.version_option(package_name="station")
def cli() -> None:
    """Is this the part of the order? A camera over a stage judges, tells the line, and keeps the record.

    Exit status: 0 done, 1 the answer is no (a check failed), 2 wrong use, 3 a device or file is in trouble.
    """


def main() -> None:
    """Run the command; every trouble that can be foreseen ends as one plain sentence."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as wrong_use:
        wrong_use.show()
        sys.exit(wrong_use.exit_code)
    except click.Abort:
        sys.exit(130)
    except ConfigError as mistakes:
        click.echo(mistakes, err=True)
        sys.exit(2)
    except StationError as trouble:
        click.echo(trouble, err=True)
        sys.exit(3)
