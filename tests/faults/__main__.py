"""`python -m tests.faults`: make every fault, print the table, exit with 1 if one did not end as it must."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable

import click

from tests.faults import bench, process
from tests.faults.table import Outcome, printed


@click.command()
@click.option("--only", type=click.Choice(["bench", "process"]), help="One half of them.")
def main(only: str | None) -> None:
    """Make every fault and print what came of it."""
    logging.disable(logging.CRITICAL)  # of the program under test; its sentences are in the table
    found: list[Outcome] = []
    if only != "process":
        found += _told(bench.outcomes())
    if only != "bench":
        if os.geteuid():
            click.echo("The faults of disk and process need root, for a mount of their own: sudo.", err=True)
            sys.exit(2)
        found += _told(process.outcomes())
    for line in printed(found):
        click.echo(line)
    sys.exit(0 if all(each.is_well for each in found) else 1)


def _told(outcomes: Iterable[Outcome]) -> list[Outcome]:
    found: list[Outcome] = []
    for each in outcomes:
        click.echo(f"{each.fault} …", err=True)
        found.append(each)
    return found


main()
