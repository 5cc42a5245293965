"""`station doctor`: every device, permission and file: ok, or what is wrong and the line that mends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from station.cli.output import emit
from station.errors import StationError


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `message` says what is wrong and what mends it."""

    check: str
    ok: bool
    message: str


@click.command("doctor")
@click.option(
    "--config", type=click.Path(path_type=Path), help="station.toml; without it, only what every station needs."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(config: Path | None, as_json: bool) -> None:
    """Look at everything that the station stands on, and say of each whether it is well, and if not what mends it."""
    well = True
    for finding in examine(config):
        well &= finding.ok
        if as_json:
            emit({"check": finding.check, "ok": finding.ok, "message": finding.message})
        else:
            mark = click.style("ok   ", fg="green") if finding.ok else click.style("wrong", fg="red", bold=True)
            click.echo(f"{mark}  {finding.check:12} {finding.message}")
    sys.exit(0 if well else 1)


def examine(config: Path | None) -> Iterator[Finding]:
    """Each check in turn; one that cannot be made because of another is left out."""
    from station import assembly
    from station.config import load
    from station.types import SystemClock

    clock = SystemClock()
    synchronised = clock.is_synchronised()
    yield Finding(
        "clock",
        synchronised,
        "synchronised"
        if synchronised
        else "not synchronised; records will say so. Mend: sudo timedatectl set-ntp true",
    )
    yield _check("self-test", lambda: assembly.load_bundle(assembly.BENCH, assembly.EXPECTED).name)
    if config is None:
        return
    try:
        configuration = load(config)
        yield Finding("config", True, str(config))
    except StationError as trouble:
        yield Finding("config", False, str(trouble))
        return
    bundle, data, order = configuration.bundle, configuration.data, configuration.order
    yield _check("bundle", lambda: assembly.load_bundle(bundle, order.part_number).name)
    yield _check("log", lambda: assembly.look_at_log(data, clock))
    camera = assembly.make_camera(configuration, clock)
    yield _check("calibration", lambda: assembly.active_profile(data, camera.name).name)
    yield _check("camera", lambda: assembly.look_at_camera(camera, clock))
    for number, line in enumerate(configuration.line):
        yield _check(f"line[{number}]", partial(assembly.look_at_line, assembly.make_line(line, clock)))


def _check(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except StationError as trouble:
        return Finding(name, False, str(trouble))
