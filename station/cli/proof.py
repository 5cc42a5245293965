"""`station log verify | key | head`: what proves that the log is as it was recorded."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.cli.output import emit

if TYPE_CHECKING:
    from station.log.verify import Kept, Report

DATA = click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
KEYS = click.option(  # the units take them from /etc/station/environment
    "--key",
    "trusted",
    multiple=True,
    metavar="FINGERPRINT",
    envvar="STATION_KEYS",
    help="Who may have signed; more than once, or STATION_KEYS with blanks between, and none within.",
)


@click.command()
@DATA
@KEYS
@click.option(
    "--head", "heads", multiple=True, metavar="HASH|FILE", help="A head kept elsewhere, a certificate: must be in it."
)
@click.option("--pictures/--no-pictures", default=True, help="Whether pictures are held against their hashes too.")
@JSON
def verify(data: Path, trusted: tuple[str, ...], heads: tuple[str, ...], pictures: bool, as_json: bool) -> None:
    """Hold the log against its own hashes, signatures and pictures. Exit status 1 if anything is not as recorded.

    In the order of what it costs: chain, signatures, tables, database, pictures. An older database that was put back,
    or a log that was written anew with another key, is found by --head and --key alone: keep both elsewhere.
    """
    from models.bars import Bars
    from station.log import queries
    from station.log import verify as proof

    kept, bars = [_kept(head) for head in heads], Bars()
    with queries.reading(data) as connection:
        try:
            report = proof.verify(connection, data, bars, trusted=trusted, elsewhere=kept, pictures=pictures)
        finally:
            bars.close()
    if as_json:
        emit(asdict(report) | {"is_whole": report.is_whole, "first_broken": report.first_broken})
    else:
        for line in sentences(report, pictures):
            click.echo(line)
    sys.exit(0 if report.is_whole else 1)


def sentences(report: Report, pictures: bool = True) -> list[str]:
    """What was found, for people."""
    said = [f"{report.records} inspections, {report.events} events and {report.heads} signed heads were read."]
    if pictures:
        said.append(f"Pictures: {report.kept} are as they were recorded, {report.purged} were purged.")
    said += [f"Signed by the key {key}." for key in report.keys]
    if report.signed < report.last:
        said.append(f"Records {report.signed + 1} to {report.last} are not signed yet.")
    if report.is_whole:
        return [*said, f"The log is whole. Its end, to keep elsewhere: record {report.last}, {report.end}"]
    first = report.first_broken
    said += [each.sentence for each in report.breaks[:20]]
    said += [f"… and {len(report.breaks) - 20} more."] if len(report.breaks) > 20 else []
    return [*said, "The log is not as it was recorded" + (f"; the first broken record is {first}." if first else ".")]


@click.command()
@DATA
@JSON
def key(data: Path, as_json: bool) -> None:
    """The public key that the station signs with, and its fingerprint, to keep elsewhere."""
    from station.log import queries
    from station.log.keys import fingerprint, read_key

    try:
        public = read_key(data).public
    except OSError:
        with queries.reading(data) as connection:
            newest = queries.newest_head(connection)
        if newest is None:
            click.echo(f"Nothing was ever signed in {data}.", err=True)
            sys.exit(1)
        public = newest["public_key"]
    told = {"public_key": public, "fingerprint": fingerprint(public), "algorithm": "Ed25519"}
    if as_json:
        emit(told)
    else:
        click.echo(f"public key   {public}\nfingerprint  {told['fingerprint']}")


@click.command()
@DATA
@JSON
def head(data: Path, as_json: bool) -> None:
    """The newest signed head of the chain, to keep elsewhere: `station log verify --head` finds what was put back."""
    from station.log import queries

    with queries.reading(data) as connection:
        newest = queries.newest_head(connection)
    if newest is None:
        click.echo(f"Nothing was ever signed in {data}.", err=True)
        sys.exit(1)
    if as_json:
        emit(newest)
    else:
        click.echo(f"record {newest['sequence']}, signed {newest['at']}\n{newest['record_hash']}")


def _kept(told: str) -> Kept:
    """A hash, or a file with one: of `station log head --json`, or a certificate."""
    from station.log.verify import Kept

    if len(told) == 64 and set(told) <= set("0123456789abcdef"):
        return Kept(told)
    try:
        found = json.loads(Path(told).read_text("utf-8"))
        found = found.get("head", found)
        return Kept(str(found["record_hash"]), int(found["sequence"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise click.BadParameter(f"{told!r} is neither a hash nor a file with a head", param_hint="--head") from None
