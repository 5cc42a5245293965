"""Killed at any moment while it signals: every PASS on the wire has its committed row and its whole pictures."""

from __future__ import annotations

import contextlib
import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.log import queries
from station.log.archive import Archive
from tests.promises.plc import Plc

KILLS = 10  # in each of five tests, so that two cores share them
LONGEST_LIFE = 1.2  # seconds from the first verdict on the wire to the kill: some placements
REACTION = 0.01  # seconds from a PASS on the wire to the kill, at the most, where a PASS is what is waited for
PATIENCE = 60.0  # seconds for a station to come up on a busy machine


@pytest.fixture
def plc() -> Iterator[Plc]:
    plc = Plc()
    yield plc
    plc.close()


def run_and_kill(plc: Plc, data: Path, seed: int, chance: random.Random) -> None:
    """Every other time at any moment, every other time as soon as a PASS is on the wire."""
    waited_for, life = (plc.heard_pass, REACTION) if seed % 2 else (plc.heard_verdict, LONGEST_LIFE)
    waited_for.clear()
    options = ["--data", str(data), "--line", plc.port, "--seed", str(seed)]
    command = [sys.executable, "-m", "station", "demo", "--headless", "--json", *options]
    station = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
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
