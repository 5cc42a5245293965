"""`station log stats`: yield, rejects and gaps."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.cli.output import emit, local, moment

if TYPE_CHECKING:
    from station.log.figures import Figure


def _shifts(_: click.Context, __: click.Parameter, told: tuple[str, ...]) -> tuple[time, ...]:
    try:
        return tuple(time.fromisoformat(each) for each in told)
    except ValueError:
        raise click.BadParameter(f"{' '.join(told)!r} are not times such as 06:00") from None


@click.command("stats")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
@click.option(
    "--by",
    type=click.Choice(["hour", "shift", "day", "part_number", "operator", "model", "reason"]),
    default="day",
    show_default=True,
)
@click.option("--since", callback=moment, metavar="TIME", help="Local time, or with its zone.")
@click.option("--until", callback=moment, metavar="TIME", help="Local time, or with its zone.")
@click.option(
    "--shift", "shifts", multiple=True, callback=_shifts, metavar="TIME", help="When one begins. Again for each."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a group, then one a gap.")
def command(
    data: Path, by: str, since: datetime | None, until: datetime | None, shifts: tuple[time, ...], as_json: bool
) -> None:
    """Yield, rejects by reason, UNSURE, retries, people's acts and times of decision; and when the station was down.

    Times count by whole quarters of an hour. Golden and challenge parts are counted apart. Exit status 1 if
    there is nothing.
    """
    from station.log import queries
    from station.log.figures import SHIFTS, figures, gaps

    with queries.reading(data) as rows:
        found = figures(rows, by, since, until, shifts=shifts or SHIFTS)
        breaks = gaps(rows, since, until)
    for figure in found:
        emit({"by": by, **figure.told()}) if as_json else click.echo(_line(figure))
    for gap in breaks:
        if as_json:
            emit({"gap": gap.kind, **{name: value for name, value in asdict(gap).items() if name != "kind"}})
        else:
            click.echo(f"{gap.kind:9} {local(gap.begin)} to {local(gap.end) if gap.end else 'now'}: {gap.why}")
    if not found and not as_json:
        click.echo("Nothing was inspected.")
    sys.exit(0 if found else 1)


def _line(figure: Figure) -> str:
    told = figure.told()
    share = "" if told["yield"] is None else f"{told['yield']:7.1%} passed"
    pace = "" if told["decision_ms"] is None else f"  {told['decision_ms']:.1f} ms (at most {told['slowest_ms']:.1f})"
    reasons = [f"{name} {count}" for name, count in sorted(figure.reasons.items(), key=lambda each: -each[1])]
    acts = [f"{name} {count}" for name, count in sorted(figure.acts.items())]
    marks = [f"retries {figure.retries}"] if figure.retries else []
    marks += [f"{name} {count}" for name in ("unverified", "bypassed") if (count := getattr(figure, name))]
    marks += [f"golden and challenge parts {figure.masters}"] if figure.masters else []
    marks += ["(simulated)"] if figure.simulated else []
    said = ", ".join(reasons + acts + marks)
    return f"{figure.key or '-':24} {figure.inspected:8} {share}{pace}  {said}".rstrip()
