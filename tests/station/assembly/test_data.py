"""What is noted of a data folder before a station starts on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from station.assembly import BENCH, EXPECTED, note_swap_while_stopped
from station.assembly.data import refuse_real_records, refuse_simulated_records
from station.bundles import load_bundle
from station.log import queries
from station.log.store import TraceabilityLog
from station.model import Model
from station.types import SystemClock
from station.wishes import Wish


def test_a_swap_is_signed_by_who_asked_for_it_and_another_station_toml_by_nobody(tmp_path: Path) -> None:
    model = Model.of(load_bundle(BENCH), EXPECTED)
    rollback = Wish(by="Tan", at="2026-01-05T06:07:08.000000Z", act="rollback")
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        log.note("start", "ready", model="first")
        for name in ("first", "second", "second", "third"):
            note_swap_while_stopped(log, tmp_path, rollback, replace(model, name=name))
    with queries.reading(tmp_path) as rows:
        events = [(row["details"]["model"], row["operator"]) for row in reversed(queries.events(rows))]
    assert events == [("first", ""), ("second", "Tan"), ("third", "")]


def test_the_first_start_is_no_swap(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        note_swap_while_stopped(log, tmp_path, Wish(), Model.of(load_bundle(BENCH), EXPECTED))
    with queries.reading(tmp_path) as rows:
        assert queries.events(rows) == []


@pytest.mark.parametrize("refuse", [refuse_real_records, refuse_simulated_records])
def test_a_database_that_a_power_cut_left_empty_keeps_no_station_from_its_first_start(
    tmp_path: Path, refuse: Callable[[Path], None]
) -> None:
    (tmp_path / "station.db").touch()
    refuse(tmp_path)
