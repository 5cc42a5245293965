"""A station on a small bench that runs in a thread, and a technician who is given its hardware."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from calibration.controls import Control
from station import service
from station.bay import CONTINUE, HANDS, Bay, Phase, Request, Shown
from station.calibrate import Session, quick
from station.log import queries
from station.log.record import Row
from station.log.store import TraceabilityLog
from station.loop import Station
from station.masters import UNNAMED
from station.model import Model
from station.recalibrated import Recalibrated
from station.recipe import Recipe
from station.simulation import BenchTechnician, SimulatedLine
from station.trigger import Trigger
from station.types import Order, State
from station.verification import Verified
from tests.promises.stations import EXPECTED, BreakableLog, Credulous
from tests.station.calibrating import PARTS, PREPARATION, Calibrating

BY = "Nur"


class Shop(Calibrating):
    """Station, bay and line; `start` runs the loop in a thread of its own until `close`."""

    def __init__(self, folder: Path, forgotten: float = 900.0) -> None:
        super().__init__(folder)
        self.line = SimulatedLine(self.bench)
        self.data = folder
        self.log = BreakableLog(TraceabilityLog(folder, self.clock))
        first = quick(self.camera, self.clock, self.profiles, PREPARATION, "before")
        first.answer()
        self.bench.lay(self.bench.choose(EXPECTED, (0.0, 0.0)))
        first.answer()
        self.bench.lay()
        self.camera.close()
        assert first.profile
        self.station = Station(
            name="test",
            order=Order(EXPECTED),
            clock=self.clock,
            camera=self.camera,
            signal=self.line,
            log=self.log,
            model=Model(
                name="credulous",
                classifier=Credulous(),
                preparation=PREPARATION,
                references={},
                recipe=Recipe(EXPECTED, "test", {EXPECTED: 0.9}, {EXPECTED: 0.2}),
                profile=first.profile,
            ),
            verification=Verified(3600.0, UNNAMED, self.clock),
            trigger=Trigger(first.profile),
            is_simulated=True,
        )
        self.people = [0.0]  # seconds, of the clock that a forgotten browser is told by
        self.fails: Exception | None = None  # of the wizard, when it is begun
        self.bay = Bay(
            self.station,
            self._session,
            lambda: Recalibrated(self.folder),
            lambda: BenchTechnician(self.bench, PARTS),
            forgotten,
            lambda: self.people[0],
        )
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=lambda: service.serve(self.station, self._over.is_set, bay=self.bay), name="loop", daemon=True
        )

    def _session(self, wanted: Request) -> Session:
        if self.fails:
            raise self.fails
        return self.session()

    @classmethod
    @contextmanager
    def ready(cls, folder: Path) -> Iterator[Self]:
        """The loop runs, and the station waits for its verification."""
        shop = cls(folder)
        shop.start()
        shop.until(lambda: shop.station.state is State.READY)
        yield shop
        shop.close()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(20)
        self.log.log.close()

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:  # type: ignore[override] # of a thread
        """Look again and again until it holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"it did not come to be: {self.bay.look()}"
            time.sleep(0.01)

    def asks(self, after: int = -1) -> Shown:
        """The next instruction, or the end."""
        self.until(lambda: self.shown.number > after and self.shown.phase in (Phase.ASKS, Phase.NONE))
        return self.shown

    @property
    def shown(self) -> Shown:
        return self.bay.look(is_here=True)

    def does(self, act: str, word: str = "") -> Shown:
        """Do something about the instruction that is shown; what is shown then."""
        before = self.asks()
        assert self.bay.do(act, before.number, word)
        return self.asks(before.number)

    def calibrates(self, step: str = "") -> Shown:
        """By the hands of the bench, to the end or until this step begins."""
        assert self.bay.begin(BY)
        shown = self.asks()
        while shown.phase is Phase.ASKS and shown.step != step:
            self.does(HANDS)
            shown = self.does(CONTINUE, BY)
        return shown

    def verifies(self) -> None:
        """As if golden and challenge part had been shown."""
        gate = self.station.verification
        assert isinstance(gate, Verified)
        gate._shown = [(part, 1) for part in gate.parts]
        self.until(lambda: gate.is_open(self.clock.monotonic()))

    def noted(self, *kinds: str) -> list[Row]:
        """Events, oldest first."""
        with queries.reading(self.data) as log:
            return list(reversed(queries.events(log, limit=200, kinds=kinds)))

    def control(self, name: str) -> Control:
        with suppress(StopIteration):
            return next(each for each in self.raw.offers() if each.name == name)
        raise KeyError(name)
