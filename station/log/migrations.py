"""The schema of station.db: numbered migrations in plain SQL, each applied whole or not at all.

`PRAGMA user_version` is the number of migrations a database has seen. What is here is never edited: a change of the
schema is a further entry.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache

from station.errors import LogError

APPLICATION_ID = 0x57A7_1096  # tells a station's log from any other SQLite file

# Inspections and events share one sequence: it is the order of everything that happened, whatever the clock said.
# OR REPLACE would delete a row without asking the triggers on DELETE, so the triggers on INSERT refuse what is there.
FIRST = """
CREATE TABLE inspections (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  inspection_id TEXT NOT NULL UNIQUE,
  acquired_at TEXT NOT NULL CHECK (acquired_at LIKE '____-__-__T__:__:__.______Z'),
  decided_at TEXT NOT NULL CHECK (decided_at LIKE '____-__-__T__:__:__.______Z'),
  station TEXT NOT NULL,
  operator TEXT NOT NULL,
  work_order TEXT NOT NULL,
  lot TEXT NOT NULL,
  serial TEXT NOT NULL,
  part_number TEXT NOT NULL,
  predicted_part_number TEXT,
  verdict TEXT NOT NULL CHECK (verdict IN ('PASS', 'REJECT', 'UNSURE')),
  reason TEXT NOT NULL CHECK ((verdict = 'PASS') = (reason = '')),
  advice TEXT NOT NULL,
  score REAL,
  distance REAL,
  measures TEXT NOT NULL CHECK (json_valid(measures)),
  image_sha256 TEXT CHECK (length(image_sha256) = 64),
  frame_sha256 TEXT CHECK (length(frame_sha256) = 64),
  trigger TEXT NOT NULL,
  source TEXT NOT NULL,
  model TEXT NOT NULL,
  recipe TEXT NOT NULL,
  calibration TEXT NOT NULL,
  verification TEXT NOT NULL,
  is_simulated INTEGER NOT NULL CHECK (is_simulated IN (0, 1)),
  clock_synchronised INTEGER NOT NULL CHECK (clock_synchronised IN (0, 1)),
  decision_ms REAL NOT NULL,
  prev_hash TEXT,
  record_hash TEXT,
  CONSTRAINT pass_needs_score_distance_and_picture
    CHECK (verdict <> 'PASS' OR (score IS NOT NULL AND distance IS NOT NULL AND image_sha256 IS NOT NULL))
) STRICT;

CREATE INDEX inspections_by_part_number ON inspections (part_number, acquired_at);
CREATE INDEX inspections_by_verdict ON inspections (verdict, acquired_at);
CREATE INDEX inspections_by_work_order ON inspections (work_order);
CREATE INDEX inspections_by_lot ON inspections (lot);
CREATE INDEX inspections_by_serial ON inspections (serial);
CREATE INDEX inspections_by_image ON inspections (image_sha256);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  at TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z'),
  clock_synchronised INTEGER NOT NULL CHECK (clock_synchronised IN (0, 1)),
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  operator TEXT NOT NULL,
  details TEXT NOT NULL CHECK (json_valid(details)),
  prev_hash TEXT,
  record_hash TEXT
) STRICT;

CREATE VIEW last (sequence) AS SELECT max(
  ifnull((SELECT max(sequence) FROM inspections), 0),
  ifnull((SELECT max(sequence) FROM events), 0)
);

CREATE TRIGGER inspections_are_appended BEFORE INSERT ON inspections
WHEN NEW.sequence <= (SELECT sequence FROM last)
  OR EXISTS (SELECT 1 FROM inspections WHERE inspection_id = NEW.inspection_id)
BEGIN SELECT RAISE(ABORT, 'an inspection is only ever appended'); END;

CREATE TRIGGER inspections_are_not_changed BEFORE UPDATE ON inspections
BEGIN SELECT RAISE(ABORT, 'an inspection is never changed'); END;

CREATE TRIGGER inspections_are_not_deleted BEFORE DELETE ON inspections
BEGIN SELECT RAISE(ABORT, 'an inspection is never deleted'); END;

CREATE TRIGGER events_are_appended BEFORE INSERT ON events
WHEN NEW.sequence <= (SELECT sequence FROM last)
BEGIN SELECT RAISE(ABORT, 'an event is only ever appended'); END;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
"""

# Hashes in prev_hash and record_hash from here on; rows of before have none, and are bound by the first that has one.
# The tail is where the chain ends, signed anew with every commit: what follows it was not put there by the station.
# spans, facets and tallies are made of the inspections alone, so that times, combinations and figures are found quickly
# among millions; they prove nothing, and `station log verify` holds them against the records.
# A quarter is one of the four of an hour, UTC: the zones of the world differ by whole ones.
SECOND = """
DROP INDEX inspections_by_part_number;
DROP INDEX inspections_by_verdict;
CREATE INDEX inspections_by_part_number ON inspections (part_number);
CREATE INDEX inspections_by_predicted ON inspections (predicted_part_number);
CREATE INDEX inspections_by_verdict ON inspections (verdict);
CREATE INDEX inspections_by_reason ON inspections (reason);
CREATE INDEX inspections_by_operator ON inspections (operator);
CREATE INDEX inspections_by_facet ON inspections (part_number, predicted_part_number, verdict, reason, operator);
CREATE INDEX inspections_by_frame ON inspections (frame_sha256);
CREATE INDEX events_by_kind ON events (kind);
CREATE INDEX events_by_record ON events (json_extract(details, '$.record'))
  WHERE json_extract(details, '$.record') IS NOT NULL;
CREATE INDEX events_by_act ON events (json_extract(details, '$.people'), json_extract(details, '$.act'))
  WHERE json_extract(details, '$.people') IS NOT NULL;

CREATE TABLE heads (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  number INTEGER NOT NULL UNIQUE,
  at TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z'),
  why TEXT NOT NULL,
  record_hash TEXT NOT NULL CHECK (length(record_hash) = 64),
  public_key TEXT NOT NULL CHECK (length(public_key) = 64),
  signature TEXT NOT NULL CHECK (length(signature) = 128),
  head_hash TEXT NOT NULL CHECK (length(head_hash) = 64)
) STRICT;

CREATE TRIGGER heads_are_appended BEFORE INSERT ON heads
WHEN NEW.sequence <> (SELECT sequence FROM last) OR EXISTS (SELECT 1 FROM heads WHERE sequence >= NEW.sequence)
  OR NEW.number <= (SELECT ifnull(max(number), 0) FROM heads)
BEGIN SELECT RAISE(ABORT, 'a head is only ever appended'); END;

CREATE TRIGGER heads_are_not_changed BEFORE UPDATE ON heads
BEGIN SELECT RAISE(ABORT, 'a head is never changed'); END;

CREATE TRIGGER heads_are_not_deleted BEFORE DELETE ON heads
BEGIN SELECT RAISE(ABORT, 'a head is never deleted'); END;

CREATE TABLE tail (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL,
  public_key TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;

CREATE VIEW tallied AS SELECT
  sequence,
  substr(acquired_at, 1, 14) || substr('00153045', 1 + 2 * (CAST(substr(acquired_at, 15, 2) AS INTEGER) / 15), 2)
    AS quarter,
  part_number, ifnull(predicted_part_number, '') AS predicted, verdict, reason, operator, model, is_simulated,
  decision_ms,
  ifnull(json_extract(measures, '$.attempt') > 1, 0) AS is_retry,
  NOT clock_synchronised AS is_unsynchronised,
  verification = 'not verified' AS is_unverified,
  verification LIKE 'bypass%' AS is_bypassed
FROM inspections;

CREATE TABLE spans (
  quarter TEXT PRIMARY KEY,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facets (
  part_number TEXT, predicted TEXT, verdict TEXT, reason TEXT, operator TEXT,
  records INTEGER NOT NULL,
  PRIMARY KEY (part_number, predicted, verdict, reason, operator)
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
  quarter TEXT, part_number TEXT, predicted TEXT, verdict TEXT, reason TEXT, operator TEXT, model TEXT,
  is_simulated INTEGER,
  records INTEGER NOT NULL,
  decision_ms REAL NOT NULL,
  slowest_ms REAL NOT NULL,
  retries INTEGER NOT NULL,
  unsynchronised INTEGER NOT NULL,
  unverified INTEGER NOT NULL,
  bypassed INTEGER NOT NULL,
  PRIMARY KEY (quarter, part_number, predicted, verdict, reason, operator, model, is_simulated)
) STRICT, WITHOUT ROWID;

INSERT INTO spans SELECT quarter, min(sequence), max(sequence) FROM tallied GROUP BY 1;
INSERT INTO facets SELECT part_number, predicted, verdict, reason, operator, count(*) FROM tallied
  GROUP BY 1, 2, 3, 4, 5;
INSERT INTO tallies SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated,
  count(*), total(decision_ms), max(decision_ms), sum(is_retry), sum(is_unsynchronised), sum(is_unverified),
  sum(is_bypassed) FROM tallied GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

CREATE TRIGGER inspections_are_tallied AFTER INSERT ON inspections BEGIN
  INSERT INTO spans SELECT quarter, sequence, sequence FROM tallied WHERE sequence = NEW.sequence
    ON CONFLICT DO UPDATE SET last = excluded.last;
  INSERT INTO facets SELECT part_number, predicted, verdict, reason, operator, 1 FROM tallied
    WHERE sequence = NEW.sequence ON CONFLICT DO UPDATE SET records = records + 1;
  INSERT INTO tallies SELECT quarter, part_number, predicted, verdict, reason, operator, model, is_simulated,
    1, decision_ms, decision_ms, is_retry, is_unsynchronised, is_unverified, is_bypassed FROM tallied
    WHERE sequence = NEW.sequence ON CONFLICT DO UPDATE SET
      records = records + 1, decision_ms = decision_ms + excluded.decision_ms,
      slowest_ms = max(slowest_ms, excluded.slowest_ms), retries = retries + excluded.retries,
      unsynchronised = unsynchronised + excluded.unsynchronised, unverified = unverified + excluded.unverified,
      bypassed = bypassed + excluded.bypassed;
END;
"""

MIGRATIONS: tuple[str, ...] = (FIRST, SECOND)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring an empty or older database up to date. Raises LogError if it is no station's or a newer station's.

    A crash or an error on the way leaves the database at the version before.
    """
    for number in range(version(connection, migrations) + 1, len(migrations) + 1):
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
        connection.executescript(f"BEGIN IMMEDIATE; {marks} {migrations[number - 1]}; COMMIT;")


@cache
def schema() -> Mapping[str, str | None]:
    """Name → SQL of all that a database has which this version made; None for what SQLite made by itself."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrate(fresh)
    found = dict(fresh.execute("SELECT name, sql FROM sqlite_schema"))
    fresh.close()
    return found


def version(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> int:
    """How many migrations the database has seen; 0 if it is empty. Raises LogError as `migrate` does."""
    found = _pragma(connection, "user_version")
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    if not is_empty and _pragma(connection, "application_id") != APPLICATION_ID:
        raise LogError("station.db is another program's database: move it aside, or name another data folder.")
    if found > len(migrations):
        raise LogError(
            f"station.db was written by a newer version of the station (schema {found}, known here {len(migrations)}): "
            "install that version or a later one, or name another data folder."
        )
    return found


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
