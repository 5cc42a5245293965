"""`station demo`: the whole station on the simulated bench."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.cli.folders import kept_or_thrown_away
from station.cli.output import Placements
from station.types import Inspection

if TYPE_CHECKING:
    from station.assembly import Demo

PATIENCE = 5.0  # seconds from the hand's coming within which a part must be inspected


@click.command("demo")
@click.option("--parts", type=click.IntRange(1), help="How many placements; else until Ctrl-C.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the log here; else it is thrown away.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Which parts come, and how they lie."
)
@click.option(
    "--line", "port", metavar="PORT", help="Tell a real line too, over this serial port (any URL of pyserial)."
)
@click.option("--headless", is_flag=True, help="As fast as it goes, instead of as fast as a hand.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the summary last.")
def command(parts: int | None, data: Path | None, seed: int, port: str | None, headless: bool, as_json: bool) -> None:
    """Run the whole station on the simulated bench: a hand lays parts, the station judges, records and signals.

    The order is for 1041-A; 1041-B looks like it, 1042 is a part that the network has never seen. Everything that
    comes from here is marked as simulated.
    """
    from station import assembly

    with kept_or_thrown_away(data) as folder, assembly.demo(folder, seed, headless, port) as demo:
        placements = Placements(demo.station.order.part_number, as_json)
        placements.knows(demo.station.model.classifier.part_numbers)
        if not as_json:
            click.echo(f"Simulated bench. The order is for {demo.station.order.part_number}. The log is in {folder}.")
        try:
            for inspection, actual in lay_parts(demo, seed, parts):
                placements.show(inspection, actual)
        except KeyboardInterrupt:
            pass
        placements.close()
    if parts is not None and placements.summary()["placements"] < parts:
        click.echo("Some placements led to no inspection.", err=True)
        sys.exit(1)


def lay_parts(demo: Demo, seed: int, parts: int | None) -> Iterator[tuple[Inspection, str | None]]:
    """The hand lays one part after the other; each inspection comes with what truly lay there."""
    from station import service
    from station.simulation import boxes

    station, bench = demo.station, demo.bench
    with service.started(station):
        _next_inspection(demo, until_removed=True)  # the stage has to be seen empty first
        for part_number in itertools.islice(boxes(seed), parts):
            bench.place(part_number)
            inspection = _next_inspection(demo)
            if inspection is not None:
                yield inspection, bench.actual_part_number
            bench.remove()
            _next_inspection(demo, until_removed=True)


def _next_inspection(demo: Demo, until_removed: bool = False) -> Inspection | None:
    """Let the station watch until it has inspected, or, `until_removed`, until the stage is empty again."""
    from station.loop import turn

    station, bench = demo.station, demo.bench
    assert station.trigger
    until = station.clock.monotonic() + PATIENCE
    while station.clock.monotonic() < until:
        inspection = turn(station)
        if inspection is not None:
            return inspection
        if until_removed and bench.at_rest and station.trigger.is_armed:
            return None
    return None
