"""`station calibrate`: the wizard in a terminal."""

from __future__ import annotations

import getpass
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calibration.draft import LASTS
from calibration.geometry import Board
from calibration.profile import Region
from calibration.wizard import Adjust, Ask

if TYPE_CHECKING:
    from station.assembly import Calibration

EVERY = 0.3  # seconds between two live numbers
KEYS = f"Enter: it is done.  undo: one step back.  leave: go on within {LASTS / 3600:g} hours."
WIDTH = 100  # columns of what is said


@click.command("calibrate")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="station.toml")
@click.option("--by", default=getpass.getuser, show_default="your login name", help="Who calibrates.")
@click.option(
    "--region",
    metavar="X,Y,WIDTH,HEIGHT",
    help="The part of the frame that shows the stage; else that of the last calibration, or all of it.",
)
@click.option(
    "--quick", is_flag=True, help="The empty stage and one part, and no more: no light, no place is measured."
)
@click.option("--no-board", is_flag=True, help="There is no board to lay: where the camera stands is not measured.")
@click.option("--anew", is_flag=True, help="Do not resume what was left in the middle.")
def command(config: Path, by: str, region: str | None, quick: bool, no_board: bool, anew: bool) -> None:
    """Lead through a calibration: clean, light, flat field, focus, place, golden parts, check, signature.

    The station must not be running: the line is halted meanwhile. It takes a white sheet, a cap for the lens, the
    printed board (`station calibration board`), and the golden and challenge parts. What is left in the middle is
    resumed by the same command, for a few hours. The station's next verification is forced, as after every start.
    """
    from station import assembly
    from station.config import load

    numbers = _region(region)
    configuration = load(config)
    board = None if no_board else Board()
    with assembly.calibration(configuration, by, numbers, quick, anew, board) as calibration:
        if calibration.hands:
            click.echo("Simulated bench: its own hands do what is asked, once you press Enter.")
        if found := calibration.session.found:
            begin = " --anew begins from the start." if calibration.session.is_resumed else ""
            click.echo(_wrapped(f"{found}{begin}", ""))
        if not lead(calibration):
            click.echo("Left. The same command goes on from here; the former calibration stays active.")
            sys.exit(1)
        profile = calibration.session.profile
        assert profile is not None, "nothing more is asked for only when a profile is there"
        click.echo(f"Calibration {profile.number:04d} is active. Verification is asked for when the station starts.")
        if profile.unwatched:
            click.secho(profile.unwatched, fg="yellow")


def lead(calibration: Calibration) -> bool:
    """From instruction to instruction; whether it came to its end."""
    session, wizard = calibration.session, calibration.session.wizard
    shown = ""
    while (told := session.told) is not None:
        if wizard.step != shown:
            shown = wizard.step
            number = len(wizard.done) + 1
            click.secho(f"\nStep {number} of {len(wizard.steps)}: {shown}", bold=True)
        done = len(wizard.done)
        match said := ask(calibration, told):
            case "leave":
                return False
            case "undo":
                session.undo()
                shown = ""
                continue
        if calibration.hands:
            calibration.hands.do(told)
        session.answer(said if told.wants else "")
        for each in wizard.done[done:]:
            click.secho(_wrapped(each.said, "  = "), fg="green")
    return True


def ask(calibration: Calibration, told: Ask) -> str:
    """Say what is to be done, show the number meanwhile, wait for the answer: one line, without its blanks."""
    mark = "  ! " if isinstance(told, Adjust) else "  > "
    click.secho(_wrapped(told.text, mark), fg="yellow" if mark == "  ! " else None)
    click.echo(f"    {told.wants.capitalize() + ', or undo, or leave' if told.wants else KEYS}")
    if told.live and sys.stdin.isatty():
        while not select.select([sys.stdin], [], [], EVERY)[0]:
            live = calibration.session.live()
            if live is not None:
                click.secho(f"\r    {live}".ljust(78), nl=False, fg="green" if live.is_good else "yellow")
        click.echo()
    line = sys.stdin.readline()
    if not line:  # whoever closes the terminal has left
        return "leave"
    return line.strip()


def _wrapped(text: str, mark: str) -> str:
    return click.wrap_text(text, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))


def _region(text: str | None) -> Region | None:
    if text is None:
        return None
    try:
        x, y, width, height = (int(number) for number in text.split(","))
    except ValueError:
        raise click.BadParameter("give four whole numbers, X,Y,WIDTH,HEIGHT", param_hint="--region") from None
    if min(x, y) < 0 or min(width, height) < 32:
        raise click.BadParameter(
            "the region must lie in the frame and be at least 32 pixels wide and high", param_hint="--region"
        )
    return Region(x, y, width, height)
