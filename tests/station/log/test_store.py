"""What the log has acknowledged is on disk; what it could not keep, it says (promise 1)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.errors import LogError
from station.log import store
from station.log.store import TraceabilityLog, configure
from station.types import Pictures, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, archived, judged, pictures, sha256


def rows(data: Path, sql: str = "SELECT * FROM inspections ORDER BY sequence") -> list[dict[str, Any]]:
    with closing(sqlite3.connect(data / "station.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def test_an_inspection_is_returned_as_it_was_recorded(log: TraceabilityLog, data: Path) -> None:
    recorded = log.append(judged(), pictures())
    [row] = rows(data)
    assert (row["sequence"], row["inspection_id"]) == (recorded.sequence, recorded.inspection_id)
    assert (row["image_sha256"], row["frame_sha256"]) == (recorded.image_sha256, recorded.frame_sha256)
    assert archived(data) == {sha256(pictures().patch), sha256(pictures().frame)}


@pytest.mark.parametrize("act", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["taken away", "emptied"])
def test_a_log_that_is_not_there_any_more_is_missed_in_the_first_record_of_the_next(
    log: TraceabilityLog, data: Path, clock: StoppedClock, act: Callable[[Path], object]
) -> None:
    log.append(judged(), pictures())
    log.close()
    for path in data.glob("station.db*"):
        act(path)
    with closing(TraceabilityLog(data, clock)) as anew:
        anew.append(judged(), pictures())
    events = rows(data, "SELECT kind, sequence FROM events")
    assert events == [{"kind": "log_begun_anew", "sequence": 1}]


def test_an_event_is_recorded_with_time_and_person(log: TraceabilityLog, data: Path) -> None:
    log.note("sign-in", "Tan has signed in", operator="Tan", role="supervisor")
    [row] = rows(data, "SELECT * FROM events")
    assert (row["at"], row["clock_synchronised"]) == ("2026-01-05T06:07:08.123456Z", 1)
    assert (row["kind"], row["operator"], row["details"]) == ("sign-in", "Tan", '{"role": "supervisor"}')


def test_the_sequence_rises_over_inspections_events_and_restarts_whatever_the_clock_says(
    data: Path, clock: StoppedClock
) -> None:
    given: list[int] = []
    for day in (0, -365, 1):
        clock.at = AT + timedelta(days=day)
        with closing(TraceabilityLog(data, clock)) as log:
            given.append(log.append(judged(acquired_at=clock.at), pictures(len(given))).sequence)
            log.note("stop", "stopped")
    assert given == [1, 3, 5]
    assert [row["sequence"] for row in rows(data, "SELECT sequence FROM events ORDER BY 1")] == [2, 4, 6]


def test_every_commit_waits_for_the_disk(data: Path, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[sqlite3.Connection] = []

    def watched(connection: sqlite3.Connection) -> None:
        configure(connection)
        seen.append(connection)

    monkeypatch.setattr(store, "configure", watched)
    with closing(TraceabilityLog(data, clock)):
        assert seen[0].execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert seen[0].execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_system_without_wal_is_refused(tmp_path: Path) -> None:
    without_shared_memory = f"{(tmp_path / 'station.db').as_uri()}?vfs=unix-dotfile"
    with (
        closing(sqlite3.connect(without_shared_memory, uri=True)) as connection,
        pytest.raises(LogError, match="no WAL"),
    ):
        configure(connection)


def test_the_pictures_are_on_disk_before_the_row_is_there(
    log: TraceabilityLog, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        seen.append(len(rows(data)))

    monkeypatch.setattr(os, "fsync", watched)
    log.append(judged(), pictures())
    assert set(seen) == {0}
    assert len(rows(data)) == 1


def test_a_picture_that_cannot_be_kept_leaves_no_row(log: TraceabilityLog, data: Path) -> None:
    (data / "pictures/2026").write_text("in the way")
    with pytest.raises(LogError):
        log.append(judged(), pictures())
    assert rows(data) == []
    (data / "pictures/2026").unlink()
    log.append(judged(), pictures())
    assert len(rows(data)) == 1


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({"score": float("nan")}, pictures()),
        ({"distance": None}, pictures()),
        ({}, Pictures(None, b"\xff\xd8")),
        ({"verdict": Verdict.REJECT}, pictures()),
        ({"decision_ms": np.float32(1)}, pictures()),
        ({"decided_at": AT.replace(tzinfo=None)}, pictures()),
    ],
)
def test_what_is_no_record_is_refused_and_the_next_is_kept(
    log: TraceabilityLog, data: Path, changes: dict[str, Any], given: Pictures
) -> None:
    with pytest.raises(LogError, match="fault of the station"):
        log.append(judged(**changes), given)
    assert rows(data) == []
    assert log.append(judged(), pictures()).sequence == 1


def test_a_frame_that_cannot_be_decoded_is_recorded_as_a_fault(log: TraceabilityLog, data: Path) -> None:
    fault = judged(verdict=Verdict.REJECT, reason=Reason.FAULT, score=None, distance=None)
    recorded = log.append(fault, Pictures(None, None))
    assert (recorded.image_sha256, recorded.frame_sha256) == (None, None)
    assert rows(data)[0]["verdict"] == "REJECT"


def test_a_second_station_is_kept_out_until_the_first_is_gone(log: TraceabilityLog, data: Path) -> None:
    with pytest.raises(LogError, match="Another station"):
        TraceabilityLog(data, StoppedClock())
    log.append(judged(), pictures())
    log.close()
    TraceabilityLog(data, StoppedClock()).close()


def test_a_closed_log_is_one_file_even_while_somebody_reads(log: TraceabilityLog, data: Path, tmp_path: Path) -> None:
    log.append(judged(), pictures())
    with closing(sqlite3.connect(data / "station.db")) as reader:
        reader.execute("SELECT * FROM inspections").fetchall()
        log.close()
        (tmp_path / "station.db").write_bytes((data / "station.db").read_bytes())
    assert len(rows(tmp_path)) == 1


def test_the_log_opens_again_after_it_was_closed(log: TraceabilityLog, data: Path) -> None:
    log.close()
    log.note("start", "ready")
    assert len(rows(data, "SELECT * FROM events")) == 1


def test_whoever_reads_never_holds_up_the_line(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM inspections"
        assert reader.execute(count).fetchone() == (1,)
        for number in range(1, 20):
            log.append(judged(), pictures(number))
        assert reader.execute(count).fetchone() == (1,), "a reader sees one moment"
        reader.execute("COMMIT")
        assert reader.execute(count).fetchone() == (20,)


def test_another_program_that_writes_is_named_and_waited_for_only_so_long(
    data: Path, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.01)
    with closing(TraceabilityLog(data, clock)) as log:
        with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LogError, match="Another program keeps"):
                log.append(judged(), pictures())
        assert log.append(judged(), pictures()).sequence == 1


def test_threads_that_write_at_once_take_turns(log: TraceabilityLog, data: Path) -> None:
    def write(number: int) -> None:
        for turn in range(10):
            log.append(judged(), pictures(100 * number + turn))

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["sequence"] for row in rows(data)] == list(range(1, 41))


def test_pictures_that_went_away_are_a_trouble_once(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures(1))
    shutil.rmtree(data / "pictures")
    with pytest.raises(LogError, match="gone"):
        log.append(judged(), pictures(2))
    log.append(judged(), pictures(3))
    assert archived(data) == {sha256(pictures(3).patch), sha256(pictures(3).frame)}


def damage_header(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)


def damage_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * len(content[4096:])
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192])


def test_a_log_that_was_emptied_of_its_rows_is_missed_too(
    log: TraceabilityLog, data: Path, clock: StoppedClock
) -> None:
    log.append(judged(), pictures())
    log.close()
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for table in ("inspections", "events", "heads", "tail"):
            connection.execute(f"DELETE FROM {table}")
        for _, made in triggers:
            connection.execute(made)
    TraceabilityLog(data, clock).close()
    assert rows(data, "SELECT kind, sequence FROM events") == [{"kind": "log_begun_anew", "sequence": 1}]


def test_a_log_that_has_no_record_yet_is_not_missed(log: TraceabilityLog, data: Path, clock: StoppedClock) -> None:
    log.close()
    TraceabilityLog(data, clock).close()
    assert rows(data, "SELECT kind FROM events") == []


@pytest.mark.parametrize("damage", [damage_header, damage_middle, cut])
def test_a_damaged_database_is_named_and_left_as_it_is(
    log: TraceabilityLog, data: Path, damage: Callable[[Path], None]
) -> None:
    log.append(judged(), pictures())
    log.close()
    path = data / "station.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(LogError, match=r"is damaged .*backup"):
        TraceabilityLog(data, StoppedClock())
    assert path.read_bytes() == before


def test_a_newer_database_is_named_and_left_as_it_is(log: TraceabilityLog, data: Path) -> None:
    log.close()
    with closing(sqlite3.connect(data / "station.db")) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(LogError, match="newer version"):
        TraceabilityLog(data, StoppedClock())


@pytest.mark.parametrize("is_another_there", [True, False])
def test_a_database_that_went_away_is_not_quietly_begun_anew(
    log: TraceabilityLog, data: Path, is_another_there: bool
) -> None:
    log.append(judged(), pictures())
    for path in data.glob("station.db*"):
        path.unlink()
    if is_another_there:
        (data / "station.db").touch()
    for _ in range(3):
        with pytest.raises(LogError, match=r"mounted|replaced|of before"):
            log.append(judged(), pictures())


def test_a_database_that_was_replaced_under_the_running_station_is_noticed(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    (data / "copy").write_bytes((data / "station.db").read_bytes())
    (data / "copy").rename(data / "station.db")
    with pytest.raises(LogError, match="replaced"):
        log.append(judged(), pictures())


def test_a_folder_whose_name_is_no_url_works(tmp_path: Path, clock: StoppedClock) -> None:
    data = tmp_path / "Halle 3? #7 & 100% größe"
    with closing(TraceabilityLog(data, clock)) as log:
        log.append(judged(), pictures())
    assert len(rows(data)) == 1


QUIET = "CREATE TRIGGER quiet BEFORE INSERT ON inspections BEGIN SELECT RAISE(IGNORE); END"


def test_a_row_that_a_foreign_trigger_drops_without_a_word_is_an_error(log: TraceabilityLog, data: Path) -> None:
    with closing(sqlite3.connect(data / "station.db")) as foreign:
        foreign.execute(QUIET)
    with pytest.raises(LogError, match="did not take a row of inspections"):
        log.append(judged(), pictures())


@pytest.mark.parametrize("change", [QUIET, "DROP TRIGGER events_are_not_deleted"])
def test_a_log_whose_triggers_are_not_the_stations_own_is_not_opened(
    data: Path, clock: StoppedClock, change: str
) -> None:
    TraceabilityLog(data, clock).close()
    with closing(sqlite3.connect(data / "station.db")) as foreign:
        foreign.execute(change)
    with pytest.raises(LogError, match=r"trigger (quiet|events_are_not_deleted) is not as the station made it"):
        TraceabilityLog(data, clock)
