"""`station log release | escape | acknowledge | retention | purge | backup | restore`: a supervisor's acts."""

from __future__ import annotations

import getpass
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.output import emit
from station.cli.proof import KEYS

if TYPE_CHECKING:
    from station.desk import Desk, Left

DATA = click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
BY = click.option("--by", default=getpass.getuser, show_default="your login name", help="Who does it, for the log.")
REASON = click.option("--reason", required=True, help="Why, in words; it is asked for years later.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
NOT_YET = (
    "{what}: nothing of that is deleted yet. The station has not come to record it, and does so when it can, between "
    "two placements; within an hour from then it deletes them itself."
)


class Term(click.FloatRange):
    """Days or GiB, as on the desk and in station.toml: a number from 0 to 100000."""

    def __init__(self) -> None:
        super().__init__(0, 100_000)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number


@click.command()
@click.argument("record", type=int)
@DATA
@BY
@REASON
@JSON
def release(record: int, data: Path, by: str, reason: str, as_json: bool) -> None:
    """Let a part go that was rejected, unsure or held. Its record stays as it is."""
    desk = _desk(data)
    _tell(desk, desk.release(record, by, reason), f"The part of record {record} is released", as_json)


@click.command()
@click.argument("record", type=int)
@click.option("--part-number", default="", help="What the part truly is, where that is known.")
@DATA
@BY
@REASON
@JSON
def escape(record: int, part_number: str, data: Path, by: str, reason: str, as_json: bool) -> None:
    """Enter that a part which passed, or was released, turned out to be wrong. Its record stays as it is."""
    desk = _desk(data)
    _tell(desk, desk.escape(record, by, reason, part_number), f"Record {record} is an escape", as_json)


@click.command()
@click.argument("alert", type=int)
@DATA
@BY
@click.option("--remark", default="", help="Whatever is to be kept about it.")
@JSON
def acknowledge(alert: int, data: Path, by: str, remark: str, as_json: bool) -> None:
    """Take note of ALERT, by the number that `station log alerts` shows."""
    desk = _desk(data)
    _tell(desk, desk.acknowledge(alert, by, remark), f"{by} has taken note of alert {alert}", as_json)


@click.command()
@click.option("--passed-days", type=Term(), default=0.0, help="Pictures of passed parts; 0: for ever.")
@click.option("--others-days", type=Term(), default=0.0, help="All other pictures; 0: for ever.")
@click.option("--free-gib", type=Term(), default=0.0, help="Below it, passed parts' pictures go earlier.")
@DATA
@BY
@REASON
@JSON
def retention(
    passed_days: float, others_days: float, free_gib: float, data: Path, by: str, reason: str, as_json: bool
) -> None:
    """Say how long pictures are kept from now on, whatever [keeping] in station.toml says. Rows are kept for ever."""
    from station.log.keeping import Terms

    desk, terms = _desk(data), Terms(passed_days, others_days, free_gib)
    _tell(desk, desk.retain(terms, by, reason), f"Pictures are kept {terms}", as_json)


@click.command()
@click.option("--passed-days", type=Term(), help="Instead of what is in force.")
@click.option("--others-days", type=Term(), help="Instead of what is in force.")
@click.option("--free-gib", type=Term(), help="Instead of what is in force.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@DATA
@BY
@REASON
@JSON
def purge(
    passed_days: float | None,
    others_days: float | None,
    free_gib: float | None,
    dry_run: bool,
    data: Path,
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    """Let pictures go that are older than the terms in force, or than is said here.

    In force is what `station log retention` said last, else [keeping] of station.toml, which stations note in the log.

    Rows, hashes and numbers stay, and the log tells of it first. Pictures of passed parts go first, also when room is
    needed; those of rejects, holds and verifications only when --others-days have passed. Exit status 1 where a running
    station does not come to record it at once: then it deletes them itself, later, and this says so.
    """
    from dataclasses import replace

    from models.bars import Bars
    from station.desk import PATIENCE
    from station.log import keeping, queries
    from station.log.archive import Archive
    from station.types import SystemClock

    said = {"passed_days": passed_days, "others_days": others_days, "free_gib": free_gib}
    clock = SystemClock()
    now = clock.now() if clock.is_synchronised() else None
    if now is None:
        doubt = "The clock is not synchronised: nothing goes by its age. Mend: sudo timedatectl set-ntp true"
        click.echo(doubt, err=True)
    with queries.reading(data) as rows:
        terms = keeping.terms_in_force(rows)
        terms = replace(terms, **{name: value for name, value in said.items() if value is not None})
        planned = keeping.plan(rows, data, terms, now, Archive(data).free_space)
        ends = {each.through: queries.hash_of(rows, each.through) for each in planned}
    if not planned or dry_run:
        for each in planned:
            emit(each.details) if as_json else click.echo(f"{each.message}.")
        if not planned and not as_json:
            click.echo(f"Nothing has to go; pictures are kept {terms}.")
        return
    desk = _desk(data)
    for each in planned:
        left = desk.note("purge", each.message, by, reason, of=ends[each.through], **each.details)
        if desk.recorded(left, PATIENCE) is None:
            raise click.ClickException(NOT_YET.format(what=each.message))
        bars = Bars()
        with queries.reading(data) as rows:
            count, size = keeping.purge(rows, data, each, bars)
        bars.close()
        told = each.details | {"pictures": count, "bytes": size}
        emit(told) if as_json else click.echo(f"{each.message}: {count} pictures, {size / 1e6:.1f} MB.")


@click.command()
@click.argument("to", type=click.Path(path_type=Path))
@DATA
@KEYS
@JSON
def backup(to: Path, data: Path, trusted: tuple[str, ...], as_json: bool) -> None:
    """Copy the log into the folder TO, while the station runs, and verify the copy. Exit status 1 if it is not whole.

    A folder with an earlier backup is brought up to date. The station's private key stays in the data folder.
    """
    from dataclasses import asdict

    from models.bars import Bars
    from station.cli.proof import sentences
    from station.log.backup import backup

    bars = Bars()
    try:
        report = backup(data, to, bars, trusted)
    finally:
        bars.close()
    if as_json:
        emit(asdict(report) | {"is_whole": report.is_whole, "to": str(to)})
    else:
        click.echo("\n".join([f"The log was copied to {to}.", *sentences(report)]))
    sys.exit(0 if report.is_whole else 1)


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option("--salvage", is_flag=True, help="There is no backup: save what can be read, and begin a new chain.")
@click.option("--despite-pictures", is_flag=True, help="There is no backup with all pictures: put this one back.")
@DATA
@KEYS
@BY
@REASON
@JSON
def restore(
    source: Path | None,
    salvage: bool,
    despite_pictures: bool,
    data: Path,
    trusted: tuple[str, ...],
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    """Put the backup SOURCE in the place of the log. The log that was there is set aside whole; nothing is deleted.

    With --salvage instead of a backup what can be read of a damaged log is saved beside it, and a new chain begins
    that names the end of the old one. The station must be stopped.
    """
    from models.bars import Bars
    from station.log import backup
    from station.types import SystemClock

    if (source is None) is not salvage:
        raise click.UsageError("Name a backup, or say --salvage where there is none.")
    bars = Bars()
    try:
        if source is None:
            restored = backup.salvage(data, SystemClock(), by, reason, bars)
        else:
            clock = SystemClock()
            how: dict[str, Any] = {"despite_pictures": despite_pictures, "trusted": trusted}
            restored = backup.restore(source, data, clock, by, reason, bars, **how)
    finally:
        bars.close()
    if as_json:
        aside = restored.aside and str(restored.aside)
        emit({"aside": aside, "lost": restored.lost, "last": restored.last, "signed_by": restored.keys})
        return
    if source is None:
        click.echo(f"The old log lies in {restored.aside}, with what could be read of it; it ended at {restored.last}.")
        click.echo(f"{len(restored.lost)} records could not be read. A new chain has begun.")
    else:
        click.echo(f"The log was put back from {source}; it ended with record {restored.last}.")
        click.echo(f"It is signed by {', then '.join(restored.keys)}: compare that with what was kept on paper.")
        click.echo(f"What was there lies in {restored.aside}." if restored.aside else "There was none before.")


def _desk(data: Path) -> Desk:
    from station.desk import Desk

    return Desk(data)


def _tell(desk: Desk, left: Left, message: str, as_json: bool) -> None:
    sequence = desk.recorded(left)
    if as_json:
        emit({"event": sequence, "message": message})
    elif sequence is None:
        click.echo(f"{message} as soon as the station comes to record it, between two placements.")
    else:
        click.echo(f"{message}; the log tells of it in record {sequence}.")


COMMANDS = (release, escape, acknowledge, retention, purge, backup, restore)
