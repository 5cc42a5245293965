"""`station collect`: labelled pictures from the stage, one placement after the other."""

from __future__ import annotations

import getpass
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.output import emit

if TYPE_CHECKING:
    from station.collect.collection import Collection


def _name(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's signature
    """What becomes a part of a file's name."""
    if not value or value != value.strip() or value.startswith(".") or not value.isprintable() or set(value) & {*"/\\"}:
        raise click.BadParameter("it names files; leave out slashes, and dots and blanks at its ends")
    return value


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


@click.command("collect")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="station.toml")
@click.option("--part", required=True, metavar="PART", callback=_name, help="The part number that is laid.")
@click.option("--count", default=30, show_default=True, type=click.IntRange(1), help="How many pictures.")
@click.option("--specimens", default=5, show_default=True, type=click.IntRange(1), help="Of how many single pieces.")
@click.option("--specimen", default=1, show_default=True, type=click.IntRange(0), help="Number of the first piece.")
@click.option("--session", default=_now, show_default="now, in UTC", callback=_name, help="Name it to go on with it.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The data set; else `collected` in the data folder of the station."
)
@click.option("--by", default=getpass.getuser, show_default="your login name", help="Who collects.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the summary last.")
def command(
    config: Path,
    part: str,
    count: int,
    specimens: int,
    specimen: int,
    session: str,
    out: Path | None,
    by: str,
    as_json: bool,
) -> None:
    """Collect labelled pictures of one part number at the stage, to teach it to a network.

    It asks for one placement after the other, and keeps what passes the gates of the line and was not laid so before.
    Number the pieces and lay them in turn: each fifth piece is set aside for the test. The station must not be
    running. Ctrl-C ends it early; what was kept stays.
    """
    from station import assembly
    from station.collect.wanted import Wanted
    from station.config import load

    configuration = load(config)
    wanted = Wanted(part, session, count, specimen, specimens)
    folder = out or configuration.data / "collected"
    with assembly.collecting(configuration, wanted, folder, by) as collection:
        told = Told(collection, folder, as_json)
        told.begin()
        try:
            while collection.left:
                told.placement()
        except KeyboardInterrupt:
            pass
        told.end()
        if collection.left:
            sys.exit(1)


class Told:
    """What the technician reads, or a program: each request and what came of it, and what the data set is worth."""

    def __init__(self, collection: Collection, folder: Path, as_json: bool) -> None:
        self._collection, self._folder, self._as_json = collection, folder, as_json

    def begin(self) -> None:
        """What is wanted, and where it goes."""
        wanted, left = self._collection.wanted, self._collection.left
        if self._collection.manifest.is_simulated:
            self._say("Simulated bench: it lays the parts by itself, and the manifest calls each picture simulated.")
        self._say(
            f"{left} pictures of {wanted.part_number} are wanted, of {wanted.specimens} specimens, into {self._folder}."
        )

    def placement(self) -> None:
        """Ask for one placement, and tell what came of it."""
        collection = self._collection
        asked = {"asks": collection.asks, "specimen": collection.specimen, "left": collection.left}
        self._say(f"{asked['left']:4}  {asked['asks']}", asked)
        outcome = collection.take()
        said = f"not kept: {outcome.refusal}" if outcome.refusal else f"kept as {outcome.file}"
        self._say(f"      {click.style(said, fg='yellow' if outcome.refusal else 'green')}", asdict(outcome))

    def end(self) -> None:
        """What was kept, how to go on, and what is still lacking before it can be learnt from."""
        collection, wanted = self._collection, self._collection.wanted
        lacks = list(collection.manifest.lacks(wanted.part_number))
        splits = Counter(entry.split for entry in collection.manifest.of(wanted.part_number))
        self._say(
            f"\n{collection.kept} pictures were kept, {collection.refused} placements refused. "
            f"{wanted.part_number} has {splits['train']} to learn from and {splits['test']} for the test.",
            {"summary": True}
            | asdict(wanted)
            | {"kept": collection.kept, "refused": collection.refused, "left": collection.left, "splits": dict(splits)}
            | {"lacks": lacks, "is_simulated": collection.manifest.is_simulated},
        )
        if collection.left:
            self._say(f"{collection.left} are left: the same command with --session {wanted.session} goes on.")
        if lacks:
            self._say("Still lacking, before it can be learnt from:")
        for lack in lacks:
            self._say(f"- {lack}")

    def _say(self, sentence: str, line: dict[str, Any] | None = None) -> None:
        """For people the sentence; for programs the line, where there is one."""
        if not self._as_json:
            click.echo(sentence)
        elif line is not None:
            emit(line)
