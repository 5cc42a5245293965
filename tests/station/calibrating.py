"""A small bench under the whole wizard, and hands that do what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from calibration.draft import Draft
from calibration.fitness import Expected
from calibration.profile import Profile, Profiles
from calibration.steps import steps_of
from calibration.wizard import Ask, Seen
from models.preprocess import Preparation
from station.calibrate import DRAFT, Session, setup_of
from station.cameras.freshness import FreshCamera, Freshness
from station.simulation import Bench, BenchTechnician, SimulatedCamera, SimulatedClock, SimulatedLight
from station.simulation.optics import LAMP, Lamp

SIZE = (640, 360)
PREPARATION = Preparation(window=208)
PARTS = {"golden": ("1041-A", 77), "challenge": ("1041-B", 78)}


class Calibrating:
    """Bench, camera, profiles and hands; the network is one that is never wrong."""

    def __init__(self, folder: Path, seed: int = 1, lamp: Lamp = LAMP) -> None:
        self.folder = folder / "calibration"
        self.clock = SimulatedClock()
        self.bench = Bench(self.clock, seed, SIZE, lamp)
        self.raw = SimulatedCamera(self.bench)
        self.camera = FreshCamera(self.raw, Freshness(), self.clock)
        self.camera.open()
        self.profiles = Profiles(self.folder)
        self.hands = BenchTechnician(self.bench, PARTS)
        self.calls_right = True

    def session(self, **changes: Any) -> Session:
        usual: dict[str, Any] = {"model": "seeing", "has_lamp": True, "placements": 2}
        setup = setup_of(
            self.camera,
            self.clock,
            PREPARATION,
            "Nur",
            former=self.profiles.active(),
            judge=lambda stage, flat: self._seen(),
            expected=Expected(0.75, 0.4),
            **usual | changes,
        )
        lamp = SimulatedLight(self.bench)
        return Session(self.camera, self.clock, self.profiles, setup, steps_of(setup), Draft(self.folder / DRAFT), lamp)

    def _seen(self) -> Seen:
        is_golden = self.bench.actual_part_number == PARTS["golden"][0]
        return Seen(is_golden is self.calls_right, 0.99 if self.calls_right else 0.2, 0.2)

    def until(self, session: Session, step: str = "") -> None:
        """Do what is said, to the end or until this step begins."""
        while (told := session.told) is not None and session.wizard.step != step:
            self.do(session, told)

    def do(self, session: Session, told: Ask) -> None:
        self.hands.do(told)
        session.answer("Nur" if told.wants else "")

    def calibrated(self) -> Profile:
        session = self.session()
        self.until(session)
        self.bench.lay()
        assert session.profile is not None
        return session.profile
