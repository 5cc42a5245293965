"""`station log rejudge`: a span of the log judged again."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.output import emit, local

if TYPE_CHECKING:
    from station.log.record import Row
    from station.rejudge import Again

INTERRUPTED = 130  # exit status, as the shell has it for Ctrl-C


def _place(_: click.Context, __: click.Parameter, told: str | None) -> int | datetime | None:
    """A sequence number, or a local time."""
    if told is None:
        return None
    if told.isdecimal() and len(told) < 19:  # what is longer is no number of a record
        return int(told)
    try:
        return datetime.fromisoformat(told).astimezone()
    except ValueError:
        raise click.BadParameter(f"{told!r} is neither a sequence number nor a time such as 2026-01-05T14:00") from None


def _thresholds(_: click.Context, __: click.Parameter, told: tuple[str, ...]) -> dict[str, float]:
    """PART=0.9, as often as wanted."""
    thresholds = {}
    for each in told:
        part, is_there, number = each.rpartition("=")
        try:
            thresholds[part] = float(number)
        except ValueError:
            is_there = ""
        if not part or not is_there or not 0 <= thresholds[part] <= 1:
            raise click.BadParameter(f"{each!r} is not PART=SCORE with a score from 0 to 1, such as 1041-A=0.9")
    return thresholds


@click.command("rejudge")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder of the station.")
@click.option("--config", type=click.Path(path_type=Path), help="Its station.toml, where that names the bundle.")
@click.option("--from", "first", callback=_place, metavar="SEQUENCE|TIME", help="Local time; included.")
@click.option("--to", "last", callback=_place, metavar="SEQUENCE|TIME", help="A sequence is included, a time is not.")
@click.option("--work-order")
@click.option("--bundle", type=click.Path(path_type=Path), help="Judge with this one, not with those of the records.")
@click.option(
    "--threshold", "thresholds", multiple=True, callback=_thresholds, metavar="PART=SCORE", help="Try another."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record and a summary, times in UTC.")
def command(
    data: Path,
    config: Path | None,
    first: int | datetime | None,
    last: int | datetime | None,
    work_order: str | None,
    bundle: Path | None,
    thresholds: dict[str, float],
    as_json: bool,
) -> None:
    """Judge archived pictures again, and show every verdict that would differ.

    By itself with the very bundle that each record names: scores and distances have to come out bit for bit with the
    runtime and on the kind of processor that made the record, elsewhere within one output step. With --bundle or
    --threshold it shows what these would have changed. Light, focus, motion and verification are the record's.

    The station may run meanwhile; it notices nothing but the load. Exit status 1 if any verdict would differ, or
    numbers differ that must not.
    """
    from station import config as configuration
    from station.bundles import load_bundle
    from station.log import queries
    from station.rejudge import Changed, Judge

    changed = Changed(load_bundle(bundle) if bundle else None, thresholds)
    report = Report(as_json)
    with queries.reading(data) as connection:
        judge = Judge(data, queries.runtimes(connection), changed, config and configuration.load(config).bundle)
        wanted = queries.Search(
            work_order=work_order,
            since=first if isinstance(first, datetime) else None,
            until=last if isinstance(last, datetime) else None,
        )
        begin = first if isinstance(first, int) else 1
        end = last if isinstance(last, int) else queries.newest(connection)
        try:
            for row in _shown(queries.onward(connection, wanted, begin, end), begin, end):
                report.add(judge.again(row))
        except KeyboardInterrupt:
            report.stopped = True
    report.unused = sorted(judge.unused)
    report.close()
    sys.exit(INTERRUPTED if report.stopped else int(report.is_no))


def _shown(rows: Iterable[Row], begin: int, end: int) -> Iterator[Row]:
    """The rows, with a bar that goes by their sequence: counting them first would read the log twice."""
    from models.bars import Bars

    bars = Bars()
    try:
        for row in rows:
            yield row
            bars("Judging again", row["sequence"] - begin + 1, max(1, end - begin + 1))
    finally:
        bars.close()


class Report:
    """Prints what differs, and a summary; for people at the end, since a bar stands there till then."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._likeness: Counter[str] = Counter()
        self._changes: Counter[tuple[str, str]] = Counter()
        self._troubles: Counter[str] = Counter()
        self._lines: list[str] = []
        self._elsewhere = self._unkept = self._judged = 0
        self.stopped = False
        self.unused: list[str] = []  # part numbers of thresholds that no bundle knew

    @property
    def is_no(self) -> bool:
        """Whether a verdict would differ, or numbers do that must not."""
        return bool(self._changes) or bool(self._unkept)

    def add(self, again: Again) -> None:
        """One record."""
        if again.decision is None:
            self._troubles[again.trouble] += 1
        else:
            self._judged += 1
            was, would_be = again.row["verdict"], again.decision.verdict.value
            self._changes.update([(was, would_be)] if again.changes else [])
        if again.likeness is not None:
            self._likeness[again.likeness.value] += 1
            self._elsewhere += not again.same_runtime
            self._unkept += not again.is_kept
        if self._as_json:
            emit(_object(again))
        elif again.changes or not again.is_kept:
            self._lines.append(_line(again))

    def close(self) -> None:
        """The summary."""
        if self._as_json:
            emit(self._summary())
        else:
            if self._lines:
                self._lines.insert(
                    0, f"{'record':>8}  {'time':23}  {'was -> would be':44}  numbers of the expected part"
                )
            for line in [*self._lines, *self._sentences()]:
                click.echo(line)

    def _summary(self) -> dict[str, Any]:
        return {
            "summary": True,
            "judged": self._judged,
            "would_differ": self._changes.total(),
            "changes": {f"{was} to {would_be}": count for (was, would_be), count in self._changes.items()},
            "likeness": dict(self._likeness),
            "not_made_here": self._elsewhere,
            "promise_not_kept": self._unkept,
            "not_judged": dict(self._troubles),
            "thresholds_not_used": self.unused,
            "interrupted": self.stopped,
        }

    def _sentences(self) -> Iterator[str]:
        yield f"{self._judged} records judged again{', then interrupted' if self.stopped else ''}."
        if self._likeness:
            told = ", ".join(f"{count} {likeness}" for likeness, count in self._likeness.most_common())
            yield f"Scores and distances: {told}."
        if self._elsewhere:
            yield (
                f"{self._elsewhere} of them were made with another runtime or kind of processor, or do not say: "
                "there one output step is allowed."
            )
        if self._unkept:
            yield f"{self._unkept} differ by more than they may: look at their pictures and at `station doctor`."
        for why, count in self._troubles.items():
            yield f"{count} could not be judged again: {why.rstrip('.')}."
        for part in self.unused:
            yield f"The threshold for {part} changed nothing: no bundle that judged knows this part number."
        if not self._judged:
            yield "No record was judged again."
        elif not self._changes:
            yield "No verdict would differ."
        for (was, would_be), count in self._changes.most_common():
            yield f"{count} would go from {was} to {would_be}{', for another reason' * (was == would_be)}."


def _object(again: Again) -> dict[str, Any]:
    row, decision = again.row, again.decision
    return {
        **{name: row[name] for name in ("sequence", "acquired_at", "part_number", "verdict", "reason", "model")},
        "would_be": decision and decision.verdict.value,
        "would_be_reason": decision and decision.reason.value,
        "changes": again.changes,
        "score": row["score"],
        "score_now": again.score,
        "distance": row["distance"],
        "distance_now": again.distance,
        "likeness": again.likeness and again.likeness.value,
        "same_runtime": again.same_runtime,
        "trouble": again.trouble or None,
    }


def _line(again: Again) -> str:
    row, decision = again.row, again.decision
    assert decision
    was, now = f"{row['verdict']} {row['reason']}".rstrip(), f"{decision.verdict} {decision.reason}".rstrip()
    numbers = "  ".join(
        f"{name} {_number(row[name])} -> {_number(value)}"
        for name, value in (("score", again.score), ("distance", again.distance))
    )
    said = f"{was} -> {now}" if again.changes else was
    return "  ".join(
        filter(None, [f"{row['sequence']:8}", local(row["acquired_at"]), f"{said:44}", numbers, again.likeness or ""])
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
