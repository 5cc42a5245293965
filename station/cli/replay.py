"""`station replay`: every picture is one placement, down the very path of the line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from station.cli.folders import kept_or_thrown_away
from station.cli.output import Placements


@click.command("replay")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--bundle", required=True, type=click.Path(path_type=Path), help="The released network, a folder.")
@click.option("--expect", required=True, metavar="PART", help="The part number of the order.")
@click.option("--split", help="Only the pictures of these splits of the manifest, such as test,unknown.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the log here; else it is thrown away.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(folder: Path, bundle: Path, expect: str, split: str | None, data: Path | None, as_json: bool) -> None:
    """Judge every picture of FOLDER as if it had been laid on the stage.

    The log and the signal are those of the line. There is no stage to calibrate or verify: the records say so.
    """
    from station import assembly, loop, service

    splits = None if split is None else split.split(",")
    with kept_or_thrown_away(data) as log, assembly.replay(folder, splits, bundle, expect, log) as replay:
        placements = Placements(expect, as_json)
        placements.knows(replay.station.model.classifier.part_numbers)
        with service.started(replay.station):
            for inspection in loop.replay(replay.station):
                placements.show(inspection, replay.actual.get(inspection.source))
        placements.close()
    if placements.faults:
        sys.exit(3)
