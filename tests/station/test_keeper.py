"""A running station lets pictures go by itself: looked for and deleted beside the line, recorded by the loop first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from station.keeper import EVERY, Keeper
from station.log import queries
from station.log.keeping import Purge, Terms, terms_in_force
from station.log.purged import PASSED
from station.log.verify import verify
from tests.promises.stations import OnTheBench
from tests.station.log.samples import archived, judged, pictures


def with_a_true_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnTheBench:
    rig = OnTheBench(tmp_path)
    monkeypatch.setattr(rig.clock, "is_synchronised", lambda: True)
    return rig


def test_nothing_is_looked_for_by_age_by_a_clock_that_is_not_synchronised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = with_a_true_clock(tmp_path, monkeypatch)
    keeper = Keeper(tmp_path, Terms(passed_days=10))
    for days in (30, 1):
        rig.station.log.append(judged(acquired_at=rig.clock.now() - timedelta(days=days)), pictures(days))
    monkeypatch.setattr(rig.clock, "is_synchronised", lambda: False)
    for _ in range(2):
        keeper.look(rig.station)
        keeper.wait()
    assert len(archived(tmp_path)) == 4
    rig.close()


def test_pictures_go_when_their_time_has_come_and_the_log_tells_of_it_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = with_a_true_clock(tmp_path, monkeypatch)
    station, keeper = rig.station, Keeper(tmp_path, Terms(passed_days=10))
    old = rig.clock.now() - timedelta(days=30)
    station.log.append(judged(acquired_at=old), pictures(1))
    for days in (3, 1):
        station.log.append(judged(acquired_at=rig.clock.now() - timedelta(days=days)), pictures(days))
    for _ in range(2):  # it plans; it records, and deletes
        keeper.look(station)
        keeper.wait()
    assert len(archived(tmp_path)) == 4
    with queries.reading(tmp_path) as rows:
        [told] = queries.events(rows, kinds=["purge"])
        assert (told["details"]["what"], told["details"]["through"]) == ("passed", 1)
        assert verify(rows, tmp_path).breaks == []
    keeper.look(station)
    keeper.wait()
    rig.clock.sleep(EVERY)
    keeper.look(station)
    keeper.wait()
    keeper.look(station)
    with queries.reading(tmp_path) as rows:
        assert len(queries.events(rows, kinds=["purge"])) == 1
    rig.close()


def test_the_log_is_told_once_what_station_toml_says_and_a_supervisor_has_the_last_word(tmp_path: Path) -> None:
    rig = OnTheBench(tmp_path)
    for days in (0, 10, 10, 20):
        keeper = Keeper(tmp_path, Terms(passed_days=days))
        keeper.look(rig.station)
        keeper.wait()
    with queries.reading(tmp_path) as rows:
        told = queries.events(rows, kinds=["keeping"])
        assert [event["details"]["passed_days"] for event in told] == [20, 10]
        assert terms_in_force(rows) == Terms(passed_days=20)
        rig.log.note("retention", "longer", passed_days=30.0, others_days=0.0, free_gib=0.0)
        assert terms_in_force(rows) == Terms(passed_days=30)
    rig.close()


def test_a_purge_that_was_recorded_when_its_asker_had_gone_is_done_by_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = with_a_true_clock(tmp_path, monkeypatch)
    for number in (1, 2):
        rig.station.log.append(judged(), pictures(number))
    rig.station.log.note("purge", "Asked for", **Purge(PASSED, 0, 1, "older than 1 days").details)
    for keeper in (first := Keeper(tmp_path, Terms()), first, Keeper(tmp_path, Terms())):
        keeper.look(rig.station)
        keeper.wait()
        assert len(archived(tmp_path)) == 2
    with queries.reading(tmp_path) as rows:
        assert len(queries.events(rows, kinds=["purge"])) == 1
        assert verify(rows, tmp_path).breaks == []
    rig.close()
