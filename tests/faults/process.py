"""Faults of a whole running station: `station run` over a real pty, its data on a real small file system, kept alive.

Keeper    what systemd does with deploy/systemd/station.service: notify socket, watchdog, restart
Line      the far end of a pty, which can be closed and come back, and may cease to answer
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

from station.assembly import BENCH
from station.log import queries
from station.signals.message import Incoming, Message
from tests.faults.table import Outcome

WATCHDOG = 10.0  # seconds, as in the unit
RESTART = 2.0
SILENCE = 3.0  # seconds without a message after which a controller takes the station for dead
PATIENCE = 120.0
ROOM = 40  # MB of the small file system
CONFIG = """
name = "station-7"
data = "{data}"
bundle = "{bundle}"
order = {{ part_number = "1041-A" }}
camera = {{ kind = "simulated", seed = 3, tells_a_real_line = true }}
line = [{{ kind = "serial", port = "{port}" }}]
"""


def until(holds: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Wait for a condition; returns when it held."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {within:.0f} s")
        time.sleep(0.005)
    return time.monotonic()


class Line:
    """The controller. `name` is a link that always leads to the pty of now."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self.answers = True
        self._wire: object | None = None
        self.heard: list[tuple[float, Message]] = []
        self.passed: set[int] = set()
        self.plug()

    def plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(self._slave))
        self._wire = object()
        threading.Thread(target=self._listen, args=(self._master, self._wire), daemon=True).start()

    def unplug(self) -> None:
        self.name.unlink()
        self._wire = None  # a read that waits outlives the close, and would hear one message more
        os.close(self._slave)
        os.close(self._master)

    @property
    def passes(self) -> bool:
        """Whether PASS stands, as the document says: the last word is PASS, and the station is heard."""
        if not self.heard:
            return False
        last = next((each for _, each in reversed(self.heard) if each.word != "READY"), self.heard[-1][1])
        return last.word == "PASS" and time.monotonic() - self.heard[-1][0] < SILENCE

    def count(self, word: str) -> int:
        return sum(each.word == word for _, each in self.heard)

    def _listen(self, master: int, wire: object) -> None:
        incoming = Incoming()
        with contextlib.suppress(OSError):
            while (piece := os.read(master, 4096)) and wire is self._wire:
                for message in incoming.take(piece):
                    self.heard.append((time.monotonic(), message))
                    if message.word == "PASS":
                        self.passed.add(message.number)
                    if message.word in ("PASS", "REJECT") and self.answers:
                        os.write(master, Message("ACK", message.number).encode())


class Keeper:
    """Starts the station, ends it when it is silent for too long, starts it anew when it has ended."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._place = tempfile.mkdtemp(prefix="notify-")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"{self._place}/s")
        self._socket.settimeout(0.2)
        self.restarts, self.ended_by_watchdog = 0, 0
        self.out: list[str] = []
        self._over = threading.Event()
        self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "station", "run", "--config", str(self._config), "--json"],
            env=os.environ | {"NOTIFY_SOCKET": f"{self._place}/s"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        self._heard: float | None = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.out.extend(line.rstrip() for line in process.stdout)

    def _keep(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                if b"WATCHDOG=1" in self._socket.recv(4096):
                    self._heard = time.monotonic()
            if self._heard and time.monotonic() - self._heard > WATCHDOG:
                self.ended_by_watchdog += 1
                self.process.kill()
                self.process.wait()
            if self.process.poll() is not None and not self._over.wait(RESTART):
                self.restarts += 1
                self._start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._socket.close()
        shutil.rmtree(self._place)


class Rig:
    """A station on a tmpfs of its own, with its keeper and its line."""

    def __init__(self, folder: Path) -> None:
        self.disk = folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", str(self.disk)], check=True)
        self.data, self.bundle = self.disk / "data", folder / "bundle"
        shutil.copytree(BENCH, self.bundle)
        self.line = Line(folder / "line")
        self.config = folder / "station.toml"
        self.config.write_text(CONFIG.format(data=self.data, bundle=self.bundle, port=self.line.name))
        self.keeper: Keeper | None = None

    def start(self) -> Keeper:
        self.keeper = Keeper(self.config)
        return self.keeper

    def stop(self) -> None:
        if self.keeper:
            self.keeper.close()
        self.keeper = None

    def close(self) -> None:
        self.stop()
        subprocess.run(["umount", "-l", str(self.disk)], check=False)

    def recorded(self) -> set[int]:
        with queries.reading(self.data) as rows:
            sql = "SELECT sequence FROM inspections WHERE verdict = 'PASS'"
            return {each[0] for each in rows.execute(sql)}

    def events(self) -> list[str]:
        """The kinds of all that the log tells of the station itself, oldest first."""
        with queries.reading(self.data) as rows:
            found = queries.events(rows, limit=1_000_000, kinds=["fault", "start", "stop"])
        return [each["kind"] for each in reversed(found)]

    def lost(self) -> int:
        """Parts that passed on the wire and have no record."""
        return len(self.line.passed - self.recorded())

    def told(self, since: int = 0, holds: str = "") -> str:
        """The first error that the station has printed, of the lines from `since` on, and that has these words."""
        assert self.keeper
        for line in self.keeper.out[since:]:
            try:
                each = json.loads(line)
            except ValueError:
                if line and not line.startswith(("INFO:", "WARNING", "W0000")):
                    return line
                continue
            if each.get("state") == "error" and each["message"] and holds in each["message"]:
                return str(each["message"])
        return ""


def while_it_runs(
    rig: Rig,
    fault: str,
    made_by: str,
    make: Callable[[], None],
    mend: Callable[[], None],
    stands: float = 4.0,
    code: str = "",
    holds: str = "",
) -> Outcome:
    """The fault comes while a PASS stands; it stands a while; the cause goes away; the station is ready again.

    code, holds  what the line, and a person, must be told; on a busy machine another fault may come before
    """
    line = rig.line
    until(lambda: line.passes, f"a PASS before: {fault}")
    assert rig.keeper
    heard, printed, happened = len(line.heard), len(rig.keeper.out), len(rig.events())
    ended, restarts = rig.keeper.ended_by_watchdog, rig.keeper.restarts
    make()
    made = time.monotonic()
    rejected = until(lambda: not line.passes, f"reject after: {fault}", 30)
    said = next((f"{each.word} {each.detail}".strip() for at, each in line.heard[heard:] if each.word == "FAULT"), "")
    said = said or ("silence" if time.monotonic() - line.heard[-1][0] >= SILENCE else line.heard[-1][1].word)
    time.sleep(stands)
    with contextlib.suppress(TimeoutError):  # a verdict that nobody acknowledges has to come first
        until(lambda: bool(rig.told(printed, holds)) or not holds, "what is told", 30)
    faults = [f"{each.word} {each.detail}" for _, each in line.heard[heard:] if each.word == "FAULT"]
    said = next((each for each in faults if code in each), said)
    told = rig.told(printed, holds)
    before = line.count("READY")
    mend()
    mended = time.monotonic()
    ready = until(lambda: line.count("READY") > before, f"ready after: {fault}")
    ended, restarts = rig.keeper.ended_by_watchdog - ended, rig.keeper.restarts - restarts
    message = told or ("" if holds else f"ended by the watchdog: {ended}, restarts: {restarts}; verified anew")
    return Outcome(fault, made_by, said, rejected - made, ready - mended, rig.lost(), message, _kept(rig, happened))


def _kept(rig: Rig, happened: int) -> str:
    """What the log tells of the fault: a fault, or that the station began anew and had not stopped."""
    kinds = rig.events()[happened:]
    return "fault" if "fault" in kinds else "start" if kinds[:1] == ["start"] else ""


def at_its_start(rig: Rig, fault: str, made_by: str, make: Callable[[], None], mend: Callable[[], None]) -> Outcome:
    """The fault is there when the station starts: it does not come to ready, says why, and does once it is mended."""
    rig.stop()
    make()
    line, before = rig.line, rig.line.count("READY")
    keeper = rig.start()
    until(lambda: keeper.restarts >= 1, f"the refusal of: {fault}")
    assert line.count("READY") == before, "it was ready in a fault"
    told = rig.told()
    mend()
    mended = time.monotonic()
    ready = until(lambda: line.count("READY") > before, f"ready after: {fault}")
    return Outcome(fault, made_by, "never READY", 0.0, ready - mended, rig.lost(), told, "journal")


def outcomes() -> Iterator[Outcome]:
    """All that a process and a small disk can show. Needs root: it mounts a tmpfs of its own."""
    with tempfile.TemporaryDirectory(prefix="station-faults-") as folder:
        rig = Rig(Path(folder))
        try:
            rig.start()
            yield from _running(rig)
            yield from _starting(rig)
        finally:
            rig.close()


def _running(rig: Rig) -> Iterator[Outcome]:
    line, filler = rig.line, rig.disk / "filler"

    def pid() -> int:
        assert rig.keeper
        return rig.keeper.process.pid

    def fill() -> None:
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()

    def strace(what: str) -> Callable[[], None]:
        def act() -> None:
            command = [
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                f"trace={what.split(':')[0]}",
                "-e",
                f"inject={what}",
            ]
            tracers.append(subprocess.Popen([*command, "-p", str(pid())], stderr=subprocess.DEVNULL))
            until(lambda: "TracerPid:\t0" not in Path(f"/proc/{pid()}/status").read_text(), "strace", 20)

        return act

    def no_strace() -> None:
        tracers[-1].terminate()
        tracers[-1].wait(20)

    def answer(is_there: bool) -> Callable[[], None]:
        return lambda: setattr(line, "answers", is_there)

    tracers: list[subprocess.Popen[bytes]] = []
    yield while_it_runs(rig, "serial port is gone", "pty closed", line.unplug, line.plug)
    yield while_it_runs(
        rig, "controller does not answer", "no ACK", answer(False), answer(True), 8, "line", "acknowledge"
    )
    yield while_it_runs(rig, "disk is full", f"tmpfs of {ROOM} MB, filled", fill, filler.unlink, 8, "log", "no room")
    if shutil.which("strace"):
        for calls, name in (("fdatasync,fsync", "does not flush"), ("pwrite64", "does not write")):
            for error, holds in (("EIO", "could not be written"), ("ENOSPC", "no room")):
                act, made_by = strace(f"{calls}:error={error}"), f"strace {calls} {error}"
                yield while_it_runs(rig, f"disk {name}: {error}", made_by, act, no_strace, 8, "log", holds)
    yield while_it_runs(rig, "process is killed", "SIGKILL", lambda: os.kill(pid(), signal.SIGKILL), lambda: None, 0)
    yield while_it_runs(rig, "process hangs", "SIGSTOP", lambda: os.kill(pid(), signal.SIGSTOP), lambda: None, 0)


def _starting(rig: Rig) -> Iterator[Outcome]:
    model, kept = rig.bundle / "model.tflite", b""

    def spoil_model() -> None:
        nonlocal kept
        kept = model.read_bytes()
        model.write_bytes(kept[: len(kept) // 2] + b"\0" * 64 + kept[len(kept) // 2 + 64 :])

    def mend_model() -> None:
        model.write_bytes(kept)

    def mount(how: str) -> Callable[[], None]:
        def act() -> None:
            subprocess.run(["mount", "-o", f"remount,{how}", str(rig.disk)], check=True)

        return act

    database, copy = rig.data / "station.db", rig.data / "copy"

    def spoil_database() -> None:
        shutil.copyfile(database, copy)
        with database.open("r+b") as file:
            for page in range(1, 12):
                file.seek(4096 * page)
                file.write(b"\xa5" * 4096)

    def put_back() -> None:
        for name in ("station.db-wal", "station.db-shm"):
            (rig.data / name).unlink(missing_ok=True)
        shutil.move(copy, database)

    yield at_its_start(rig, "disk can only be read", "tmpfs remounted ro", mount("ro"), mount("rw"))
    yield at_its_start(rig, "model file is damaged", "64 bytes of model.tflite", spoil_model, mend_model)
    yield at_its_start(rig, "database is damaged", "11 pages of station.db", spoil_database, put_back)
