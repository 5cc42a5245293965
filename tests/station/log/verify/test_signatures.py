"""Heads are signed with the station's own key, often enough."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from station.log.keys import KEY, read_key
from station.log.store import UNSIGNED, TraceabilityLog
from tests.station.log.samples import StoppedClock, judged, pictures, proof


def test_the_key_is_made_at_the_first_start_and_nobody_else_may_read_it(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)):
        first = read_key(data).public
    (data / KEY).chmod(0o644)
    with closing(TraceabilityLog(data, clock)):
        assert read_key(data).public == first
    assert (data / KEY).stat().st_mode & 0o777 == 0o600


def test_a_head_is_signed_when_the_log_is_closed_and_only_if_there_is_anything_new(
    data: Path, clock: StoppedClock
) -> None:
    for _ in range(3):
        with closing(TraceabilityLog(data, clock)) as log:
            pass
    assert proof(data).heads == 0
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("start", "ready")
        log.sign("order closed")
        log.sign("again")
    report = proof(data)
    assert (report.heads, report.signed, report.breaks) == (1, 1, [])


def test_a_head_is_signed_every_so_many_records_at_least(log: TraceabilityLog, data: Path) -> None:
    for _ in range(UNSIGNED + 1):
        log.note("x", "x")
    assert (proof(data).signed, log.unsigned) == (UNSIGNED, 1)


EMPTIED = {"Record 1 is not there, nor what followed up to record 3": "", "Nobody signed that": "DELETE FROM tail"}


@pytest.mark.parametrize("sentence", EMPTIED)
def test_a_log_that_somebody_has_emptied_is_not_whole(data: Path, clock: StoppedClock, sentence: str) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        assert proof(data).breaks == []  # nothing was recorded yet, and the station has signed that
        for number in range(3):
            log.append(judged(), pictures(number))
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        triggers = rows.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            rows.execute(f"DROP TRIGGER {name}")
        for table in ("inspections", "heads", "spans", "facets", "tallies"):
            rows.execute(f"DELETE FROM {table}")
        rows.execute(EMPTIED[sentence])
        for _, sql in triggers:
            rows.execute(sql)
    assert [each.sentence.startswith(sentence) for each in proof(data).breaks] == [True]


def test_a_log_of_somebody_elses_making_is_found_by_the_stations_key_also_where_it_has_no_head(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        log.append(judged(), pictures(1))
    theirs = TraceabilityLog(tmp_path / "theirs", clock)
    theirs.append(judged(), pictures(1))
    theirs._let_go()  # nothing is signed but where it ends
    (tmp_path / "theirs" / "station.db").replace(data / "station.db")
    (told,) = proof(data).breaks
    assert "is not the one that signed last" in told.sentence
