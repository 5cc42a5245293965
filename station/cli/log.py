"""`station log`: look into the traceability log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from station.cli import alerts, certificate, explain, export, proof, rejudge, shadow, stats, supervise
from station.cli.output import emit, local
from station.log.record import Row

DATA = click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, times in UTC.")


@click.group("log")
def command() -> None:
    """The traceability log. Times are asked for and shown in local time, with their zone; the log keeps UTC.

    Each of these gives way to a station that runs: for the processor (SCHED_IDLE), and for the disk (ionice idle).
    """


command.add_command(alerts.command)
command.add_command(certificate.command)
command.add_command(explain.command)
command.add_command(export.command)
command.add_command(rejudge.command)
command.add_command(shadow.command)
command.add_command(stats.command)
for each in (proof.verify, proof.key, proof.head, *supervise.COMMANDS):
    command.add_command(each)


@command.command()
@DATA
@export.filters
@click.option(
    "--after",
    "--before",
    "after",
    type=click.IntRange(0, 2**63 - 1),
    metavar="CURSOR",
    help="The next page, which begins after the record with this sequence number.",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@JSON
def search(
    data: Path,
    after: int | None,
    limit: int,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Find inspections, newest first; all that is given has to fit. Exit status 1 if there are none.

    With --json a line `{"after": N}` follows when the page is full: the cursor for the next one.
    """
    from station.log import queries

    with queries.reading(data) as connection:
        rows = queries.search(connection, queries.Search(**wanted), after, limit)
    for row in rows:
        emit(row) if as_json else click.echo(_line(row))
    if as_json and len(rows) == limit:
        emit({"after": rows[-1]["sequence"]})
    if not as_json:
        _say_where_it_goes_on(rows, limit)
    sys.exit(0 if rows else 1)


@command.command()
@click.argument("record")
@DATA
@JSON
def show(record: str, data: Path, as_json: bool) -> None:
    """All that is known of one inspection, and what people did about it. Exit status 1 if there is none.

    RECORD is its sequence number or its id.
    """
    from station.log import queries
    from station.log.archive import Archive

    with queries.reading(data) as connection:
        row = queries.show(connection, record)
        acts = queries.acts_about(connection, row["sequence"]) if row else []
    if row is None:
        click.echo(f"There is no record {record} in {data}.", err=True)
        sys.exit(1)
    paths = {name: Archive(data).path_of(row[f"{name}_sha256"] or "") for name in ("image", "frame")}
    row |= {f"{name}_file": None if path is None else str(path) for name, path in paths.items()}
    if as_json:
        emit(row | {"acts": acts})
        return
    _sheet(row)
    for act in acts:
        who = f" by {act['operator']}" if act["operator"] else ""
        click.echo(f"{local(act['at'])}  {act['kind']}{who}: {act['message']}")


def _line(row: Row) -> str:
    seen = row["predicted_part_number"] or "nothing"
    order = " ".join(row[name] for name in ("work_order", "lot", "serial") if row[name])
    marks = " (simulated)" if row["is_simulated"] else ""
    return (
        f"{row['sequence']:8}  {local(row['acquired_at'])}  {row['verdict']:6}  {row['reason'] or '-':12}"
        f"  expected {row['part_number']}, seen {seen}  {order}{marks}".rstrip()
    )


def _sheet(row: Row) -> None:
    width = max(map(len, row))
    for name, value in row.items():
        if name in ("acquired_at", "decided_at"):
            value = f"{local(value)}   {value}"
        if name == "measures":
            value = "".join(f"\n{'':{width}}  {key}: {number}" for key, number in value.items()).lstrip()
        if value not in (None, ""):
            click.echo(f"{name:{width}}  {value}")


def _say_where_it_goes_on(rows: list[Row], limit: int) -> None:
    if not rows:
        click.echo("No record matches.")
    elif len(rows) == limit:
        click.echo(f"Older ones: the same with --after {rows[-1]['sequence']}")
