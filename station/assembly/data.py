"""What stands in a data folder: log, bundles, calibrations; and whose records they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.profile import DamagedProfile, Profile, Profiles
from models.bundle import Bundle
from station.bundles import Bundles
from station.errors import LogError, ProfileError
from station.log import queries
from station.log.store import DATABASE, TraceabilityLog
from station.model import Model
from station.recalibrated import fits
from station.swap import record
from station.types import Camera, Clock
from station.wishes import Wish

if TYPE_CHECKING:
    from station.config import Configuration

REPLAY = "replay"  # the name under which pictures are judged that no stage has seen


@contextmanager
def opened_log(data: Path, clock: Clock) -> Iterator[TraceabilityLog]:
    """The log of a data folder, closed at the end. Raises LogError."""
    log = TraceabilityLog(data, clock)
    try:
        yield log
    finally:
        log.close()


def wanted_bundle(configuration: Configuration) -> Bundle:
    """The bundle that the station runs when it is started now. Raises BundleError."""
    bundles = Bundles(configuration.data, configuration.bundle)
    return bundles.load(bundles.wanted(), configuration.order.part_number or None)


def active_profile(data: Path, camera: Camera) -> Profile:
    """The active calibration, made with this camera and mode. Raises ProfileError."""
    profile = undamaged(Profiles(data / "calibration"))
    if profile is None:
        raise ProfileError("The station has never been calibrated; run `station calibrate`.")
    fits(profile, camera.name, camera.size)
    return profile


def undamaged(profiles: Profiles) -> Profile | None:
    """The active calibration, for who has to work with it. Raises ProfileError for a damaged one."""
    try:
        return profiles.active()
    except DamagedProfile as trouble:
        raise ProfileError(str(trouble)) from trouble


def usable(profiles: Profiles) -> Profile | None:
    """The active calibration; a damaged one is as good as none for who makes a new one."""
    try:
        return profiles.active()
    except DamagedProfile:
        return None


def note_swap_while_stopped(log: TraceabilityLog, data: Path, wish: Wish, model: Model) -> None:
    """The log tells every swap, also one that was asked for while no station ran. Raises LogError.

    A wish that was taken up before does not ask for this one: then station.toml names another bundle, and nobody signs.
    """
    with queries.reading(data) as rows:
        former, is_old = queries.model_in_use(rows), queries.was_taken_up(rows, wish.at)
    if former not in (None, model.name):
        record(log, Wish() if is_old else wish, model.name, former)


def refuse_real_records(data: Path) -> None:
    """What is simulated or replayed must not stand among the records of a real station. Raises LogError."""
    if not _has_log(data):
        return
    with queries.reading(data) as log:
        if (other := queries.real_station(log, replay=REPLAY)) is not None:
            raise LogError(f"{data} holds the records of {other}, a real station; name another data folder.")


def refuse_simulated_records(data: Path) -> None:
    """Nor the other way round: an order would count parts that never were. Raises LogError."""
    if not _has_log(data):
        return
    with queries.reading(data) as log:
        if queries.is_simulated(log, replay=REPLAY):
            raise LogError(f"{data} holds simulated records; name another data folder for a real camera.")


def _has_log(data: Path) -> bool:
    """An empty file is what a power cut leaves of a first start."""
    return (data / DATABASE).exists() and (data / DATABASE).stat().st_size > 0
