"""`station log explain`: why a record says what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.output import emit, local
from station.errors import LogError

if TYPE_CHECKING:
    from models.explain import Explanation
    from station.explain import Explained
    from station.readings import Reading


@click.command("explain")
@click.argument("record")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
@click.option("--bundle", type=click.Path(path_type=Path), help="Where its bundle lies, if the station has it not.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="A PNG: the patch, what mattered in it, what lies nearest."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC.")
def command(record: str, data: Path, bundle: Path | None, out: Path | None, as_json: bool) -> None:
    """Why RECORD (its number or its id) was judged so: gate, numbers with their limits, nearest known examples.

    It is computed here, beside the station, from the archived picture and the bundle that the record names. The map of
    --out shows what mattered: each place is covered in turn, and judged again. Exit status 1 if there is no such
    record.
    """
    from models.bars import Bars
    from station.explain import explain, looked_at
    from station.log import queries

    with queries.reading(data) as connection:
        row = queries.show(connection, record)
    if row is None:
        click.echo(f"There is no record {record} in {data}.", err=True)
        sys.exit(1)
    explained = explain(row, data, bundle)
    if not as_json:
        _tell(explained)
    bars = Bars()
    try:
        patch, explanation = looked_at(explained, data, bars)
    except LogError as trouble:
        if as_json:
            emit(explained.as_json() | {"nearest": None, "trouble": str(trouble)})
        raise
    finally:
        bars.close()
    if out is not None:
        from station.drawn import drawn

        _write(out, drawn(explained, patch, explanation))
    if as_json:
        emit(explained.as_json() | _found(explanation, out))
    else:
        _tell_nearest(explanation, out)


def _tell(explained: Explained) -> None:
    row = explained.row
    click.echo(
        f"Record {row['sequence']}, {local(row['acquired_at'])}: {row['verdict']} {row['reason']}".rstrip()
        + (" (simulated)" if row["is_simulated"] else "")
    )
    click.echo(
        f"Expected {row['part_number']}, seen {row['predicted_part_number'] or 'nothing'}. {row['advice']}".rstrip()
    )
    click.echo(explained.sentence + "\n")
    for reading in explained.readings:
        mark = "open  " if reading.is_open else click.style("closed", fg="red", bold=True)
        click.echo(f"  {mark}  {reading.gate:14}  {reading.what:24}  {reading.value:8.3f}   {_limits(reading)}")


def _limits(reading: Reading) -> str:
    limits = {"at least": reading.least, "at most": reading.most}
    return ", ".join(f"{word} {limit:.4g}" for word, limit in limits.items() if limit is not None)


def _tell_nearest(explanation: Explanation, out: Path | None) -> None:
    from station.drawn import meaning

    click.echo("\nThe nearest known examples, of all part numbers:")
    for near in explanation.nearest:
        click.echo(f"  {near.part_number}  distance {near.distance:.3f}")
    if any(near.picture is None for near in explanation.nearest):
        click.echo("This bundle keeps no pictures of its known examples.")
    click.echo("\nOf the picture:")
    for line in meaning(explanation):
        click.echo(f"  {line}.")
    click.echo(f"Drawn into {out}." if out else "See it: the same with --out picture.png")


def _found(explanation: Explanation, out: Path | None) -> dict[str, Any]:
    near = [{"part_number": each.part_number, "distance": each.distance} for each in explanation.nearest]
    heat = {"score": float(explanation.heat.score.max()), "distance": float(explanation.heat.distance.max())}
    return {"nearest": near, "greatest_change": heat, "picture": out and str(out)}


def _write(out: Path, picture: Any) -> None:
    import cv2

    try:
        out.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as trouble:
        raise LogError(f"{out} cannot be written ({trouble.strerror or trouble}); name another file.") from trouble
