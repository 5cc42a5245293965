"""The table of the trend outlives what is damaged in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.trend import FILE, Day, Trend, read

DAY = Day("2026-01-05", "light", 1, 2, 0.01, 0.0, 0.02, 0.1)
HEAD, ROW = b"day,measure,calibration,count,mean,least,most,limit\n", b"2026-01-05,light,1,2,0.01,0.0,0.02,0.1\n"


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00\n", b'"', b"x" * 200_000 + b"\n", b"\x00" * 4096])
def test_a_damaged_row_takes_no_other_with_it_and_keeps_no_station_from_starting(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(HEAD + ROW + damage)
    Trend(tmp_path)
    assert read(tmp_path) == [DAY]
