"""`station log alerts | acknowledge`: what somebody should see to, and who has."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.cli.output import emit, local

if TYPE_CHECKING:
    from station.log.alerts import Alert

DATA = click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")


@click.command("alerts")
@DATA
@click.option("--all", "everything", is_flag=True, help="Those too that are over, or that somebody has taken note of.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an alert, times in UTC.")
def command(data: Path, everything: bool, as_json: bool) -> None:
    """What somebody should see to: verification failed, rejects, drift, disk, clock, database, devices.

    Exit status 1 as long as there is one that nobody has taken note of; `station log acknowledge` does.
    """
    from station.log import alerts, queries
    from station.types import SystemClock

    with queries.reading(data) as rows:
        found = alerts.alerts(rows) if everything else alerts.standing(rows, SystemClock().now())
    for alert in found:
        emit(asdict(alert) | {"mend": alert.mend}) if as_json else click.echo(_lines(alert))
    if not found and not as_json:
        click.echo("There is nothing to see to.")
    sys.exit(1 if any(alert.is_open and alert.stands for alert in found) else 0)


def _lines(alert: Alert) -> str:
    over = f" until {local(alert.until)}" if alert.until else ""
    noted = f"\n          {alert.by} took note, {local(alert.at)}." if alert.by else ""
    told = f"{alert.event:8}  {alert.kind}, since {local(alert.since)}{over}\n          {alert.message}"
    return f"{told}\n          What to do: {alert.mend}{noted}"
