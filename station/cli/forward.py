"""`station forward`: the records of this station into the central log of all."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from station.cli.output import emit

LONGEST_WAIT = 60.0  # seconds between two tries while the central log is away


@click.command("forward")
@click.option("--config", type=click.Path(path_type=Path), help="station.toml: name and data folder.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder, instead of that of --config.")
@click.option("--name", help="The station's name there, instead of that of --config.")
@click.option(
    "--to",
    envvar="STATION_CENTRAL",
    required=True,
    metavar="URL",
    help="postgresql://user@host/database; the password stands in ~/.pgpass.",
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C; an outage is waited for.")
@click.option("--every", type=click.FloatRange(0.1), default=2.0, show_default=True, help="Seconds, with --follow.")
@click.option("--verify", "is_check", is_flag=True, help="Hold every station's chain there against its hashes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    config: Path | None,
    data: Path | None,
    name: str | None,
    to: str,
    follow: bool,
    every: float,
    is_check: bool,
    as_json: bool,
) -> None:
    """Bring to a PostgreSQL what it has not of this station's log yet, each record once, its chain checked.

    It may be cut off and run again at any time, and beside the station. With --verify exit status 1 where a chain there
    is not as it was sent.
    """
    if is_check:
        sys.exit(0 if check(to, as_json) else 1)
    if config is not None:
        from station.config import load

        configuration = load(config)
        data, name = data or configuration.data, name or configuration.name
    if data is None or not name:
        raise click.UsageError("Name the station: --config, or --data and --name.")
    if not follow:
        bring(data, name, to, as_json)
        return
    wait = every
    while True:
        try:
            bring(data, name, to, as_json, is_quiet=True)
            wait = every
        except OSError as trouble:  # the central log, or this one, is away: nothing is lost, it is brought later
            click.echo(str(trouble), err=True)
            wait = min(2 * wait, LONGEST_WAIT)
        time.sleep(wait)


def bring(data: Path, name: str, to: str, as_json: bool, is_quiet: bool = False) -> None:
    """Once, all that waits."""
    from station.telling import central

    with central.central(to) as connection:
        count = central.forward(data, name, connection)
    if count == 0 and is_quiet:
        return
    if as_json:
        emit({"station": name, "forwarded": count})
    else:
        click.echo(f"{count} records of {name} were forwarded." if count else "There was nothing new.")


def check(to: str, as_json: bool) -> bool:
    """Whether all is whole there."""
    from dataclasses import asdict

    from station.telling import central

    with central.central(to) as connection:
        found = central.verify(connection)
    for each in found:
        if as_json:
            emit(asdict(each))
        elif each.broken is None:
            click.echo(f"{each.station}: {each.elements} records, whole; it ends in {each.end}")
        else:
            click.echo(f"{each.station}: not as it was sent; the first broken record is {each.broken}.")
    return all(each.broken is None for each in found)
