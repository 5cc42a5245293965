"""Killed at any moment, the log holds every inspection that it acknowledged, and every picture that it names."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from station.log import queries
from station.log.queries import Search
from station.log.store import TraceabilityLog
from tests.station.log.samples import StoppedClock, archived

KILLS = 12


def killed_while_appending(data: Path, run: int, chance: random.Random) -> list[list[str]]:
    """Start a program that appends, kill it at a random moment, and return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.station.log.appender", str(data), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as appender:
        assert appender.stdout
        acknowledged = [appender.stdout.readline() for _ in range(chance.randrange(1, 20))]
        time.sleep(chance.uniform(0, 0.005))  # the moment is the test: anywhere within an append
        appender.kill()
        acknowledged += appender.stdout.readlines()
    return [line.split() for line in acknowledged if line.endswith("\n")]


def test_what_was_acknowledged_survives_every_kill(data: Path) -> None:
    chance = random.Random(20260105)
    acknowledged = [line for run in range(KILLS) for line in killed_while_appending(data, run, chance)]
    with queries.reading(data) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        rows = queries.search(connection, Search(), limit=10_000)
    kept = [[str(row["sequence"]), row["inspection_id"], row["image_sha256"], row["frame_sha256"]] for row in rows]
    assert len(acknowledged) >= KILLS
    assert {tuple(line) for line in acknowledged} <= {tuple(line) for line in kept}
    assert {name for line in kept for name in line[2:]} <= archived(data)
    with closing(TraceabilityLog(data, StoppedClock())):
        assert list((data / "pictures/incoming").iterdir()) == []
