"""`station run` as a process: verified by golden and challenge part, told over a real pty, stopped by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from station.assembly import BENCH
from station.cli.output import Placements
from station.cli.run import printing, tell
from station.log import queries
from station.screen import Screen, View
from station.types import State
from tests.promises.plc import Plc

CONFIG = """
name = "station-7"
data = "data"
bundle = "{bundle}"

[order]
part_number = "1041-A"
work_order = "W-1"

[camera]
kind = "simulated"
seed = 3
tells_a_real_line = true

[[line]]
kind = "serial"
port = "{port}"

[web]
port = 0
"""


def told(station: subprocess.Popen[str], until: str) -> list[dict[str, Any]]:
    """What the station prints until it gives this verdict."""
    assert station.stdout
    lines: list[dict[str, Any]] = []
    while not lines or lines[-1].get("verdict") != until:
        text = station.stdout.readline()
        assert text, f"the station ended: {station.communicate()[1]}"
        lines.append(json.loads(text))
    return lines


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "station.toml"


def test_it_verifies_itself_before_it_passes_and_leaves_the_line_at_reject(config: Path) -> None:
    plc = Plc()
    config.write_text(CONFIG.format(bundle=BENCH, port=plc.port))
    command = [sys.executable, "-m", "station", "run", "--config", str(config), "--json"]
    station = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        inspections = [line for line in told(station, until="PASS") if "verdict" in line]
        station.send_signal(signal.SIGTERM)
        out, _ = station.communicate(timeout=30)
    finally:
        station.kill()
        plc.close()
    assert station.returncode == 0
    assert [line["reason"] for line in inspections[:2]] == ["not_verified", "wrong_part"]  # golden, then challenge
    assert json.loads(out.splitlines()[-1])["state"] == "halted"
    assert plc.heard[-1].word not in ("PASS", "READY")
    with queries.reading(config.parent / "data") as log:
        rows = queries.search(log, queries.Search())
        events = [row["kind"] for row in queries.events(log)]
    assert rows[-3]["verification"] == "golden in record 4, challenge in record 6, then the empty stage"
    assert plc.passed == {row["sequence"] for row in rows if row["verdict"] == "PASS"}
    assert all(row["is_simulated"] and row["station"] == "station-7" for row in rows)
    assert events == ["stop", *["verification"] * 3, "start", "verification", "calibration"]


def test_what_was_refused_is_told_beside_the_state(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (True, False):
        feed: Queue[View] = Queue()
        for view in (View(State.READY), View(State.READY, notice="The bundle was refused."), View(State.HALTED)):
            feed.put(view)
        tell(feed, Placements("1041-A", as_json), as_json)
    out = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["notice"] for line in out[:3]] == ["", "The bundle was refused.", ""]
    assert out[3:] == ["Ready.", "Ready. The bundle was refused.", "Stopped."]


def test_where_nobody_reads_what_is_printed_any_more_no_pictures_are_kept_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, write = os.pipe()
    os.close(read)
    screen = Screen()
    with os.fdopen(write, "w", buffering=1) as nobody:
        monkeypatch.setattr(sys, "stdout", nobody)
        printer = printing(screen, Placements("1041-A", True), True)
        screen.tell(State.READY)
        printer.join(10.0)
        monkeypatch.undo()
        with suppress(BrokenPipeError):
            nobody.close()
    assert not printer.is_alive()
    assert screen._followers == []


def test_a_station_that_was_never_calibrated_does_not_start(config: Path) -> None:
    text = CONFIG.format(bundle=BENCH, port="loop://").replace(
        'kind = "simulated"\nseed = 3\ntells_a_real_line = true', 'kind = "usb"\ndevice = "/dev/video99"'
    )
    config.write_text(text)
    command = [sys.executable, "-m", "station", "run", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "The station has never been calibrated; run `station calibrate`."


def test_a_mistyped_configuration_names_every_mistake_and_nothing_is_started(config: Path) -> None:
    config.write_text(
        CONFIG.format(bundle=BENCH, port="loop://").replace("seed", "sead").replace("work_order", "workorder")
    )
    command = [sys.executable, "-m", "station", "run", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "extra fields found (workorder) @ station.toml.order",
        "extra fields found (sead) @ station.toml.camera",
    ]
    assert not (config.parent / "data").exists()
