"""`station calibrate`: the wizard in a terminal."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from calibration.profile import Region
from calibration.wizard import Ask


@click.command("calibrate")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="station.toml")
@click.option("--by", default=getpass.getuser, show_default="your login name", help="Who calibrates.")
@click.option(
    "--region", metavar="X,Y,WIDTH,HEIGHT", help="The part of the frame that shows the stage; else all of it."
)
def command(config: Path, by: str, region: str | None) -> None:
    """Measure the empty stage and a part in focus, and make what was measured the active calibration.

    The station must not be running. Its next verification is forced, as after every start.
    """
    from station import assembly
    from station.config import load

    numbers = _region(region)
    configuration = load(config)
    with assembly.calibration(configuration, by, numbers) as session:
        ask: Ask | None = session.first()
        while ask is not None:
            click.prompt(f"{ask.text} Then press Enter", default="", show_default=False, prompt_suffix=" ")
            ask = session.answer()
        assert session.profile is not None, "nothing more is asked for only when a profile is there"
        click.echo(f"Calibration {session.profile.number:04d} is active.")


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
