"""`station doctor`: every device, permission and file: ok, or what is wrong and the line that mends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station import machine
from station.cli.output import emit
from station.errors import BundleError, DeviceError, LogError, StationError
from station.types import Camera, Clock, Order, Signal

if TYPE_CHECKING:
    from calibration.profile import Profile
    from station.config import Configuration

BACKUPS = Path("/var/backups/station")  # as the units have it
SYS, MOUNTS = Path("/sys"), Path("/proc/self/mounts")


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
@click.option(
    "--backup",
    type=click.Path(path_type=Path),
    envvar="STATION_BACKUP",
    default=BACKUPS,
    show_default=True,
    help="Where the backups are.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(config: Path | None, backup: Path, as_json: bool) -> None:
    """Look at everything that the station stands on, and say of each whether it is well, and if not what mends it.

    Stop the station first: while it runs, it has log, camera and line to itself. Exit status 1 if anything is wrong.
    """
    well = True
    for finding in examine(config, backup):
        well &= finding.ok
        if as_json:
            emit({"check": finding.check, "ok": finding.ok, "message": finding.message})
        else:
            mark = click.style("ok   ", fg="green") if finding.ok else click.style("wrong", fg="red", bold=True)
            click.echo(f"{mark}  {finding.check:13} {finding.message}")
    sys.exit(0 if well else 1)


def examine(config: Path | None, backup: Path = BACKUPS) -> Iterator[Finding]:
    """Each check in turn; one that cannot be made because of another is left out."""
    from station import assembly
    from station.assembly.gate import named, order_at_start
    from station.bundles import load_bundle
    from station.config import Simulated, load
    from station.log.store import DATABASE
    from station.types import SystemClock

    clock = SystemClock()
    synchronised = clock.is_synchronised()
    yield Finding(
        "clock",
        synchronised,
        "synchronised" if synchronised else f"not synchronised; records will say so. Mend: {machine.SYNCHRONISE}",
    )
    yield _check("clock battery", partial(machine.look_at_rtc, SYS, synchronised))
    yield _check("power", partial(machine.look_at_power, SYS))
    yield _check("self-test", lambda: load_bundle(assembly.BENCH, assembly.EXPECTED).name)
    if config is None:
        return
    try:
        configuration = load(config)
        yield Finding("config", True, str(config))
    except StationError as trouble:
        yield Finding("config", False, str(trouble))
        return
    data = configuration.data
    yield _check("libraries", partial(machine.look_at_libraries, libraries(configuration)))
    yield _check("permissions", partial(machine.look_at_permissions, data, devices(configuration)))
    yield from look_at_disk(data, backup, clock)
    yield _check("verification", partial(machine.look_at_masters, named(configuration), clock.now().date()))
    order = order_at_start(configuration)
    yield _check("bundle", lambda: assembly.wanted_bundle(configuration).name)
    if configuration.shadow:
        yield _check("shadow", partial(look_at_shadow, configuration.shadow.bundle, order.part_number))
    yield _check("log", partial(look_at_log, data, clock))
    if machine.is_there(data / DATABASE):
        yield _check("last verified", partial(look_at_failure, data, order, config))
    camera = assembly.make_camera(configuration, clock)
    if isinstance(configuration.camera, Simulated):
        yield Finding("calibration", True, "the simulated bench calibrates itself")
        profile = None
    else:
        yield _check("calibration", lambda: assembly.active_profile(data, camera).name)
        profile = _profile(data, camera)
        if profile:
            yield _check("drift", partial(look_at_watch, profile))
    yield _check("camera", partial(look_at_camera, camera, clock, profile))
    for number, line in enumerate(configuration.line):
        yield _check(f"line[{number}]", partial(look_at_line, assembly.make_line(line, clock)))


def _check(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except StationError as trouble:
        return Finding(name, False, str(trouble))
    except (OSError, ImportError) as trouble:  # what nobody has foreseen is a finding too
        return Finding(name, False, f"This could not be looked at: {trouble}.")


def look_at_log(data: Path, clock: Clock) -> str:
    """The log can be opened for writing, and has room; it is not made where there is none yet. Raises LogError."""
    from station import assembly
    from station.log.archive import Archive

    if not data.exists():
        return f"there is none in {data} yet; the first run makes it"
    if not data.is_dir():
        raise LogError(f"{data} is no folder; move it aside, or name another data folder.")
    with assembly.opened_log(data, clock):
        return f"{data}, WAL with every commit on disk, {Archive(data).free_space / 1e9:.1f} GB free"


def look_at_shadow(candidate: Path, expected: str) -> str:
    """The candidate of [shadow] can judge beside the bundle in use. Raises BundleError."""
    from station.bundles import load_bundle

    try:
        return f"{load_bundle(candidate, expected or None).name} judges beside it, and signals nothing"
    except BundleError as trouble:
        said = str(trouble).rstrip(".")
        raise BundleError(
            f"{said}. Until then no candidate judges beside the bundle in use: [shadow] in station.toml."
        ) from trouble


def look_at_failure(data: Path, order: Order, config: Path) -> str:
    """Whether the last verification failed, so that the station starts failed. Raises DeviceError."""
    from station.assembly.gate import had_failed

    if failed := had_failed(data, order):
        raise DeviceError(
            f"It had failed before the station stopped ({failed}), and is failed when it starts. Mend: look at the "
            f"order, the bundle and the parts, start the station, then: "
            f"station verification run --config {config} --by NAME"
        )
    return "the last verification did not fail"


def libraries(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """What this configuration needs besides, with the line that installs each."""
    from station.config import Gpio, Pi

    if any(isinstance(line, Gpio) for line in configuration.line):
        for name in ("gpiozero", "lgpio"):
            yield name, machine.mend_of_gpio()
    if isinstance(configuration.camera, Pi):
        yield "picamera2", "sudo apt install python3-picamera2, then: sudo bash deploy/install.sh"
    if configuration.mqtt:
        yield "paho", "sudo bash deploy/install.sh --extras mqtt"


def devices(configuration: Configuration) -> Iterator[str]:
    """The files under /dev that this configuration needs."""
    from station.config import Gpio, Serial, Usb

    if isinstance(configuration.camera, Usb):
        yield configuration.camera.device
    for line in configuration.line:
        if isinstance(line, Serial):
            yield line.port
        if isinstance(line, Gpio):
            yield from map(str, Path("/dev").glob("gpiochip*"))


def look_at_disk(data: Path, backup: Path, clock: Clock) -> Iterator[Finding]:
    """File system, room, secrets and backup, of a data folder that is there."""
    place = next(each for each in (data, *data.parents) if machine.is_there(each))
    yield _check("file system", lambda: machine.look_at_mount(place.resolve(), MOUNTS.read_text()))
    if not (machine.is_there(data) and data.is_dir()):
        return
    yield _check("room", partial(machine.look_at_room, data, clock.now()))
    yield _check("secrets", partial(machine.look_at_secrets, data))
    if machine.is_there(data / "station.db"):
        yield _check("backup", partial(machine.look_at_backup, backup, clock.now()))


def _profile(data: Path, camera: Camera) -> Profile | None:
    from station import assembly

    try:
        return assembly.active_profile(data, camera)
    except StationError:
        return None


def look_at_camera(camera: Camera, clock: Clock, profile: Profile | None = None) -> str:
    """The camera gives a fresh frame, and keeps the controls that it was calibrated with. Raises CameraError."""
    from station.recalibrated import lock

    camera.open()
    try:
        lock(camera, profile)
        height, width = camera.read(newer_than=clock.monotonic()).gray().shape
    finally:
        camera.close()
    return f"{camera.name} gives {width}×{height}"


def look_at_watch(profile: Profile) -> str:
    """Whether the empty stage is held against the calibration between two parts. Raises ProfileError."""
    from calibration.profile import UNFOLLOWED
    from station.errors import ProfileError

    mark = "a mark that stays on the stage, beside where parts lie, then: " if profile.unwatched == UNFOLLOWED else ""
    if profile.unwatched:
        raise ProfileError(f"{profile.unwatched} Mend: {mark}station calibrate, without --quick")
    return "light, evenness, focus and place of the empty stage are watched"


def look_at_line(signal: Signal) -> str:
    """The line can be opened; it reads reject meanwhile. Raises SignalError."""
    try:
        signal.open()
    finally:
        signal.close()
    return "can be opened"
