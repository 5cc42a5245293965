"""`station verification`: golden and challenge parts, and working without them in somebody's name."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit, local
from station.errors import LogError
from station.masters import Result
from station.verification import bypass_seconds

if TYPE_CHECKING:
    from sqlite3 import Connection

    from station.config import Configuration
    from station.log.record import Row

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, times in UTC.")
PATIENCE = 15.0  # seconds within which a station takes up what is asked of it, if nothing lies on its stage
PAUSE = 0.2  # seconds between two looks into the log
ENDS = (Result.VERIFIED.value, Result.FAILED.value)


@click.group("verification")
def command() -> None:
    """Golden and challenge parts: until they got their verdicts, the line reads reject.

    A station asks for its verification by itself: when it is started, when another bundle or calibration is in use,
    when what it sees has drifted, and when the hours of [verification] have run out.
    """


@command.command()
@DATA
@CONFIG
@click.option("--by", default=getpass.getuser, show_default="your login name", help="Who asks for it.")
@click.option("--reason", default="Somebody has asked for it", show_default=True, help="Why, for screen and log.")
@JSON
def run(data: Path | None, config: Path | None, by: str, reason: str, as_json: bool) -> None:
    """Verify the running station now, and tell what it asks for, step by step.

    The station that runs is the one to be verified, so this asks it, as soon as its stage is empty, and follows what it
    says. It begins anew, also after a failure, and any bypass ends. Exit status 1 if it fails.
    """
    from station.acts import VERIFY

    if not by.strip():
        raise click.UsageError("Somebody asks for it by name: give one with --by.")
    is_begun = False  # a former verification may come to its end while this one is asked for
    for row in _asked(_folder(data, config), VERIFY, by, reason):
        _tell(row, as_json)
        result = row["details"]["result"]
        is_begun |= result == Result.ASKED and row["operator"] == by
        if is_begun and result in ENDS:
            sys.exit(result == Result.FAILED)


@command.command()
@DATA
@CONFIG
@JSON
def status(data: Path | None, config: Path | None, as_json: bool) -> None:
    """Whether the station is verified, by which parts, when, until when; who bypasses it. Exit status 1 if not.

    And how many wrong parts pass at the most, as far as the bundle's card and the verifications since have shown it.
    """
    from station.log import queries
    from station.log.store import is_in_use

    folder, configuration = named(data, config)
    with queries.reading(folder) as log:
        rows = queries.events(log, limit=1000, kinds=("verification", "bypass", "stop"))
        escapes = _escapes(log, folder, configuration)
    told = {**standing(rows, is_in_use(folder), datetime.now(UTC)), "escapes": escapes}
    emit(told) if as_json else click.echo("\n".join(_sentences(told)))
    sys.exit(0 if told["verified"] else 1)


@command.command()
@DATA
@CONFIG
@click.option("--by", required=True, help="The supervisor who answers for it.")
@click.option("--reason", required=True, help="Why; every record of that time shows it.")
@click.option("--until", required=True, metavar="TIME", help="Minutes from now, or a time such as 2026-01-05T14:00.")
@JSON
def bypass(data: Path | None, config: Path | None, by: str, reason: str, until: str, as_json: bool) -> None:
    """Let the running station pass parts unverified for a while, 12 hours at the most; every other gate stays.

    Who may do so is a matter of trust here: whoever may write into the data folder is asked for a name, no more. It
    ends at its time, when the station stops, when a verification is asked for, and with the bundle and calibration.
    """
    from station.acts import BYPASS

    at = datetime.now(UTC)
    try:
        end = _time(until, at)
        bypass_seconds(by, reason, end, at)
    except ValueError as mistake:
        raise click.UsageError(str(mistake)) from mistake
    for row in _asked(_folder(data, config), BYPASS, by, reason, end):
        _tell(row, as_json)
        if row["kind"] == "bypass" and row["details"]["result"] == "begun":
            return


def _escapes(log: Connection, folder: Path, configuration: Configuration | None) -> dict[str, Any] | None:
    """What is known of escapes, or why nothing is; None before the first inspection."""
    from station import escapes
    from station.bundles import Bundles
    from station.errors import BundleError

    try:
        known = escapes.of_log(log, Bundles(folder, configuration.bundle if configuration else None))
    except BundleError as trouble:
        return {"sentence": f"How many wrong parts pass is not known: {trouble}"}
    return known.told() if known else None


def _folder(data: Path | None, config: Path | None) -> Path:
    return named(data, config)[0]


def _time(text: str, now: datetime) -> datetime:
    """Minutes from now, or a time, local where it does not say its zone. Raises ValueError."""
    try:
        return now + timedelta(minutes=float(text))
    except (ValueError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text} is neither minutes nor a time such as 2026-01-05T14:00.") from None


def standing(rows: Sequence[Row], runs: bool, now: datetime) -> dict[str, Any]:
    """How the gate stands, from the events about it (newest first) and from whether the station runs.

    The gate is the running station's: whatever was shown to one that has stopped counts no more.
    """
    steps = [row for row in rows if row["kind"] == "verification"]
    begun = next((row for row in rows if row["kind"] == "bypass"), None)
    shown = next((row for row in steps if row["details"]["result"] == Result.VERIFIED), None)
    since = next((row["sequence"] for row in rows if _closes(row)), 0)
    until = shown and _until(shown)
    verified = bool(runs and shown and shown["sequence"] > since and now < datetime.fromisoformat(str(until)))
    stands = bool(begun and begun["details"]["result"] == "begun" and begun["sequence"] > since)
    bypassed = bool(begun and runs and stands and now < datetime.fromisoformat(begun["details"]["until"]))
    return {
        "verified": verified,
        "running": runs,
        "bypassed": {name: begun["details"][name] for name in ("by", "reason", "until")}
        if begun and bypassed
        else None,
        "asks": steps[0]["details"]["asks"] if runs and steps and not verified else "",
        "last_verified_at": shown and shown["at"],
        "valid_until": until,
        "parts": shown["details"]["parts"] if shown else [],
        "clock_synchronised": shown and shown["clock_synchronised"],
    }


def _closes(row: Row) -> bool:
    """Whether nothing counts any more that was shown or allowed before: asked anew, or stopped and started since."""
    is_asked = row["kind"] == "verification" and row["details"]["result"] == Result.ASKED
    return bool(is_asked or row["kind"] == "stop")


def _until(shown: Row) -> str:
    end = datetime.fromisoformat(shown["at"]) + timedelta(seconds=shown["details"]["valid_for_s"])
    return end.isoformat()


def _sentences(told: dict[str, Any]) -> Iterator[str]:
    if told["verified"]:
        yield f"Verified until {local(told['valid_until'])}."
    elif not told["running"]:
        yield "Not verified: the station does not run. Start it with `station run`; it asks for what it needs."
    elif told["bypassed"]:
        bypassed = told["bypassed"]
        yield f"Not verified. Bypassed by {bypassed['by']} until {local(bypassed['until'])}: {bypassed['reason']}"
    else:
        yield f"Not verified. {told['asks']}".rstrip()
    if told["last_verified_at"]:
        doubt = "" if told["clock_synchronised"] else ", by a clock that was not synchronised"
        yield f"Last verified {local(told['last_verified_at'])}{doubt}, with"
    for part in told["parts"]:
        due = f", due {part['due']}" if part["due"] else ""
        yield f"  {part['role']} part {part['id'] or 'without an id'} in record {part['record']}{due}"
    if told["escapes"]:
        yield told["escapes"]["sentence"]


def _asked(folder: Path, act: str, by: str, reason: str, until: datetime | None = None) -> Iterator[Row]:
    """Ask it of the running station; what its log says of it from then on. Raises LogError where nobody takes it up."""
    from station.acts import Act, Acts
    from station.log import queries
    from station.log.record import time_text
    from station.log.store import is_in_use

    if not is_in_use(folder):
        raise LogError(
            f"No station runs on {folder}; start it with `station run`, it asks for its verification by itself."
        )
    with queries.reading(folder) as log:
        seen = max((row["sequence"] for row in queries.events(log, limit=1)), default=0)
        at = time_text(datetime.now(UTC))
        Acts(folder).leave(Act(act, by, reason, time_text(until) if until else "", at))
        patience, is_taken_up = time.monotonic() + PATIENCE, False
        while True:
            rows = queries.events(log, limit=1000, kinds=("verification", "bypass", "refused", "stop"))
            for row in reversed([row for row in rows if row["sequence"] > seen]):
                seen, is_taken_up = row["sequence"], True
                if row["kind"] in ("refused", "stop"):
                    raise LogError(f"{row['message']}.".replace("..", "."))
                yield row
            if not is_in_use(folder):
                raise LogError(f"The station on {folder} has ended.")
            if not is_taken_up and time.monotonic() > patience:
                raise LogError(
                    f"The station has not taken it up in {PATIENCE:.0f} s, and does so when it can: take away what "
                    "lies on its stage, and look whether it has a fault."
                )
            time.sleep(PAUSE)


def _tell(row: Row, as_json: bool) -> None:
    if as_json:
        emit(row)
        return
    click.echo(f"{local(row['at'])}  {row['message']}.")
    if asks := row["details"].get("asks"):
        click.echo(f"  {asks}")
