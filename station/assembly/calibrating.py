"""The calibration wizard in a terminal, while no station runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calibration.draft import Draft
from calibration.profile import Profiles, Region
from station.assembly.bench import technician
from station.assembly.data import opened_log, refuse_real_records, usable, wanted_bundle
from station.assembly.devices import make_camera
from station.assembly.gate import make_verification
from station.cameras.freshness import FreshCamera, Freshness
from station.log.store import TraceabilityLog
from station.masters import by_role
from station.model import Model
from station.recalibrated import record
from station.types import Camera, Clock, Light, SystemClock

if TYPE_CHECKING:  # imported where they are used
    from calibration.geometry import Board
    from station.calibrate import Session
    from station.config import Configuration, Simulated
    from station.simulation import BenchTechnician


@dataclass(frozen=True, slots=True)
class Calibration:
    """The wizard at work, and, on a simulated bench, the hands that do what it says."""

    session: Session
    hands: BenchTechnician | None = None


@contextmanager
def calibration(
    configuration: Configuration, by: str, region: Region | None, is_quick: bool, anew: bool, board: Board | None
) -> Iterator[Calibration]:
    """The wizard on the camera; the log notes that it began, and what came of it.

    is_quick  the empty stage and one part, and no more
    anew      what was left in the middle is not resumed
    board     None: the geometry is left out
    """
    from station.calibrate import DRAFT, note_begun, note_found, quick, whole
    from station.config import Simulated

    clock: Clock = SystemClock()
    bundle = wanted_bundle(configuration)
    folder = configuration.data / "calibration"
    profiles = Profiles(folder)
    with opened_log(configuration.data, SystemClock()) as log:
        hands, lamp = None, None
        if isinstance(configuration.camera, Simulated):
            refuse_real_records(configuration.data)
            clock, camera, lamp, hands = _bench(configuration.camera, configuration.order.part_number)
        else:
            camera = make_camera(configuration, clock)
        if anew:
            Draft(folder / DRAFT).forget()
        camera.open()
        try:
            former = usable(profiles)
            if is_quick:
                session = quick(camera, clock, profiles, bundle.preparation, by, region)
            else:
                model = Model.of(bundle, configuration.order.part_number or bundle.part_numbers[0])
                names = by_role(make_verification(configuration, clock).parts)
                session = whole(
                    camera, clock, profiles, model, by, region, former, folder, lamp, model.passed, board=board, **names
                )
            note_begun(log, by)
            note_found(log, by, session)
            try:
                yield Calibration(session, hands)
            finally:  # also where the terminal was closed
                _note_end(log, session, profiles, by)
        finally:
            camera.close()


def _note_end(log: TraceabilityLog, session: Session, profiles: Profiles, by: str) -> None:
    """What came of it."""
    from station.calibrate import note_left

    if session.profile is None:
        note_left(log, by, session)
    else:
        record(log, session.profile, profiles.choice() or {})


def _bench(simulated: Simulated, part_number: str) -> tuple[Clock, Camera, Light, BenchTechnician]:
    """A simulated bench, its time no slower than its pictures, with the hands that do what the wizard says."""
    from station.simulation import Bench, SimulatedCamera, SimulatedClock, SimulatedLight

    clock = SimulatedClock(start=SystemClock().now())
    bench = Bench(clock, seed=simulated.seed, period=1 / simulated.fps)
    camera = FreshCamera(SimulatedCamera(bench), Freshness(), clock)
    return clock, camera, SimulatedLight(bench), technician(bench, part_number)
