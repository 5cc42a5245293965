"""Where a destination that keeps its own position is told on, once another log took the place of the one it knows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from station.log import queries
from station.log.backup import backup, restore, salvage
from station.log.store import TraceabilityLog
from station.telling.outbox import Position, resumed, waiting
from tests.station.log.samples import StoppedClock, judged, pictures

CLOCK = StoppedClock()


def work(data: Path, count: int) -> None:
    """So many placements, and a signed head behind the last."""
    with closing(TraceabilityLog(data, CLOCK)) as log:
        for _ in range(count):
            log.append(judged(), pictures())
        log.sign("the shift is over")


def tell(data: Path, told: Position) -> tuple[list[int], Position]:
    """What is told from a position on, without the heads, and the position behind it."""
    with queries.reading(data) as rows:
        found = waiting(rows, resumed(rows, told), 1000)
    return [each.sequence for each in found if each.table != "heads"], found[-1].position if found else told


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    work(data, 5)
    return data


def test_the_same_log_goes_on_where_it_was(data: Path) -> None:
    told, position = tell(data, Position())
    assert told == [1, 2, 3, 4, 5]
    work(data, 2)
    assert tell(data, position)[0] == [6, 7]


def test_of_a_log_that_was_put_back_all_is_told_that_the_former_did_not_have(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "copy")
    work(data, 4)
    _, position = tell(data, Position())
    assert position.sequence == 9
    restore(tmp_path / "copy", data, CLOCK, "Eva", "new disk")
    assert tell(data, position)[0] == [6]  # that it was put back
    work(data, 5)
    told, position = tell(data, position)
    assert told == [6, 7, 8, 9, 10, 11]
    work(data, 1)
    assert tell(data, position)[0] == [12]


def test_of_a_backup_that_is_newer_than_what_was_told_nothing_is_told_twice(data: Path, tmp_path: Path) -> None:
    _, position = tell(data, Position())
    work(data, 2)
    backup(data, tmp_path / "copy")
    work(data, 1)
    restore(tmp_path / "copy", data, CLOCK, "Eva", "new disk")
    assert tell(data, position)[0] == [6, 7, 8]


def test_a_chain_that_was_begun_anew_is_told_from_its_beginning(data: Path) -> None:
    _, position = tell(data, Position())
    salvage(data, CLOCK, "Eva", "bad blocks")
    assert tell(data, position)[0] == [6]


def test_a_log_in_an_empty_folder_is_told_from_its_beginning(data: Path, tmp_path: Path) -> None:
    _, position = tell(data, Position())
    work(tmp_path / "other", 2)
    assert tell(tmp_path / "other", position)[0] == [1, 2]
