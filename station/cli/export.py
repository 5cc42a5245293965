"""`station log export`: the log for others."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from station.cli.output import moment


def filters(command: Any) -> Any:
    """What is looked for, as `station log search` has it."""
    for option in (
        click.option("--until", callback=moment, metavar="TIME", help="Local time, or with its zone; not included."),
        click.option("--since", callback=moment, metavar="TIME", help="Local time, or with its zone; included."),
        click.option("--image", "image_sha256", metavar="SHA256", help="Hash of the judged picture or of the frame."),
        click.option("--operator"),
        click.option("--serial"),
        click.option("--lot"),
        click.option("--work-order"),
        click.option("--reason", help="wrong_part, unknown_part, too_close, poor_picture, not_verified or fault."),
        click.option("--verdict", type=click.Choice(["PASS", "REJECT", "UNSURE"])),
        click.option("--predicted", "predicted_part_number", metavar="TEXT", help="The part number that was seen."),
        click.option("--part-number", help="Expected part number."),
    ):
        command = option(command)
    return command


@click.command("export")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
@filters
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "jsonl", "epcis", "sqlite", "zip"]),
    default="csv",
    show_default=True,
    help="sqlite: a folder with database, pictures and a script that checks them; zip: the same as one file.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File or folder; without it csv, jsonl and epcis are printed."
)
def command(data: Path, kind: str, out: Path | None, **wanted: Any) -> None:
    """Inspections for others: all that match, oldest first.

    sqlite and zip take all from the first to the last record that matches, up to the next signed head; check.py in
    them needs nothing but Python, and verifies chain, signatures and pictures.
    """
    from station.log import export, queries
    from station.types import SystemClock

    search, now = queries.Search(**wanted), SystemClock().now()
    with queries.reading(data) as rows:
        if kind in ("sqlite", "zip"):
            if out is None:
                raise click.UsageError(f"--format {kind} needs --out.")
            click.echo(_span(data, search, out, now, kind == "zip", rows))
            return
        found = export.matches(rows, search)
        match kind:
            case "csv":
                lines: Iterable[str] = export.csv_lines(found)
            case "jsonl":
                lines = export.json_lines(found)
            case _:
                lines = export.epcis_lines(found, now)
        _write(lines, out)


def _write(lines: Iterable[str], out: Path | None) -> None:
    from station.errors import LogError

    if out is None:
        try:
            sys.stdout.writelines(lines)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever reads has seen enough
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - what is left to flush goes there
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as trouble:
        raise LogError(f"{out} cannot be written ({trouble.strerror}): name another file.") from trouble


def _span(data: Path, search: Any, out: Path, now: Any, zipped: bool, rows: Any) -> str:
    from models.bars import Bars
    from station.log import export
    from station.log.trouble import told_plainly

    bars, folder = Bars(), out.with_suffix("") if zipped else out
    with told_plainly(out.parent):
        try:
            manifest = export.span(rows, data, search, folder, now, bars)
        finally:
            bars.close()
        if zipped:
            shutil.make_archive(str(folder), "zip", folder)
            shutil.rmtree(folder)
    where = folder.with_suffix(".zip") if zipped else folder
    return f"Records {manifest['first']} to {manifest['last']} are in {where}; check.py in it verifies them."
