"""A station on the simulated bench whose network believes everything: only gates and the order of things protect."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calibration.profile import Profile, Profiles
from models.classifier import Prediction
from models.preprocess import Preparation
from station.calibrate import quick
from station.cameras.freshness import FreshCamera, Freshness
from station.errors import LogError
from station.log.store import TraceabilityLog
from station.loop import Station
from station.model import Model
from station.recipe import Recipe
from station.simulation import Bench, SimulatedCamera, SimulatedClock, SimulatedLine
from station.trigger import Trigger
from station.types import Gray, Inspection, Log, Order, Pictures
from station.verification import Waived

EXPECTED = "1041-A"
SIZE = (320, 180)
PREPARATION = Preparation(window=90)


class Credulous:
    """A network that takes whatever it sees for the expected part, beyond all doubt."""

    part_numbers = (EXPECTED, "1041-B")

    def classify(self, patch: Gray) -> Prediction:
        return Prediction(np.array([1, 0], np.float32), np.array([1, 0], np.float32))


@dataclass
class BreakableLog:
    """A log whose disk can be made to fail, before anything was written or between the pictures and the row."""

    log: TraceabilityLog
    is_full: bool = False
    fails_at_commit: bool = False

    def append(self, inspection: Inspection, pictures: Pictures) -> Inspection:
        if self.is_full:
            raise LogError("There is no room for the log.")
        if self.fails_at_commit:
            self.log._archive.keep(pictures, inspection.acquired_at)
            raise LogError("The row could not be committed.")
        return self.log.append(inspection, pictures)

    def note(self, kind: str, message: str, **details: Any) -> None:
        if self.is_full or self.fails_at_commit:
            raise LogError("There is no room for the log.")
        self.log.note(kind, message, **details)


@dataclass
class OnTheBench:
    """Station, bench, line and log, so that a test can hold the one against the other."""

    folder: Path
    seed: int = 1
    clock: SimulatedClock = field(default_factory=SimulatedClock)

    def __post_init__(self) -> None:
        self.bench = Bench(self.clock, seed=self.seed, size=SIZE)
        self.line = SimulatedLine(self.bench)
        self.camera = FreshCamera(SimulatedCamera(self.bench), Freshness(), self.clock)
        self.log = BreakableLog(TraceabilityLog(self.folder, self.clock))
        profile = calibrate(self.bench, self.camera, self.folder / "calibration")
        self.station = make_station(self, profile, self.log)

    def close(self) -> None:
        self.log.log.close()


def calibrate(bench: Bench, camera: FreshCamera, folder: Path) -> Profile:
    """What a technician does: the empty stage, then a part."""
    camera.open()
    session = quick(camera, bench.clock, Profiles(folder), PREPARATION, "test")
    assert session.answer() is not None
    bench.lay(bench.choose(EXPECTED, at=(0.0, 0.0)))
    assert session.answer() is None
    bench.lay()
    camera.close()
    assert session.profile is not None
    return session.profile


def make_station(rig: OnTheBench, profile: Profile, log: Log) -> Station:
    references = np.array([[1, 0]], np.float32)
    return Station(
        name="test",
        order=Order(EXPECTED),
        clock=rig.clock,
        camera=rig.camera,
        signal=rig.line,
        log=log,
        model=Model(
            name="credulous",
            classifier=Credulous(),
            preparation=PREPARATION,
            references=dict.fromkeys(Credulous.part_numbers, references),
            recipe=Recipe(EXPECTED, "test", {EXPECTED: 0.9, "1041-B": 0.9}, {EXPECTED: 0.2, "1041-B": 0.2}),
            profile=profile,
        ),
        verification=Waived("a test"),
        trigger=Trigger(profile),
        is_simulated=True,
    )
