"""The command `station`. Each sub-command has its file; it is imported when it is called, so that none waits for all.

Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 a device or file is in trouble.
"""

from __future__ import annotations

from importlib import import_module
from typing import IO, Any

import click

from models.words import check_text
from station.errors import ConfigError, StationError

COMMANDS = {
    "demo": "The whole station on the simulated bench.",
    "run": "The station, as station.toml says.",
    "replay": "Judge the pictures of a folder, down the very path of the line.",
    "doctor": "Look at every device, permission and file; name what is wrong and what mends it.",
    "calibrate": "Make light, focus and camera true again, step by step.",
    "calibration": "The calibrations: list, show, compare, use, trend; the board to print.",
    "study": "Attribute agreement (gauge) study: run, report.",
    "collect": "Take labelled pictures at the stage, to teach a part number to a network.",
    "teach": "New part numbers from a few photographs, here, without the training library.",
    "verification": "Golden and challenge parts: run, status, bypass.",
    "model": "The bundle in use: list, use, propose, rollback.",
    "order": "Work orders: add, import, list, begin, close, show.",
    "user": "Who may work here: add, list, disable, role, pin, badge, token.",
    "forward": "Bring the records of this station into the central log of all.",
    "log": "The traceability log: search, verify, certificate, export, stats, release, backup and more.",
}


class Trouble(click.ClickException):
    """What can be foreseen ends as plain sentences, without a traceback."""

    exit_code = 3

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class Mistakes(Trouble):
    """The mistakes of a configuration are wrong use."""

    exit_code = 2


class Commands(click.Group):
    """Knows its commands by name, and imports one when it is called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for each in args:
            check_text(each)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as mistakes:
            raise Mistakes(str(mistakes)) from mistakes
        except StationError as trouble:
            raise Trouble(str(trouble)) from trouble

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's form
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"station.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's form
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="station")
def main() -> None:
    """Is this the part of the order? A camera over a stage judges, tells the line, and keeps the record.

    Exit status: 0 done, 1 the answer is no (a check failed), 2 wrong use, 3 a device or file is in trouble.
    """
