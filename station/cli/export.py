"""`station log export`: the log for others."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    "--out",
    type=click.Path(path_type=Path),
    help="File, for sqlite a folder; csv, jsonl, epcis need none. - is standard output, of sqlite the database alone.",
)
@click.option("--progress", "tells", is_flag=True, help="For a program: how far it is, as JSON on standard error.")
def command(data: Path, kind: str, out: Path | None, tells: bool, **wanted: Any) -> None:
    """Inspections for others: all that match, oldest first.

    sqlite and zip take all from the first to the last record that matches, up to the next signed head or the newest
    record; check.py in them needs nothing but Python, and verifies chain, signatures and pictures. Exit status 1 if
    no record matches.
    """
    from station.log import export, queries
    from station.types import SystemClock

    search, now = queries.Search(**wanted), SystemClock().now()
    if out == Path("-") and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # for a program, whatever the terminal speaks
    out = None if out == Path("-") and kind not in ("sqlite", "zip") else out
    with queries.reading(data) as rows:
        if not queries.search(rows, search, limit=1):
            click.echo("No record matches: there is nothing to export.", err=True)
            sys.exit(1)
        if kind in ("sqlite", "zip"):
            if out is None:
                raise click.UsageError(f"--format {kind} needs --out.")
            if told := _span(data, search, out, now, kind == "zip", rows, _heard(tells)):
                click.echo(told)
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


@contextmanager
def _heard(tells: bool) -> Iterator[Any]:
    """Who hears how far it is: a program, or a person who sees a bar."""
    from models.bars import Bars
    from station.web.program import Teller

    if tells:
        yield Teller(sys.stderr)
        return
    bars = Bars()
    try:
        yield bars
    finally:
        bars.close()


def _span(data: Path, search: Any, out: Path, now: Any, zipped: bool, rows: Any, heard: Any) -> str:
    from station.log import spans
    from station.log.trouble import told_plainly

    with told_plainly(data if out == Path("-") else out.parent), heard as tick:
        if out == Path("-"):
            return _down_the_pipe(data, search, now, zipped, rows, tick)
        if zipped:
            out = out.with_suffix(".zip")
            manifest = _into_a_zip(data, search, out, now, rows, tick)
        else:
            manifest = spans.span(rows, data, search, out, now, tick)
    return f"Records {manifest['first']} to {manifest['last']} are in {out}; check.py in it verifies them."


def _into_a_zip(data: Path, search: Any, out: Path, now: Any, rows: Any, tick: Any) -> dict[str, Any]:
    """The whole zip or none bears the name."""
    from station.errors import LogError
    from station.log import spans

    if out.exists():
        raise LogError(f"{out} is there already: name a file that is not.")
    beside = out.with_name(f".{out.name}")
    try:
        with beside.open("wb") as file:
            manifest = spans.zipped(rows, data, search, file, now, tick)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return manifest


def _down_the_pipe(data: Path, search: Any, now: Any, zipped: bool, rows: Any, tick: Any) -> str:
    """As it is made; says nothing else."""
    from station.log import spans

    try:
        if zipped:
            spans.zipped(rows, data, search, sys.stdout.buffer, now, tick)
        else:
            spans.rows_alone(rows, data, search, sys.stdout.buffer, tick)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - what is left to flush goes there
    return ""
