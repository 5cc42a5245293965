"""What was recorded cannot be changed unseen (promise 7): the first record that was changed is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from station.log import queries
from station.log.chain import ZEROS, content, link
from station.log.keys import KEY, fingerprint, read_key
from station.log.migrations import MIGRATIONS, migrate
from station.log.record import event_row, to_row
from station.log.store import UNSIGNED, TraceabilityLog
from station.log.verify import Report, verify
from station.types import Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures


def proof(data: Path, **more: object) -> Report:
    with queries.reading(data) as connection:
        return verify(connection, data, **more)  # type: ignore[arg-type] # options by name


def test_a_log_that_nobody_touched_is_whole(log: TraceabilityLog, data: Path) -> None:
    for number in range(30):
        log.append(judged(measures={"light": 1 / 3}), pictures(number))
        log.note("sign_in", 'Tän "x" \\ \n\x01 has signed in', operator="Tän", role="supervisor")
    assert proof(data).breaks == []
    log.close()
    report = proof(data)
    assert (report.breaks, report.records, report.events, report.heads) == ([], 30, 30, 1)
    assert (report.signed, report.last, report.kept) == (60, 60, 60)
    assert report.keys == [fingerprint(read_key(data).public)]


def test_a_log_that_is_written_on_meanwhile_is_whole(log: TraceabilityLog, data: Path) -> None:
    steps = list[str]()

    def recorded(step: str, *_: int) -> None:
        steps.append(step)
        log.append(judged(), pictures(len(steps)))

    log.append(judged(), pictures())
    assert proof(data, tick=recorded).breaks == []
    assert {"Chain", "Tables", "Database", "Pictures"} <= set(steps)
    assert proof(data).breaks == []


def test_pictures_that_are_purged_meanwhile_are_not_missing(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    looked = list[str]()

    def purged(step: str, *_: int) -> None:
        """Told and let go when the first pictures have been looked at."""
        if step == "Pictures" and step not in looked:
            log.note("purge", "The pictures of passed parts were let go", what="passed", through=1000)
            for picture in (data / "pictures").rglob("*.*g"):
                picture.unlink()
        looked.append(step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("station.log.verify.PICTURED", 1)
        for number in range(3):
            log.append(judged(), pictures(number + 1))
        report = proof(data, tick=purged)
    assert report.breaks == []
    assert (report.kept, report.purged) == (2, 6)


def test_records_and_acts_of_people_stand_in_one_chain(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    log.note("sign_in", "Tan has signed in", operator="Tan")
    log.append(judged(), pictures())
    with queries.reading(data) as connection:
        sql = "SELECT prev_hash, record_hash FROM {} ORDER BY sequence"
        first, third = connection.execute(sql.format("inspections")).fetchall()
        (second,) = connection.execute(sql.format("events")).fetchall()
    assert first["prev_hash"] == ZEROS
    assert (second["prev_hash"], third["prev_hash"]) == (first["record_hash"], second["record_hash"])


def test_the_hash_of_a_record_is_what_the_readme_says(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(measures={"light": 0.1}), pictures())
    with queries.reading(data) as connection:
        row = dict(connection.execute("SELECT * FROM inspections").fetchone())
    assert row["record_hash"] == link(ZEROS, content("inspections", row))
    assert content("inspections", row).startswith('["inspections",1,"')
    assert content("inspections", row).endswith(',"",0,0][0.9,0.1,0.0]')


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


def test_the_chain_goes_on_over_restarts_and_crashes(data: Path, clock: StoppedClock) -> None:
    for number in range(3):
        log = TraceabilityLog(data, clock)
        log.append(judged(), pictures(number))
        log._let_go()  # as a killed process does: nothing is signed
        with closing(TraceabilityLog(data, clock)) as again:
            again.note("start", "ready")
    report = proof(data)
    assert (report.breaks, report.last, report.heads) == ([], 6, 3)


def test_what_was_recorded_before_there_was_a_chain_is_bound_by_it(data: Path, clock: StoppedClock) -> None:
    data.mkdir()
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as old:
        migrate(old, MIGRATIONS[:1])
        for sequence in range(1, 5):
            row = {"sequence": sequence, **event_row(clock, "x", f"old {sequence}", "", {})}
            old.execute(f"INSERT INTO events ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", row)
        row = {"sequence": 5, **to_row(judged(verdict=Verdict.REJECT, reason=Reason.FAULT))}
        old.execute(f"INSERT INTO inspections ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", row)
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("start", "ready")
    assert proof(data).breaks == []
    with closing(tampering(data)) as rows:
        rows.execute("UPDATE events SET message = 'new' WHERE sequence = 2")
    assert proof(data).first_broken == 5  # that is where the chain takes hold of them


def test_a_clock_that_jumps_back_a_year_breaks_nothing(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        for days in (0, 1, -365, 2):
            clock.at = AT + timedelta(days=days)
            log.append(judged(acquired_at=clock.at), pictures(days))
            log.sign("interval")
    report = proof(data)
    assert (report.breaks, report.last, report.heads) == ([], 4, 4)


def tampering(data: Path) -> sqlite3.Connection:
    """Whoever owns the file can take the triggers away, and put them back."""
    rows = sqlite3.connect(data / "station.db", isolation_level=None)
    for (name,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        rows.execute(f"DROP TRIGGER {name}")
    return rows
