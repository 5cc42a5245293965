"""`station study`: whether the same part is called the same, whoever lays it, again and again, and rightly."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calibration.agreement import Limits
from station.cli.collect import _name
from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit

if TYPE_CHECKING:
    from calibration.agreement import Appraisal, Study
    from station.study import Plan, StudySession

LIMITS = Limits()


def _limits(command: Any) -> Any:
    """The options that hold what is asked for, as shares."""
    share = click.FloatRange(0, 1)
    for name, value, words in (
        ("--kappa", LIMITS.kappa, "Least agreement with the truth beyond chance."),
        ("--false-alarm", LIMITS.false_alarm, "Most placements of good parts that are not passed."),
        ("--miss", LIMITS.miss, "Most placements of wrong parts that are passed."),
        ("--effectiveness", LIMITS.effectiveness, "Least share of pieces that are called rightly every time."),
    ):
        command = click.option(name, type=share, default=value, show_default=True, help=words)(command)
    return command


@click.group("study")
def command() -> None:
    """Attribute agreement study (gauge study): P parts, T trials, several people; one page for the audit."""


@command.command("run")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="station.toml")
@click.option("--name", required=True, callback=_name, help="Of the study; the same name goes on with it.")
@click.option(
    "--pieces", required=True, type=click.Path(path_type=Path), help="CSV: piece, truth (good or wrong), part_number."
)
@click.option("--people", required=True, metavar="A,B,C", help="Who lays the parts.")
@click.option("--trials", default=3, show_default=True, type=click.IntRange(1, 20), help="How often each lays each.")
@_limits
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the study last.")
def run(
    config: Path,
    name: str,
    pieces: Path,
    people: str,
    trials: int,
    effectiveness: float,
    miss: float,
    false_alarm: float,
    kappa: float,
    as_json: bool,
) -> None:
    """Ask for one placement after the other, in an order that hides what is laid, and judge each as the line does.

    The station must not be running. Ctrl-C ends it early; what was laid is kept, and the same command goes on. Exit
    status 1: the limits are not met, or placements are left.
    """
    from station import assembly
    from station.config import load
    from station.study import Plan, by_lot, judged, read_pieces

    known, kinds = read_pieces(pieces)
    names = tuple(filter(None, (each.strip() for each in people.split(","))))
    if not names or len(set(names)) < len(names):
        raise click.BadParameter("name each person once, with commas between", param_hint="--people")
    plan = Plan(known, kinds, names, trials, by_lot())
    with assembly.studying(load(config), plan, name) as session:
        with suppress(KeyboardInterrupt):
            _lay(session, as_json)
        if session.left:
            click.echo(f"{session.left} placements are left; the same command goes on.", err=True)
            sys.exit(1)
        plan = session.plan
        found = judged(plan, session.done, Limits(effectiveness, miss, false_alarm, kappa))
    _show(found, _about(name, plan), as_json)


def _about(name: str, plan: Plan) -> list[tuple[str, str]]:
    """The head of the page: what, and its words."""
    return [
        ("study", name),
        ("people", ", ".join(plan.people)),
        ("pieces × trials", f"{len(plan.pieces)} × {plan.trials}"),
        ("order", f"drawn by lot, seed {plan.seed}"),
    ]


def _lay(session: StudySession, as_json: bool) -> None:
    of = len(session.done) + session.left
    while session.left:
        appraiser, trial, piece = session.wanted
        if not as_json:
            click.echo(f"{len(session.done) + 1:4} of {of}  {appraiser}, trial {trial}: lay the piece {piece.name}.")
        outcome = session.take()
        if as_json:
            emit({"appraiser": appraiser, "trial": trial, "piece": piece.name} | asdict(outcome))
        elif outcome.passed is None:
            click.secho(f"            again: {outcome.said}", fg="yellow")


@command.command("report")
@click.argument("name")
@DATA
@CONFIG
@_limits
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the page there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def report(
    name: str,
    data: Path | None,
    config: Path | None,
    effectiveness: float,
    miss: float,
    false_alarm: float,
    kappa: float,
    out: Path | None,
    as_json: bool,
) -> None:
    """The page of a study that was made. Exit status 1: the limits are not met."""
    from station.study import Kept, judged

    kept = Kept(named(data, config)[0], name).read()
    if kept is None:
        click.echo(f"There is no study {name}; `station study run` makes one.", err=True)
        sys.exit(1)
    plan, done, head = kept.plan, kept.done, kept.head
    found = judged(plan, done, Limits(effectiveness, miss, false_alarm, kappa))
    planned = len(plan.rounds())
    about = [
        *_about(name, plan),
        ("placements", f"{len(done)} of {planned}" + (", NOT COMPLETE" if len(done) < planned else "")),
        ("model", str(head.get("model", ""))[:78]),
        ("calibration", str(head.get("calibration", ""))[:78]),
    ]
    if head.get("is_simulated"):
        about.insert(0, ("SIMULATED", "no real part was laid"))
    _show(found, about, as_json, out)


def _show(found: Study, about: list[tuple[str, str]], as_json: bool, out: Path | None = None) -> None:
    from calibration.agreement import page
    from station.errors import DataError

    if as_json:
        emit({"is_met": found.is_met, "all": _told(found.all), "each": [_told(one) for one in found.each]})
    elif out is None:
        click.echo(page(found, about), nl=False)
    if out is not None:
        try:
            out.write_text(page(found, about), "utf-8")
        except OSError as trouble:
            raise DataError(f"{out} cannot be written ({trouble.strerror}); name another file.") from trouble
    sys.exit(0 if found.is_met else 1)


def _told(one: Appraisal) -> dict[str, Any]:
    shares = {name: getattr(one, name) for name in ("effectiveness", "repeatability", "miss", "false_alarm")}
    told: dict[str, Any] = {"name": one.name, "kappa": one.kappa.value if one.kappa.value == one.kappa.value else None}
    for name, share in shares.items():
        told[name] = {"count": share.count, "of": share.of, "interval": share.interval}
    return told
