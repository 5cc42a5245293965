"""The showroom: the hand does what visitors ask, when the station is ready for it, and works by itself meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.errors import LogError, StationError
from station.loop import turn
from station.masters import Master
from station.simulation import Showroom, SimulatedDisk
from station.simulation.showroom import ACTS, DEPTH, ITSELF, SWITCHES
from station.types import Inspection, Verdict
from tests.promises.stations import OnTheBench
from tests.station.factories import inspection

FULL = LogError("There is no room for the log.")


class Room(OnTheBench):
    """A station on the bench, and the showroom around it; `wants` is what the station asks for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.wants: Master | None = None
        self.disk = SimulatedDisk(self.log, FULL)
        self.station.log = self.disk
        trigger = self.station.trigger
        assert trigger
        boxes = itertools.cycle(["1041-A", "1042"])
        self.room = Showroom(self.bench, self.disk, lambda: self.wants, lambda: trigger.is_armed, boxes)
        self.room.is_by_itself = False
        self.station.beside = self.room.saw
        self.camera.open()
        self.station.signal.open()

    def live(self, turns: int = 200) -> list[tuple[str | None, Inspection]]:
        """Let the station work; what truly lay there, and what it said."""
        told = []
        for _ in range(turns):
            self.room.step()
            if (said := turn(self.station)) is not None:
                told.append((self.bench.actual_part_number, said))
        return told


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    room.live(20)
    yield room
    room.close()


@pytest.mark.parametrize("act", ["1041-A", "1041-B", "1042", "two"])
def test_the_hand_lays_what_is_asked_for(room: Room, act: str) -> None:
    assert room.room.ask(act)
    ((actual, _),) = room.live()
    assert actual == act
    assert not room.room.is_by_itself


def test_what_lies_there_is_taken_away_first_and_each_is_judged(room: Room) -> None:
    room.room.ask("1041-A")
    room.live()
    room.room.ask("1041-B")
    ((actual, _),) = room.live()
    assert actual == "1041-B"
    room.room.ask("remove")
    assert room.live() == []
    assert not room.bench.lying


@pytest.mark.parametrize("act", ["half", "hand", "two"])
def test_half_a_part_a_hand_and_two_parts_never_pass(room: Room, act: str) -> None:
    room.room.ask(act)
    told = room.live()
    assert told
    assert all(said.verdict is not Verdict.PASS for _, said in told)


@pytest.mark.parametrize("act", ["unplugged", "frozen"])
def test_a_camera_that_goes_wrong_is_a_fault_until_it_is_mended(room: Room, act: str) -> None:
    room.room.ask(act)
    with pytest.raises(StationError):
        room.live()
    room.room.ask(act)
    room.room.step()
    room.camera.open()
    room.room.ask("1041-A")
    assert room.live()


def test_on_a_full_disk_nothing_is_judged(room: Room) -> None:
    room.room.ask("full")
    room.room.ask("1041-A")
    with pytest.raises(LogError, match="no room"):
        room.live()
    assert not room.line.asserts_pass


def test_by_itself_the_hand_lays_what_the_station_asks_for_then_what_is_in_the_box(room: Room) -> None:
    room.wants = Master("1041-B", Verdict.REJECT)
    room.room.ask(ITSELF)
    while not (first := room.live(20)):
        pass
    room.wants = None
    assert [actual for actual, _ in [*first, *room.live(600)]][:3] == ["1041-B", "1041-A", "1042"]


def test_a_part_that_was_unsure_is_laid_again_twice(room: Room) -> None:
    room.room.ask("1041-A")
    room.live()
    (piece,) = room.bench.lying
    for attempt in (1, 2):
        unsure = inspection(verdict=Verdict.UNSURE, measures={"attempt": attempt})
        room.room.saw(unsure, room.station.camera.read())
        assert room.room._again is not None
        assert room.room._again.specimen == piece.specimen
    room.room.saw(inspection(verdict=Verdict.UNSURE, measures={"attempt": 3}), room.station.camera.read())
    assert room.room._again is None


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_that_is_put_back_leaves_the_bench_as_it_was(room: Room, switch: str) -> None:
    def state() -> tuple[object, ...]:
        bench = room.bench
        return bench.plugged, bench.frozen, bench.lamp_level, bench.blur, room.disk.is_full

    before = state()
    for is_on in (True, False):
        room.room.ask(switch)
        room.room.step()
        assert (switch in room.room.wrong) is is_on
        assert (state() != before) is is_on


def test_what_the_bench_does_not_do_is_refused_and_so_is_too_much(room: Room) -> None:
    assert not room.room.ask("explode")
    assert [room.room.ask("remove") for _ in range(DEPTH + 1)] == [True] * DEPTH + [False]
    assert len(set(ACTS)) == len(ACTS)
