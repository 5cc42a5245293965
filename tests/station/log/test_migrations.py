"""The schema: reached from every older version, whole or not at all; what is in it is never changed (promise 7)."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.errors import LogError
from station.log.migrations import APPLICATION_ID, MIGRATIONS, migrate, version
from station.log.record import event_row, to_row
from tests.station.log.samples import StoppedClock, judged

NEXT = (*MIGRATIONS, "CREATE TABLE further (sequence INTEGER); INSERT INTO further VALUES (7)")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "station.db", isolation_level=None)
    yield connection
    connection.close()


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def insert(connection: sqlite3.Connection, sequence: int, verb: str = "INSERT", **changes: Any) -> None:
    row = {**to_row(judged(image_sha256="0" * 64)), "sequence": sequence, **changes}
    places = ", ".join(f":{column}" for column in row)
    connection.execute(f"{verb} INTO inspections ({', '.join(row)}) VALUES ({places})", row)


def insert_event(connection: sqlite3.Connection, sequence: int, verb: str = "INSERT") -> None:
    row = event_row(StoppedClock(), "start", "ready", "", {}) | {"sequence": sequence}
    places = ", ".join(f":{column}" for column in row)
    connection.execute(f"{verb} INTO events ({', '.join(row)}) VALUES ({places})", row)


@pytest.mark.parametrize("older", range(len(MIGRATIONS)))
def test_every_older_version_comes_to_the_same_schema(database: sqlite3.Connection, older: int) -> None:
    migrate(database, MIGRATIONS[:older])
    migrate(database)
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrate(fresh)
    assert schema(database) == schema(fresh)
    assert version(database) == len(MIGRATIONS)
    fresh.close()


def test_a_later_migration_keeps_what_was_recorded(database: sqlite3.Connection) -> None:
    migrate(database)
    insert(database, 1)
    migrate(database, NEXT)
    assert database.execute("SELECT count(*) FROM inspections").fetchone() == (1,)
    assert version(database, NEXT) == len(NEXT)


def test_migrating_twice_changes_nothing(database: sqlite3.Connection) -> None:
    migrate(database, NEXT)
    migrate(database, NEXT)
    assert database.execute("SELECT * FROM further").fetchall() == [(7,)]


def test_a_migration_that_fails_leaves_the_version_before(database: sqlite3.Connection) -> None:
    migrate(database)
    before = schema(database)
    with pytest.raises(sqlite3.Error):
        migrate(database, (*NEXT[:-1], NEXT[-1] + "; INSERT INTO nowhere VALUES (1)"))
    database.rollback()
    assert (schema(database), version(database)) == (before, len(MIGRATIONS))


def test_a_crash_in_the_middle_of_a_migration_leaves_the_version_before(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    migrate(database)
    before = schema(database)
    crash = """
import os, signal, sqlite3, sys
from station.log.migrations import MIGRATIONS, migrate
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.create_function("crash", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
migrate(connection, (*MIGRATIONS, "CREATE TABLE further (sequence); INSERT INTO further VALUES (1); SELECT crash()"))
"""
    ended = subprocess.run([sys.executable, "-c", crash, str(tmp_path / "station.db")], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (schema(database), version(database)) == (before, len(MIGRATIONS))


def test_a_newer_version_is_refused_with_the_mend(database: sqlite3.Connection) -> None:
    migrate(database, NEXT)
    with pytest.raises(LogError, match=r"newer version of the station .* install that version"):
        migrate(database)
    assert database.execute("SELECT * FROM further").fetchall() == [(7,)]


def test_a_database_of_another_program_is_refused(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE recipes (cake TEXT)")
    with pytest.raises(LogError, match="another program"):
        migrate(database)
    assert database.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,)


@pytest.mark.parametrize("table", ["inspections", "events"])
@pytest.mark.parametrize("change", ["UPDATE {} SET sequence = 9", "UPDATE {} SET record_hash = 'x'", "DELETE FROM {}"])
def test_what_was_recorded_is_neither_changed_nor_deleted(
    database: sqlite3.Connection, table: str, change: str
) -> None:
    migrate(database)
    insert(database, 1)
    insert_event(database, 2)
    with pytest.raises(sqlite3.IntegrityError, match="is never"):
        database.execute(change.format(table))


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_nothing_takes_the_place_of_what_was_recorded(database: sqlite3.Connection, verb: str) -> None:
    migrate(database)
    insert(database, 1, inspection_id="one")
    insert_event(database, 2)
    for sequence, name in ((1, "two"), (2, "two"), (3, "one")):
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
            insert(database, sequence, verb, inspection_id=name)
    for sequence in (1, 2):
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
            insert_event(database, sequence, verb)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "FINE"},
        {"verdict": "PASS", "reason": "fault"},
        {"verdict": "REJECT", "reason": ""},
        {"acquired_at": "yesterday"},
        {"is_simulated": 2},
        {"measures": "{"},
        {"image_sha256": "abc"},
        {"score": "high"},
    ],
)
def test_what_makes_no_sense_is_refused(database: sqlite3.Connection, changes: dict[str, Any]) -> None:
    migrate(database)
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, 1, **changes)


def test_what_supervisors_ask_for_is_indexed(database: sqlite3.Connection) -> None:
    migrate(database)
    names = [
        name for (name,) in database.execute("SELECT name FROM pragma_index_list('inspections') WHERE origin = 'c'")
    ]
    columns = {
        tuple(column for (column,) in database.execute("SELECT name FROM pragma_index_info(?)", [name]))
        for name in names
    }
    assert columns == {
        ("part_number",),
        ("predicted_part_number",),
        ("verdict",),
        ("reason",),
        ("operator",),
        ("part_number", "predicted_part_number", "verdict", "reason", "operator"),
        ("frame_sha256",),
        ("work_order",),
        ("lot",),
        ("serial",),
        ("image_sha256",),
    }
