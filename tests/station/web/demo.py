"""The demo as visitors find it, run by a thread of the test: the real bench, the released bundle, the pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from station import assembly, service
from station.accounts import Accounts
from station.loop import Station
from station.people import Person, Role
from station.simulation import Showroom, boxes
from station.simulation.bench import Bench
from station.types import Inspection
from station.web.app import pages
from station.web.server import serving

SEED = 3
PIN = "4711"


class Demo:
    """A station on the bench that runs, served twice: to visitors, and to people who sign in."""

    def __init__(self, folder: Path, seed: int = SEED) -> None:
        self._open, self._over, self._verifies = ExitStack(), threading.Event(), threading.Event()
        demo = self._open.enter_context(assembly.demo(folder, seed, accelerated=False))
        self.station: Station = demo.station
        self.bench: Bench = demo.bench
        self.room = Showroom(
            demo.bench,
            demo.disk,
            lambda: demo.station.verification.wants,
            lambda: demo.station.trigger is not None and demo.station.trigger.is_armed,
            boxes(seed),
        )
        demo.station.beside = self.room.saw
        self.bay = assembly.demo_bay(demo, folder, placements=2)
        self.accounts = Accounts(folder)
        self.folder = folder
        self._thread = threading.Thread(
            target=lambda: service.serve(self.station, self._is_over, bay=self.bay), name="loop"
        )

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        service.serve(self.station, self._is_over, bay=self.bay)

    def close(self) -> None:
        self._over.set()
        self._thread.join(20)
        self._open.close()

    def add_people(self) -> None:
        for role in Role:
            self.accounts.add(role.value.capitalize(), role, PIN, by="test")

    @contextmanager
    def visited(self, role: Role = Role.OPERATOR, port: int = 0) -> Iterator[str]:
        """Whoever comes is signed in."""
        visitor = Person(f"Demo {role.value}", role)
        with pages(self.station, self.accounts, visitor, self.room, bay=self.bay) as app, serving(app, port) as address:
            self.station.at_work = app.state.sessions.at_work
            yield address

    @contextmanager
    def served(self, port: int = 0) -> Iterator[str]:
        """Whoever comes has to sign in."""
        with pages(self.station, self.accounts, bay=self.bay) as app, serving(app, port) as address:
            self.station.at_work = app.state.sessions.at_work
            yield address

    def lay(self, act: str) -> Inspection:
        """Ask for it, and wait until it has been judged."""
        before = self.station.screen.view.inspection
        for _ in range(3):  # a busy machine may be late with a picture, which is a fault: then it is laid anew
            assert self.room.ask(act)
            if self.came(
                lambda: self.station.screen.view.is_there and self.station.screen.view.inspection is not before
            ):
                break
        inspection = self.station.screen.view.inspection
        assert inspection
        return inspection

    def verify(self) -> None:
        """Have the hand lay what is asked for and nothing after that, and wait until the station is verified."""
        self._verifies.set()
        self.room.is_by_itself = True
        self.until(lambda: not self._verifies.is_set(), 90)

    def until(self, holds: Callable[[], bool], seconds: float = 20.0) -> None:
        """Look again and again until it holds."""
        assert self.came(holds, seconds), "it did not come to be"

    def came(self, holds: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Whether it holds within so many seconds."""
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            self._over.wait(0.02)
        return holds()

    def _is_over(self) -> bool:
        if self._verifies.is_set() and self.station.verification.standing.since is not None:
            self.room.is_by_itself = False
            self._verifies.clear()
        self.room.step()
        return self._over.is_set()
