"""The records of many stations in one PostgreSQL, each chain checked as it arrives.

    records  one row an element of a station's chain: what a supervisor asks for, and the very text that was hashed
    ends     one row a station: how far its chain has come; taken and moved in the transaction that brings the records

So a record is there once, however often it is sent. Plain SQL without triggers or extensions: the distributed engines
that speak PostgreSQL's protocol take it too. Times are text as in the log, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.errors import DeviceError, LogError, StationError
from station.log import queries
from station.log.chain import ZEROS, link
from station.telling.outbox import Element, Position, resumed, texts, waiting

if TYPE_CHECKING:
    from psycopg import Connection

AT_ONCE = 1000  # sequence numbers a transaction
KINDS = {"inspections": "inspection", "events": "event", "heads": "head"}
COLUMNS = (
    *("at", "verdict", "reason", "part_number", "predicted_part_number", "work_order", "lot", "serial", "operator"),
    *("model", "event", "is_simulated"),
)
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  station TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  kind TEXT NOT NULL,
  record_hash TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  at TEXT NOT NULL,
  verdict TEXT, reason TEXT, part_number TEXT, predicted_part_number TEXT,
  work_order TEXT, lot TEXT, serial TEXT, operator TEXT, model TEXT, event TEXT, is_simulated BOOLEAN,
  content TEXT NOT NULL,
  PRIMARY KEY (station, record_hash)
);
CREATE INDEX IF NOT EXISTS records_by_sequence ON records (station, sequence);
CREATE INDEX IF NOT EXISTS records_by_part ON records (part_number, at);
CREATE INDEX IF NOT EXISTS records_by_order ON records (work_order, at);
CREATE TABLE IF NOT EXISTS ends (
  station TEXT PRIMARY KEY,
  sequence BIGINT NOT NULL,
  head BIGINT NOT NULL,
  record_hash TEXT NOT NULL
);
"""
COPY = f"COPY records (station, sequence, kind, record_hash, prev_hash, {', '.join(COLUMNS)}, content) FROM STDIN"


@contextmanager
def central(to: str) -> Iterator[Connection]:
    """A connection to the central log, its tables made where there are none. Raises StationError.

    to  as libpq has it: postgresql://user@host/name; the password stands in ~/.pgpass or PGPASSFILE, never here
    """
    try:
        import psycopg
    except ImportError:
        raise StationError("The library psycopg is missing: sudo bash deploy/install.sh --extras postgres") from None
    try:
        with psycopg.connect(to, connect_timeout=10, autocommit=True) as connection:
            if connection.execute("SELECT to_regclass('ends')").fetchone() == (None,):
                for statement in filter(str.strip, SCHEMA.split(";")):
                    connection.execute(statement)
            yield connection
    except psycopg.Error as trouble:
        raise DeviceError(
            f"The central log cannot be reached or written ({_first(trouble)}): look at its server."
        ) from trouble


def forward(data: Path, station: str, connection: Connection, done: Callable[[int], None] = lambda _: None) -> int:
    """Bring all that the central log does not have yet; returns how many elements. Raises LogError for a broken chain.

    done  is told the sequence that the central log has, after each transaction
    """
    count = 0
    while True:
        with queries.reading(data) as rows, connection.transaction():
            told = _end(connection, station)
            if resumed(rows, told) != told:
                raise LogError(
                    f"The central log has record {told.sequence} of {station}, and this log has not: it was put back "
                    "from an older copy, or is of another station of the same name. Give it a name of its own."
                )
            found = waiting(rows, told, AT_ONCE)
            if not found:
                return count
            _bring(connection, station, found)
        count += len(found)
        done(found[-1].position.sequence)


def _end(connection: Connection, station: str) -> Position:
    """How far this station's chain has come, and nobody else may bring more of it in this transaction."""
    connection.execute("INSERT INTO ends VALUES (%s, 0, 0, %s) ON CONFLICT DO NOTHING", [station, ZEROS])
    row = connection.execute(
        "SELECT sequence, head, record_hash FROM ends WHERE station = %s FOR UPDATE", [station]
    ).fetchone()
    assert row
    return Position(*row)


def _bring(connection: Connection, station: str, found: list[Element]) -> None:
    with connection.cursor().copy(COPY) as copy:
        for each in found:
            copy.write_row(row(station, each))
    end = found[-1].position
    connection.execute(
        "UPDATE ends SET sequence = %s, head = %s, record_hash = %s WHERE station = %s",
        [end.sequence, end.head, end.end, station],
    )


def row(station: str, each: Element) -> list[Any]:
    """An element as a row of `records`."""
    sequence, kind, *named = columns(each.content)
    return [station, sequence, kind, each.position.end, each.before, *named, each.content]


def columns(content: str) -> list[Any]:
    """Sequence, kind and COLUMNS out of the text that is hashed; what a kind does not have is None."""
    table = next(table for table in KINDS if content.startswith(f'["{table}",'))
    told = texts(table, content)
    told |= {"at": told.get("acquired_at") or told.get("at"), "event": told.get("kind")}
    if "is_simulated" in told:
        told["is_simulated"] = bool(told["is_simulated"])
    return [told["sequence"], KINDS[table], *(told.get(name) for name in COLUMNS)]


ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # stations may forward meanwhile


@dataclass(frozen=True, slots=True)
class Whole:
    """What came of verifying a station's chain: how many elements, and the first that is not as it was sent."""

    station: str
    elements: int
    end: str
    broken: int | None = None


def verify(connection: Connection) -> list[Whole]:
    """Every station's chain, computed anew from the text that was hashed, and held against where it ended.

    So is every column, by which people search: nothing else binds it. A station whose end was taken out is not whole.
    """
    sql = "SELECT station FROM ends UNION SELECT DISTINCT station FROM records ORDER BY 1"
    stations = connection.execute(sql).fetchall()
    return [_verified(connection, station) for (station,) in stations]


def _verified(connection: Connection, station: str) -> Whole:
    sql = (
        f"SELECT prev_hash, record_hash, content, sequence, kind, {', '.join(COLUMNS)} FROM records "  # noqa: S608 - names of ours
        "WHERE station = %s ORDER BY sequence, CASE kind WHEN 'head' THEN 1 ELSE 0 END"
    )
    end, count, last = ZEROS, 0, 0
    with connection.transaction(), connection.cursor(f"chain_{abs(hash(station))}") as cursor:
        connection.execute(ONE_MOMENT)
        wanted = connection.execute("SELECT record_hash FROM ends WHERE station = %s", [station]).fetchone()
        for before, own, content, *named in cursor.execute(sql, [station]):
            if before != end or link(end, content) != own or not _tells(content, named):
                return Whole(station, count, end, named[0])
            end, count, last = own, count + 1, named[0]
    return Whole(station, count, end, None if (end,) == wanted else last + 1)


def _tells(content: str, named: list[Any]) -> bool:
    """Whether the columns say what was hashed; a text that is no element's says nothing."""
    try:
        return columns(content) == named
    except (StopIteration, ValueError, TypeError):
        return False


def _first(trouble: Exception) -> str:
    return str(trouble).strip().split("\n")[0]
