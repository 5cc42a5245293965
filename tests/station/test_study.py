"""An agreement study in a terminal: the order of its pieces is drawn by lot once, kept, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calibration.agreement import Piece, Trial
from station.errors import DataError
from station.study import Kept, Plan, StudySession
from tests.promises.stations import OnTheBench

PIECES = tuple(Piece(f"P{number}", is_good=number % 2 == 0) for number in range(8))
DRAWN = Plan(PIECES, {}, ("Ann", "Bo"), 2, seed=7)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[OnTheBench]:
    rig = OnTheBench(tmp_path)
    yield rig
    rig.close()


def session(rig: OnTheBench, plan: Plan, kept: Kept) -> StudySession:
    station = rig.station
    assert station.trigger is not None
    return StudySession(station.camera, station.clock, station.model, station.trigger, plan, kept)


def test_the_order_that_was_drawn_is_kept_with_the_study(rig: OnTheBench, tmp_path: Path) -> None:
    session(rig, DRAWN, kept := Kept(tmp_path, "first"))
    known = kept.read()
    assert known is not None
    assert known.plan == DRAWN


def test_a_study_goes_on_in_the_order_that_was_drawn_when_it_was_begun(rig: OnTheBench, tmp_path: Path) -> None:
    session(rig, DRAWN, kept := Kept(tmp_path, "first"))
    (who, trial, piece), *left = DRAWN.rounds()
    kept.add(Trial(who, piece.name, trial, passed=True))
    again = session(rig, replace(DRAWN, seed=8), kept)
    assert again.plan == DRAWN
    assert again.wanted == left[0] != replace(DRAWN, seed=8).rounds()[1]
    assert again.left == len(left)


@pytest.mark.parametrize("left", [b'{"appraiser": "Ann", "piece": "P3", "tri', b"{"])
def test_half_a_line_of_a_power_cut_or_a_full_disk_loses_no_other(tmp_path: Path, left: bytes) -> None:
    kept = Kept(tmp_path, "first")
    kept.begin(DRAWN, model="m")
    kept.add(first := Trial("Ann", "P1", 1, passed=False, record=7))
    with kept.path.open("ab") as file:
        file.write(left)
    known = kept.read()
    assert known is not None
    assert known.done == [first]
    kept.add(second := Trial("Ann", "P2", 1, passed=True, record=8))
    known = kept.read()
    assert known is not None
    assert known.done == [first, second]


def test_a_study_whose_beginning_was_cut_off_was_not_begun(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "first")
    kept.path.parent.mkdir()
    kept.path.write_bytes(b'{"plan": {"pie')
    assert kept.read() is None
    kept.begin(DRAWN, model="m")
    known = kept.read()
    assert known is not None
    assert known.plan == DRAWN


def test_it_is_not_gone_on_with_by_other_people(rig: OnTheBench, tmp_path: Path) -> None:
    session(rig, DRAWN, kept := Kept(tmp_path, "first"))
    with pytest.raises(DataError, match="a study of other pieces or people"):
        session(rig, replace(DRAWN, people=("Ann", "Cy")), kept)
