"""Heads are signed at an interval and at the close of an order, between two placements and never during one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from station import assembly, service
from station.log import queries
from station.loop import pause, turn
from station.seal import EVERY


def whys(data: Path) -> list[str]:
    with queries.reading(data) as rows:
        return [row["why"] for row in rows.execute("SELECT why FROM heads ORDER BY sequence")]


def test_a_head_is_signed_at_an_interval_and_when_the_order_changes(tmp_path: Path) -> None:
    with assembly.demo(tmp_path, seed=1, accelerated=True) as demo:
        station = demo.station
        assert station.between is not None
        with service.started(station):
            station.between(station)
            station.between(station)
            assert whys(tmp_path) == ["interval"]
            station.log.note("x", "x")
            station.between(station)
            assert whys(tmp_path) == ["interval"]  # not yet time
            station.clock.sleep(EVERY)
            station.between(station)
            assert whys(tmp_path) == ["interval"] * 2
            station.log.note("x", "x")
            station.order = replace(station.order, work_order="next")
            station.between(station)
            assert whys(tmp_path)[2:] == ["close of order demo"]
    assert whys(tmp_path)[3:] == ["closed"]


def test_somebody_who_signs_in_or_the_next_serial_closes_no_order(tmp_path: Path) -> None:
    with assembly.demo(tmp_path, seed=1, accelerated=True) as demo:
        station = demo.station
        assert station.between is not None
        with service.started(station):
            station.between(station)
            station.log.note("x", "x")
            station.order = replace(station.order, operator="Eva", serial="S2")
            station.between(station)
            assert whys(tmp_path) == ["interval"]
            station.order = replace(station.order, lot="another")
            station.between(station)
            assert whys(tmp_path)[1:] == ["close of order demo"]


def test_the_loop_signs_by_itself_between_two_placements(tmp_path: Path) -> None:
    with assembly.demo(tmp_path, seed=1, accelerated=True) as demo, service.started(demo.station):
        assert demo.station.trigger is not None
        while not demo.station.trigger.is_armed:
            pause(demo.station)
            assert whys(tmp_path) == []
            turn(demo.station)
        pause(demo.station)
        assert whys(tmp_path) == ["interval"]
