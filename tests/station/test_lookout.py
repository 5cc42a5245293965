"""Disk and clock are looked after between two placements, and the log tells when trouble begins and ends, once each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from station.log import queries
from station.log.alerts import standing
from station.lookout import ENOUGH, EVERY, LITTLE, PATIENCE, Lookout
from tests.promises.stations import OnTheBench


@dataclass
class Usage:
    free: int


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnTheBench]:
    rig = OnTheBench(tmp_path)
    monkeypatch.setattr(rig.clock, "is_synchronised", lambda: True)
    yield rig
    rig.close()


def kinds(rig: OnTheBench) -> list[tuple[str, bool]]:
    """What stands: its kind, and whether it lasts."""
    with queries.reading(rig.folder) as rows:
        return [(alert.kind, alert.until is None) for alert in standing(rows, rig.clock.now())]


def looks(rig: OnTheBench, lookout: Lookout, times: int = 3) -> None:
    for _ in range(times):
        lookout.look(rig.station)
        rig.clock.sleep(EVERY)


def test_little_room_is_told_once_and_so_is_its_end_also_over_a_restart(
    rig: OnTheBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free(room: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(room))

    free(LITTLE)
    looks(rig, lookout := Lookout(rig.folder))
    assert kinds(rig) == []
    free(LITTLE - 1)
    looks(rig, lookout)
    looks(rig, lookout := Lookout(rig.folder))
    free(ENOUGH - 1)  # not room enough to call it over
    looks(rig, lookout)
    assert kinds(rig) == [("disk", True)]
    free(ENOUGH)
    looks(rig, lookout)
    assert kinds(rig) == [("disk", False)]
    with queries.reading(rig.folder) as rows:
        assert len(queries.events(rows, kinds=["alert"])) == 2


def test_a_clock_that_is_not_synchronised_is_told_when_it_had_time_enough(
    rig: OnTheBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.clock, "is_synchronised", lambda: False)
    lookout = Lookout(rig.folder)
    looks(rig, lookout, int(PATIENCE / EVERY))
    assert kinds(rig) == []
    looks(rig, lookout)
    assert kinds(rig) == [("clock", True)]
    monkeypatch.setattr(rig.clock, "is_synchronised", lambda: True)
    looks(rig, lookout)
    assert kinds(rig) == [("clock", False)]


@pytest.mark.parametrize("days", [365, -365])
def test_a_clock_that_jumps_a_year_is_told(rig: OnTheBench, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    lookout = Lookout(rig.folder)
    looks(rig, lookout)
    now = rig.clock.now
    monkeypatch.setattr(rig.clock, "now", lambda: now() + timedelta(days=days))
    looks(rig, lookout)
    assert kinds(rig) == [("clock", True)]
