"""What station.toml names becomes the devices that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.assembly.devices import make_signal
from station.config import parse
from station.signals import Several
from station.simulation import SimulatedClock

SERIAL, GPIO = {"kind": "serial", "port": "loop://"}, {"kind": "gpio"}
ACKNOWLEDGED = GPIO | {"ack_pin": 6}


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
