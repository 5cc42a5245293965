"""`station calibration`: the history of calibrations, how two differ, which is in use, and the trend over weeks."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit, local

if TYPE_CHECKING:
    from calibration.profile import Profile, Profiles
    from station.trend import Day

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
BAR = 41  # columns of a trend, the tolerance in the middle of each half


@click.group("calibration")
def command() -> None:
    """The calibrations of a station: list, show, compare, use, trend; and the board to print."""


@command.command("list")
@DATA
@CONFIG
@JSON
def list_(data: Path | None, config: Path | None, as_json: bool) -> None:
    """Every calibration that was ever made, the newest first; * is in use."""
    profiles, active = _profiles(data, config)
    for number in reversed(profiles.numbers()):
        profile, trouble = _tried(profiles, number)
        if as_json:
            emit({"number": number, "active": number == active, "damaged": bool(trouble)} | _told(profile))
        elif profile is None:
            click.secho(f"{'*' if number == active else ' '} {number:04d}  {trouble}", fg="red")
        else:
            said = "with flat field" if profile.flat else "without flat field"
            click.echo(
                f"{'*' if number == active else ' '} {number:04d}  {local(profile.made_at)}  {profile.made_by:16} "
                f"{said}{', simulated' if profile.is_simulated else ''}  {profile.camera}"
            )
    if not profiles.numbers() and not as_json:
        click.echo("There is none yet; run `station calibrate`.")


@command.command("show")
@click.argument("number", type=int, required=False)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write its pictures there.")
@DATA
@CONFIG
@JSON
def show(number: int | None, out: Path | None, data: Path | None, config: Path | None, as_json: bool) -> None:
    """All that one calibration holds; without a number, the one in use."""
    profiles, active = _profiles(data, config)
    profile = _load(profiles, _number(number, active))
    if out is not None:
        _write_pictures(profile, out)
    if as_json:
        emit(_told(profile) | {"active": profile.number == active})
        return
    click.secho(f"Calibration {profile.number:04d}{', in use' if profile.number == active else ''}", bold=True)
    click.echo(f"  signed by {profile.made_by}, {local(profile.made_at)}\n  sha256 {profile.sha256}")
    click.echo(f"  {profile.camera}; stage {asdict(profile.region)}")
    if profile.unwatched:
        click.secho(f"  {profile.unwatched}", fg="yellow")
    for name, value in sorted(profile.numbers.items()):
        click.echo(f"  {name:28} {value:.5g}")


@command.command("compare")
@click.argument("first", type=int)
@click.argument("second", type=int, required=False)
@DATA
@CONFIG
@JSON
def compare(first: int, second: int | None, data: Path | None, config: Path | None, as_json: bool) -> None:
    """What differs between two calibrations; without a second, between one and that in use."""
    profiles, active = _profiles(data, config)
    one, other = (_load(profiles, number) for number in (first, _number(second, active)))
    before, after = one.numbers, other.numbers
    if not as_json:
        click.echo(f"{'':28} {f'{one.number:04d}':>12} {f'{other.number:04d}':>12}")
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if as_json:
            emit({"what": name, "first": was, "second": now})
        elif was != now:
            click.echo(f"{name:28} {_short(was):>12} {_short(now):>12}")


@command.command("use")
@click.argument("number", type=int)
@click.option("--by", default=getpass.getuser, show_default="your login name", help="Who chooses.")
@click.option("--reason", default="", help="Why, for the log.")
@DATA
@CONFIG
def use(number: int, by: str, reason: str, data: Path | None, config: Path | None) -> None:
    """Put one in use, yesterday's too: at once where the station runs, else at its next start.

    The log tells who chose it and when, and verification is asked for. One of another camera or mode is refused.
    """
    from calibration.profile import DamagedProfile
    from station import assembly
    from station.errors import ProfileError
    from station.recalibrated import fits
    from station.types import SystemClock

    folder, configuration = named(data, config)
    profiles = _of(folder)
    profile = _load(profiles, number)
    if configuration is not None:
        camera = assembly.make_camera(configuration, SystemClock())
        fits(profile, camera.name, camera.size)
    try:
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        profiles.use(number, by, at, reason)
    except DamagedProfile as trouble:
        raise ProfileError(str(trouble)) from trouble
    except OSError as trouble:
        raise ProfileError(f"It cannot be put in use ({trouble}); run as the user of the data folder.") from trouble
    click.echo(f"Calibration {number:04d} is active. Verification is asked for.")


@command.command("trend")
@click.option("--days", default=60, show_default=True, type=click.IntRange(1), help="So many days with measurements.")
@DATA
@CONFIG
@JSON
def trend(days: int, data: Path | None, config: Path | None, as_json: bool) -> None:
    """What the empty stage was measured at, day by day, against its tolerance (| … |)."""
    from station.trend import read

    folder, _ = named(data, config)
    table = read(folder / "calibration")
    wanted = sorted({each.day for each in table})[-days:]
    table = [each for each in table if each.day in wanted]
    for measure in dict.fromkeys(each.measure for each in table):
        if not as_json:
            click.secho(f"\n{measure}", bold=True)
        for each in table:
            if each.measure != measure:
                continue
            emit(asdict(each)) if as_json else click.echo(_drawn(each))
    if not table and not as_json:
        click.echo("Nothing was measured yet: a whole calibration has to be in use, and the stage seen empty.")


@command.command("board")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def board(out: Path) -> None:
    """Write the board for the geometry as a picture of 300 dots an inch; print it at 100 %, and glue it on a plate."""
    import cv2

    from calibration.geometry import Board
    from station.errors import ProfileError

    laid = Board()
    width, height = laid.size
    try:
        ok, encoded = cv2.imencode(".png", laid.picture(300 / 25.4))
        assert ok
        out.write_bytes(encoded.tobytes())
    except OSError as trouble:
        raise ProfileError(f"{out} cannot be written ({trouble.strerror}); name another file.") from trouble
    click.echo(f"{out}: {width:g} mm × {height:g} mm. Measure it with a rule once it is printed.")


def _drawn(day: Day) -> str:
    """One day as a line: where its values lie between minus and plus one and a third of the tolerance."""

    def column(value: float) -> int:
        return round((BAR - 1) / 2 * (1 + max(-1.0, min(1.0, value / day.limit * 0.75))))

    line = [" "] * BAR
    for at in range(column(day.least), column(day.most) + 1):
        line[at] = "-"
    for limit in (-day.limit, day.limit):
        line[column(limit)] = "|"
    line[column(day.mean)] = "o"
    colour = "red" if max(abs(day.least), abs(day.most)) > day.limit else None
    told = f"{day.mean:+.3g} ({day.least:+.3g} … {day.most:+.3g}; {day.count} times, calibration {day.calibration:04d})"
    return click.style(f"  {day.day} {''.join(line)} {told}", fg=colour)


def _profiles(data: Path | None, config: Path | None) -> tuple[Profiles, int | None]:
    """The calibrations of a station, and which is in use."""
    from calibration.profile import DamagedProfile

    folder, _ = named(data, config)
    profiles = _of(folder)
    try:
        choice = profiles.choice()
    except DamagedProfile as trouble:
        click.echo(str(trouble), err=True)
        choice = None
    return profiles, None if choice is None else int(choice["number"])


def _of(folder: Path) -> Profiles:
    from calibration.profile import Profiles

    return Profiles(folder / "calibration")


def _tried(profiles: Profiles, number: int) -> tuple[Profile | None, str]:
    from calibration.profile import DamagedProfile

    try:
        return profiles.load(number), ""
    except DamagedProfile as trouble:
        return None, str(trouble)


def _load(profiles: Profiles, number: int) -> Profile:
    from station.errors import ProfileError

    if number not in profiles.numbers():
        click.echo(f"There is no calibration {number}; see `station calibration list`.", err=True)
        sys.exit(1)
    profile, trouble = _tried(profiles, number)
    if profile is None:
        raise ProfileError(trouble)
    return profile


def _number(number: int | None, active: int | None) -> int:
    if number is not None:
        return number
    if active is None:
        click.echo("No calibration is in use; name one, or run `station calibrate`.", err=True)
        sys.exit(1)
    return active


def _told(profile: Profile | None) -> dict[str, Any]:
    if profile is None:
        return {}
    names = ("number", "sha256", "camera", "made_at", "made_by", "is_simulated", "model")
    return {name: getattr(profile, name) for name in names} | {
        "settings": dict(profile.settings),
        "figures": profile.numbers,
        "flat_field": profile.flat is not None,
    }


def _write_pictures(profile: Profile, out: Path) -> None:
    import cv2

    from station.errors import ProfileError

    pictures = {"before": profile.before, "after": profile.empty, "part": profile.part}
    if profile.flat:
        pictures |= {"dark": profile.flat.dark, "gain": profile.flat.gain}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            if picture is not None:
                (out / f"{profile.number:04d}-{name}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as trouble:
        raise ProfileError(f"{out} cannot be written ({trouble.strerror}); name another folder.") from trouble


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.5g}"
