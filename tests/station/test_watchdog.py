"""The loop itself says that it is alive: whatever holds it up is silence, and systemd ends the process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from station import service
from station.assembly import BENCH
from station.screen import View
from station.types import Frame, State
from station.watchdog import EVERY, Systemd
from tests.promises.stations import OnTheBench
from tests.station.cli.test_run import CONFIG

PATIENCE = 60.0  # seconds for a station to come up on a busy machine


class Listener:
    """The socket of systemd."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)

    def heard(self) -> list[str]:
        """What was said since the last call."""
        said = []
        self._socket.settimeout(0)
        try:
            while True:
                said.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return said

    def next(self, within: float) -> str:
        """Raises TimeoutError if nothing is said within so many seconds."""
        self._socket.settimeout(within)
        return self._socket.recv(4096).decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path)
    yield listener
    listener.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[OnTheBench]:
    rig = OnTheBench(tmp_path / "data")
    yield rig
    rig.close()


def told(rig: OnTheBench, systemd: Listener, seconds: float) -> list[str]:
    """All that is said while the service runs for so many seconds of the bench's time."""
    said: list[str] = []
    notify = Systemd({"NOTIFY_SOCKET": systemd.address}, rig.clock.monotonic)

    def stop() -> bool:
        said.extend(systemd.heard())
        return rig.clock.monotonic() > seconds

    service.serve(rig.station, stop, notify.alive)
    return said


def test_it_is_up_once_and_alive_each_second(rig: OnTheBench, systemd: Listener) -> None:
    begun = rig.clock.monotonic()
    said = told(rig, systemd, begun + 10.0)
    assert said[0].startswith("READY=1\n")
    assert sum("READY=1" in each for each in said) == 1
    assert all("WATCHDOG=1" in each for each in said)
    assert 9 <= len(said) <= 15


def test_it_says_how_it_stands(rig: OnTheBench, systemd: Listener) -> None:
    rig.bench.unplug()
    assert any("STATUS=Fault. " in each and "camera" in each for each in told(rig, systemd, rig.clock.monotonic() + 3))


def test_waiting_for_a_fault_to_be_mended_is_being_alive(rig: OnTheBench, systemd: Listener) -> None:
    rig.bench.unplug()
    assert len(told(rig, systemd, rig.clock.monotonic() + 20)) >= 19 / EVERY * 0.8


def test_a_loop_that_is_held_up_says_nothing(rig: OnTheBench, systemd: Listener) -> None:
    during: list[list[str]] = []
    read = rig.camera.read

    def hangs(newer_than: float = 0.0) -> Frame:
        if rig.station.state is State.READY and not during:
            systemd.heard()
            rig.clock.sleep(3600)
            during.append(systemd.heard())
        return read(newer_than)

    rig.camera.read = hangs  # type: ignore[method-assign] # a driver that does not return for an hour
    told(rig, systemd, rig.clock.monotonic() + 10)
    assert during == [[]]


def test_a_running_station_that_is_held_still_falls_silent(tmp_path: Path, systemd: Listener) -> None:
    config = tmp_path / "station.toml"
    config.write_text(CONFIG.format(bundle=BENCH, port="loop://"))
    command = [sys.executable, "-m", "station", "run", "--config", str(config), "--json"]
    quiet = subprocess.DEVNULL
    station = subprocess.Popen(command, env=os.environ | {"NOTIFY_SOCKET": systemd.address}, stdout=quiet, stderr=quiet)
    try:
        assert "READY=1" in systemd.next(PATIENCE)
        assert "WATCHDOG=1" in systemd.next(PATIENCE)
        station.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, station.pid, os.WSTOPPED)
        systemd.heard()
        with pytest.raises(TimeoutError):
            systemd.next(3 * EVERY)
        station.send_signal(signal.SIGCONT)
        assert "WATCHDOG=1" in systemd.next(PATIENCE)
    finally:
        station.kill()
        station.wait()


def test_outside_systemd_nobody_is_told(tmp_path: Path) -> None:
    Systemd({}).alive(View())
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive(View())


def test_a_systemd_that_does_not_listen_holds_up_nothing(systemd: Listener) -> None:
    now = [0.0]
    notify = Systemd({"NOTIFY_SOCKET": systemd.address}, lambda: now[0])
    for _ in range(3000):  # far more than a socket's queue holds
        now[0] += EVERY
        notify.alive(View())
    assert 0 < len(systemd.heard()) < 3000


def test_what_the_station_starts_does_not_speak_for_it(systemd: Listener) -> None:
    environment = {"NOTIFY_SOCKET": systemd.address}
    Systemd.here(environment).alive(View())
    assert not environment
    assert len(systemd.heard()) == 1
