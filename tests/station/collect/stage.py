"""A calibrated bench whose hand does what a test tells it, one thing after the other, while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from calibration.profile import Profile
from station.cameras.freshness import FreshCamera, Freshness
from station.collect.collection import Collection
from station.collect.manifest import Manifest
from station.collect.wanted import Wanted
from station.simulation import Bench, SimulatedCamera, SimulatedClock
from station.simulation.operator import PAUSE
from station.trigger import Trigger
from station.types import Frame
from tests.promises.stations import EXPECTED, PREPARATION, SIZE, calibrate

Act = Callable[[], object]


class Hand(SimulatedCamera):
    """Does the next of `acts` whenever nothing has moved for a while. When there are none left, the test is wrong."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.acts: list[Act] = []
        self._since: float | None = None

    def read(self, newer_than: float = 0.0) -> Frame:
        now = self._bench.clock.monotonic()
        if self._bench.busy or self._since is None:
            self._since = now
        elif now - self._since > PAUSE:
            assert self.acts, "the collection waits for a placement that never comes"
            self.acts.pop(0)()
            self._since = now
        return super().read(newer_than)


class Stage:
    """Bench, hand, calibration and the data set in one folder."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.clock = SimulatedClock()
        self.bench = Bench(self.clock, seed=seed, size=SIZE)
        self.hand = Hand(self.bench)
        self.camera = FreshCamera(self.hand, Freshness(), self.clock)
        self.folder = folder / "collected"
        calibrating = FreshCamera(SimulatedCamera(self.bench), Freshness(), self.clock)
        self.profile: Profile = calibrate(self.bench, calibrating, folder / "calibration")

    def collection(self, wanted: Wanted | None = None, trigger: Trigger | None = None) -> Collection:
        """A collection with the camera open, on a stage that the hand has not touched yet."""
        self.camera.open()
        return Collection(
            self.camera,
            self.clock,
            self.profile,
            trigger or Trigger(self.profile),
            PREPARATION,
            Manifest(self.folder, is_simulated=True),
            wanted or Wanted(EXPECTED, "monday", count=6, specimens=2),
        )

    def lays(
        self, x: float = 0.0, y: float = 0.0, angle: float = 0.0, specimen: int = 1, part_number: str = EXPECTED
    ) -> None:
        """Next the hand lays a part (mm from the middle, degrees), and takes it away again."""
        self.does(lambda: self.bench.place(part_number, (x, y), angle, specimen))

    def does(self, *acts: Act) -> None:
        """Next it does this, and then clears the stage."""
        self.hand.acts += [*acts, self.bench.remove]
