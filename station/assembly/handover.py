"""Where the technician is given the hardware of a station that runs: the bay, and the hands of a simulated bench."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calibration.draft import Draft
from calibration.profile import Profiles
from station.assembly.bench import technician
from station.assembly.demonstration import Demo
from station.assembly.devices import make_timing
from station.cameras.freshness import FreshCamera
from station.loop import Station
from station.masters import by_role
from station.recalibrated import Recalibrated
from station.trigger import USUAL, Timing

if TYPE_CHECKING:  # imported where they are used
    from station.bay import Bay, Hands, Request
    from station.calibrate import Session
    from station.config import Configuration
    from station.simulation import Bench


def bay(configuration: Configuration, station: Station) -> Bay:
    """Where the technician is given the hardware of a station that runs as it is configured."""
    from station.config import Simulated

    hands = None
    if isinstance(configuration.camera, Simulated):
        from station.simulation import OperatedCamera

        camera = station.camera.inner if isinstance(station.camera, FreshCamera) else station.camera
        assert isinstance(camera, OperatedCamera), "make_camera has made it"
        hands = _hands(station, camera.bench)
    return _bay(station, configuration.data, make_timing(configuration), hands)


def demo_bay(demo: Demo, data: Path, **more: Any) -> Bay:
    """The same for a demo. `more` is what else the wizard is set up with."""
    return _bay(demo.station, data, USUAL, _hands(demo.station, demo.bench), **more)


def _bay(station: Station, data: Path, timing: Timing, hands: Callable[[], Hands] | None, **more: Any) -> Bay:
    from calibration.geometry import Board
    from station.bay import Bay
    from station.calibrate import DRAFT, whole

    folder = data / "calibration"

    def session(wanted: Request) -> Session:
        if wanted.is_anew:
            Draft(folder / DRAFT).forget()
        model, board = station.model, Board() if wanted.has_board else None
        if not station.order.part_number:  # then any part that the bundle knows will do
            model = model.expecting(model.classifier.part_numbers[0])
        return whole(
            station.camera,
            station.clock,
            Profiles(folder),
            model,
            wanted.by,
            former=model.profile,
            folder=folder,
            passed=model.passed,
            **{"board": board, **by_role(station.verification.standing.steps), **more},
        )

    return Bay(station, session, lambda: Recalibrated(folder, timing), hands)


def _hands(station: Station, bench: Bench) -> Callable[[], Hands]:
    """Bring a technician's hands to a simulated bench, for the order that runs when they are called."""

    def come() -> Hands:
        bench.in_hands = True
        return technician(bench, station.order.part_number)

    return come
