"""What station.toml names becomes the devices that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.assembly.devices import make_camera, make_signal
from station.config import parse
from station.signals import Several
from station.simulation import SimulatedClock

SERIAL, GPIO = {"kind": "serial", "port": "loop://"}, {"kind": "gpio"}
ACKNOWLEDGED = GPIO | {"ack_pin": 6}


@pytest.mark.parametrize(("told", "fps"), [({}, 30), ({"fps": 5}, 5)], ids=["where nothing is said", "5 a second"])
def test_a_simulated_camera_is_as_quick_as_it_is_told(tmp_path: Path, told: dict[str, object], fps: int) -> None:
    camera = {"kind": "simulated", "tells_a_real_line": True} | told
    tables = {"name": "s", "data": "data", "bundle": "bundle", "camera": camera, "line": [SERIAL]}
    clock = SimulatedClock()
    eye = make_camera(parse(tables, tmp_path), clock)
    eye.open()
    first, second = (eye.read(newer_than=clock.monotonic()).monotonic for _ in range(2))
    assert second - first == pytest.approx(1 / fps)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([GPIO, SERIAL], ["SerialLine", "GpioLine"]),
        ([SERIAL, GPIO], ["SerialLine", "GpioLine"]),
        ([ACKNOWLEDGED, SERIAL], ["GpioLine", "SerialLine"]),
    ],
)
def test_a_line_that_acknowledges_is_told_before_one_that_shows_its_pass_at_once(
    tmp_path: Path, lines: list[dict[str, object]], told: list[str]
) -> None:
    camera = {"kind": "simulated", "tells_a_real_line": True}
    tables = {"name": "s", "data": "data", "bundle": "bundle", "camera": camera, "line": lines}
    signal = make_signal(parse(tables, tmp_path), SimulatedClock())
    assert isinstance(signal, Several)
    assert [type(each).__name__ for each in signal._signals] == told
