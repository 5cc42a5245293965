"""The screens beside the loop: whatever becomes of them, the loop goes on and says so."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from station import service
from station.errors import DeviceError
from station.log import queries
from station.loop import run
from station.simulation import SimulatedClock
from station.types import Verdict
from station.web import apart
from station.web.apart import DEAD, HUNG
from station.web.beside import LOOK, Screens
from station.web.program import started
from station.web.spoken import Wanted
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.web.processes import the_pages

PATIENCE = 120.0  # seconds for the pages to come or go on a busy machine; they are given 60 to start in


class Unhurried(SimulatedClock):
    """Whoever waits on the bench waits as long on the wall.

    A loop that never waits, as no real one does, takes the processor from the pages, which are less urgent than it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wall = threading.Event()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._wall.wait(seconds)


class Rig(OnTheBench):
    """A station whose loop turns while the test waits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, clock=Unhurried())
        service.start(self.station)

    def until(self, is_so: Callable[[], bool]) -> None:
        patience = time.monotonic() + PATIENCE
        run(self.station, lambda: is_so() or time.monotonic() > patience)
        assert is_so()

    def notices(self) -> list[str]:
        with queries.reading(self.folder) as log:
            return [event["message"] for event in reversed(queries.events(log, kinds=("screens",)))]

    def passes_a_part(self) -> bool:
        self.bench.place(EXPECTED)
        self.until(lambda: self.station.screen.view.is_there)
        inspection = self.station.screen.view.inspection
        return inspection is not None and inspection.verdict is Verdict.PASS


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def port() -> Iterator[socket.socket]:
    """A port that another program has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        yield taken


def is_served(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/sign-in", trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


def test_a_port_that_is_taken_is_told_and_had_once_it_is_free(rig: Rig, port: socket.socket) -> None:
    number = port.getsockname()[1]
    with Screens(rig.station, Wanted(rig.folder, "127.0.0.1", number)) as screens:
        rig.station.between = screens.look
        rig.until(lambda: "The screens are not served: Port" in rig.station.screen.view.notice)
        assert rig.passes_a_part()
        rig.bench.remove()
        port.close()
        rig.until(lambda: is_served(number) and rig.station.screen.view.notice == "")
    assert [notice.split()[0] for notice in rig.notices()] == ["Port", "The"]
    assert not is_served(number)


@pytest.mark.parametrize(("blow", "notice"), [(signal.SIGKILL, DEAD), (signal.SIGSTOP, HUNG)])
def test_pages_that_die_or_hang_stop_no_inspection_and_come_back(
    rig: Rig, port: socket.socket, monkeypatch: pytest.MonkeyPatch, blow: signal.Signals, notice: str
) -> None:
    monkeypatch.setattr(apart, "SILENCE", 3.0)
    number = port.getsockname()[1]
    port.close()
    with Screens(rig.station, Wanted(rig.folder, "127.0.0.1", number)) as screens:
        rig.station.between = screens.look
        rig.until(lambda: is_served(number))
        os.kill(the_pages(), blow)
        rig.until(lambda: notice in rig.station.screen.view.notice)
        assert rig.passes_a_part()
        rig.bench.remove()
        rig.until(lambda: is_served(number) and rig.station.screen.view.notice == "")
    assert [told.split()[-1] for told in rig.notices()] == [notice.split()[-1], "again"]


def test_who_insists_on_a_port_that_is_taken_is_refused_at_once(rig: Rig, port: socket.socket) -> None:
    wanted = Wanted(rig.folder, "127.0.0.1", port.getsockname()[1])
    with pytest.raises(DeviceError, match="Port"), Screens(rig.station, wanted, insists=True):
        pytest.fail("entered, and not served")


def test_of_any_port_they_come_back_under_the_one_that_browsers_know(rig: Rig) -> None:
    told: list[str] = []
    with Screens(rig.station, Wanted(rig.folder, "127.0.0.1", 0), served=told.append, insists=True):
        os.kill(the_pages(), signal.SIGKILL)
        rig.until(lambda: len(told) == 2)
    assert told[0] == told[1]


class Waits(threading.Event):
    """Waits shortly, and keeps how long it was told to."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout and timeout != LOOK:
            self.told.append(timeout)
        return super().wait(min(timeout or 0.0, 0.05))


def test_pages_that_are_served_and_fail_at_once_are_begun_anew_more_and_more_seldom(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time costs a process, and two events in the log."""
    monkeypatch.setattr(
        "station.web.apart.started", lambda _, *told, **more: started("tests.station.web.taken_over", *told, **more)
    )
    monkeypatch.setattr(apart, "FAREWELL", 0.0)
    screens, waits = Screens(rig.station, Wanted(rig.folder, "127.0.0.1", 0)), Waits()
    screens._stop = waits
    with screens:
        rig.until(lambda: len(waits.told) >= 4)
    assert waits.told[:4] == [1.0, 2.0, 4.0, 8.0]
