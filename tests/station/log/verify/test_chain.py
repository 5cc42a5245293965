"""Records and acts stand in one hash chain, which goes on over restarts and binds what was before it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from station.log import queries
from station.log.chain import ZEROS, content, link
from station.log.migrations import MIGRATIONS, migrate
from station.log.record import event_row, to_row
from station.log.store import TraceabilityLog
from station.types import Reason, Verdict
from tests.station.log.samples import StoppedClock, judged, pictures, proof


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


def tampering(data: Path) -> sqlite3.Connection:
    """Whoever owns the file can take the triggers away, and put them back."""
    rows = sqlite3.connect(data / "station.db", isolation_level=None)
    for (name,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        rows.execute(f"DROP TRIGGER {name}")
    return rows
