"""Killed at any moment while it signals: every PASS on the wire has its committed row and its whole pictures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.log import queries
from station.log.archive import Archive
from station.signals.message import Incoming, Message

KILLS = 10  # in each of five tests, so that two cores share them
LONGEST_LIFE = 1.2  # seconds from the first verdict on the wire to the kill: about two placements
REACTION = 0.01  # seconds from a PASS on the wire to the kill, at the most, where a PASS is what is waited for
PATIENCE = 60.0  # seconds for a station to come up on a busy machine


class Plc:
    """The far end of the wire: acknowledges every verdict, and keeps the numbers of those that said PASS."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.passed: set[int] = set()
        self.heard_verdict, self.heard_pass = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        incoming = Incoming()
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 4096):
                for message in incoming.take(piece):
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        if message.word in ("PASS", "REJECT"):
            if message.word == "PASS":
                self.passed.add(message.number)
                self.heard_pass.set()
            os.write(self._master, Message("ACK", message.number).encode())
            self.heard_verdict.set()

    def close(self) -> None:
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def plc() -> Iterator[Plc]:
    plc = Plc()
    yield plc
    plc.close()


def run_and_kill(plc: Plc, data: Path, seed: int, chance: random.Random) -> None:
    """Every other time at any moment, every other time as soon as a PASS is on the wire."""
    command = [sys.executable, "-m", "station.cli", "demo", "--headless", "--json"]
    options = ["--data", str(data), "--line", plc.port, "--seed", str(seed)]
    waited_for, life = (plc.heard_pass, REACTION) if seed % 2 else (plc.heard_verdict, LONGEST_LIFE)
    waited_for.clear()
    station = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert waited_for.wait(PATIENCE), "the station never gave a verdict"
        time.sleep(chance.uniform(0, life))  # the very thing that is tried: a kill at any moment
        assert station.poll() is None, f"the station ended by itself: {station.communicate()[1].decode()}"
    finally:
        station.send_signal(signal.SIGKILL)
        station.communicate()


@pytest.mark.parametrize("seed", range(5))
def test_every_pass_on_the_wire_has_its_row_and_its_whole_pictures(plc: Plc, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for kill in range(KILLS):
        run_and_kill(plc, tmp_path, 100 * seed + kill, chance)
    assert plc.passed, "nothing was passed, so nothing was shown"
    archive = Archive(tmp_path)
    with queries.reading(tmp_path) as log:
        for number in plc.passed:
            row = queries.show(log, str(number))
            assert row, f"PASS {number} left on the wire and has no record"
            assert row["verdict"] == "PASS"
            for sha256 in (row["image_sha256"], row["frame_sha256"]):
                path = archive.path_of(sha256)
                assert path, f"PASS {number} left on the wire and has no picture"
                assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        assert log.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_killed_station_leaves_a_log_that_opens_in_plain_sqlite(plc: Plc, tmp_path: Path) -> None:
    run_and_kill(plc, tmp_path, 1, random.Random(1))
    with contextlib.closing(sqlite3.connect(tmp_path / "station.db")) as database:
        assert database.execute("SELECT count(*) FROM inspections").fetchone()[0] >= 1
