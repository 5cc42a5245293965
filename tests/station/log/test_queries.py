"""The log is found again, newest first, page by page, without touching it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlite_utils

from station.errors import LogError
from station.log import queries
from station.log.queries import Search
from station.log.record import to_inspection
from station.log.store import TraceabilityLog
from station.types import Order, Reason, Verdict
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty inspections, one a minute, in three orders; every third is a wrong part."""
    data = tmp_path_factory.mktemp("template")
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        fill(log)
    return data


@pytest.fixture
def filled(template: Path, data: Path) -> Iterator[TraceabilityLog]:
    shutil.copytree(template, data)
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        yield log


def fill(log: TraceabilityLog) -> None:
    for number in range(30):
        wrong = number % 3 == 2
        log.append(
            judged(
                acquired_at=AT + timedelta(minutes=number),
                order=Order(f"P{number % 2}", f"W{number // 10}", f"L{number // 5}", f"S{number}", "Tan"),
                verdict=Verdict.REJECT if wrong else Verdict.PASS,
                reason=Reason.WRONG_PART if wrong else Reason.NONE,
            ),
            pictures(number),
        )


def sequences(data: Path, wanted: Search, before: int | None = None, limit: int = 50) -> list[int]:
    with queries.reading(data) as connection:
        return [row["sequence"] for row in queries.search(connection, wanted, before, limit)]


def test_pages_follow_each_other_newest_first_without_gap_or_repeat(filled: TraceabilityLog, data: Path) -> None:
    pages: list[int] = []
    while page := sequences(data, Search(), before=pages[-1] if pages else None, limit=7):
        pages += page
    assert pages == list(range(30, 0, -1))


def test_a_page_stays_the_same_while_the_line_goes_on(filled: TraceabilityLog, data: Path) -> None:
    before = sequences(data, Search(), before=21, limit=10)
    filled.append(judged(), pictures())
    assert sequences(data, Search(), before=21, limit=10) == before


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Search(part_number="P1"), list(range(30, 0, -2))),
        (Search(work_order="W1"), list(range(20, 10, -1))),
        (Search(lot="L0"), [5, 4, 3, 2, 1]),
        (Search(serial="S7"), [8]),
        (Search(verdict="REJECT", work_order="W0"), [9, 6, 3]),
        (Search(reason="wrong_part", lot="L0"), [3]),
        (Search(operator="nobody"), []),
        (Search(since=AT + timedelta(minutes=3), until=AT + timedelta(minutes=5)), [5, 4]),
    ],
)
def test_every_field_and_their_combinations_are_found(
    filled: TraceabilityLog, data: Path, wanted: Search, found: list[int]
) -> None:
    assert sequences(data, wanted) == found


def test_an_inspection_is_found_by_the_hash_of_its_picture(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures(1))
    recorded = log.append(judged(), pictures(2))
    assert sequences(data, Search(image_sha256=recorded.image_sha256)) == [recorded.sequence]


def test_a_row_is_ready_for_json_and_tells_the_whole_inspection(log: TraceabilityLog, data: Path) -> None:
    recorded = log.append(judged(measures={"light": 0.97}, is_simulated=True), pictures())
    with queries.reading(data) as connection:
        row = queries.show(connection, str(recorded.sequence))
    assert row is not None
    assert to_inspection(json.loads(json.dumps(row, allow_nan=False))) == recorded
    assert (row["acquired_at"], row["is_simulated"]) == ("2026-01-05T06:07:08.123456Z", True)
    assert row["measures"] == {"light": 0.97}


def test_one_inspection_is_shown_by_number_or_identifier(filled: TraceabilityLog, data: Path) -> None:
    with queries.reading(data) as connection:
        by_number = queries.show(connection, "7")
        assert by_number is not None
        assert queries.show(connection, by_number["inspection_id"]) == by_number
        assert queries.show(connection, "31") is None
        assert queries.show(connection, "9" * 30) is None
        assert queries.show(connection, "none") is None


def test_an_order_is_counted_by_verdict(filled: TraceabilityLog, data: Path) -> None:
    with queries.reading(data) as connection:
        assert queries.counts(connection, "W0") == {"PASS": 7, "REJECT": 3}
        assert queries.counts(connection, "none") == {}


def test_events_are_listed_newest_first(log: TraceabilityLog, data: Path) -> None:
    for kind in ("start", "fault", "stop"):
        log.note(kind, kind, code="camera")
    with queries.reading(data) as connection:
        [stop, fault] = queries.events(connection, limit=2)
        assert (stop["kind"], fault["kind"], fault["details"]) == ("stop", "fault", {"code": "camera"})
        assert [event["kind"] for event in queries.events(connection, before=fault["sequence"])] == ["start"]


def test_events_of_some_kinds_are_found_among_the_others(log: TraceabilityLog, data: Path) -> None:
    for kind in ("start", "bypass", "fault", "verification"):
        log.note(kind, kind)
    with queries.reading(data) as connection:
        assert [row["kind"] for row in queries.events(connection, kinds=["bypass", "verification"])] == [
            "verification",
            "bypass",
        ]
        assert queries.events(connection, before=2, kinds=["bypass"]) == []


def test_the_model_in_use_is_that_of_the_last_start_or_swap_whatever_was_refused(
    log: TraceabilityLog, data: Path
) -> None:
    told = []
    for kind, model in [
        ("calibration", "a"),
        ("start", "b"),
        ("model_swap", "c"),
        ("model_refused", "d"),
        ("stop", "e"),
    ]:
        log.note(kind, "it happened", model=model)
        with queries.reading(data) as connection:
            told.append(queries.model_in_use(connection))
    assert told == [None, "b", "c", "c", "c"]


def test_whoever_reads_cannot_write(filled: TraceabilityLog, data: Path) -> None:
    with pytest.raises(LogError, match="cannot be written"), queries.reading(data) as connection:
        connection.execute("INSERT INTO events VALUES (99, '', 0, '', '', '', '{}', NULL, NULL)")


def test_the_log_is_read_after_the_station_has_ended(filled: TraceabilityLog, data: Path) -> None:
    filled.close()
    assert len(sequences(data, Search())) == 30


def test_a_folder_without_a_log_is_named_and_stays_as_it_is(data: Path) -> None:
    data.mkdir()
    with pytest.raises(LogError, match="no log in"), queries.reading(data):
        pass
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(("version", "sentence"), [(99, "newer version"), (0, "older version")])
def test_a_log_of_another_version_is_named(filled: TraceabilityLog, data: Path, version: int, sentence: str) -> None:
    filled.close()
    with closing(sqlite3.connect(data / "station.db")) as other:
        other.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(LogError, match=sentence), queries.reading(data):
        pass


def test_damage_is_found(filled: TraceabilityLog, data: Path) -> None:
    with queries.reading(data) as connection:
        assert queries.damage(connection) is None
    filled.close()
    content = bytearray((data / "station.db").read_bytes())
    content[-4096:] = bytes(4096)
    (data / "station.db").write_bytes(content)
    with queries.reading(data) as connection:
        assert queries.damage(connection) is not None


def test_sqlite_utils_opens_the_log_as_it_is(filled: TraceabilityLog, data: Path) -> None:
    database = sqlite_utils.Database(data / "station.db")
    rows = list(database.query("SELECT verdict, count(*) AS count FROM inspections GROUP BY verdict"))
    assert rows == [{"verdict": "PASS", "count": 20}, {"verdict": "REJECT", "count": 10}]
    assert {"inspections", "events", "heads"} <= {table.name for table in database.tables}
    assert next(iter(database["inspections"].rows))["part_number"] == "P0"
    database.close()


@pytest.mark.parametrize("page", [1, 7, 200])
def test_onward_reads_every_match_oldest_first(filled: TraceabilityLog, data: Path, page: int) -> None:
    def found(wanted: Search, first: int = 1, last: int | None = None) -> list[int]:
        with queries.reading(data) as connection:
            return [row["sequence"] for row in queries.onward(connection, wanted, first, last, page)]

    assert found(Search()) == list(range(1, 31))
    assert found(Search(), 5, 9) == [5, 6, 7, 8, 9]
    assert found(Search(verdict="REJECT"), last=10) == [3, 6, 9]
    assert found(Search(work_order="none")) == []


def test_onward_ends_where_the_log_ended_when_it_began(filled: TraceabilityLog, data: Path) -> None:
    """Else it would never end beside a station that is quicker."""
    with queries.reading(data) as connection:
        rows = []
        for row in queries.onward(connection, Search(), at_once=3):
            rows.append(row)
            filled.append(judged(), pictures(row["sequence"] + 100))
    assert len(rows) == 30


def test_between_two_pages_the_station_can_tidy_its_log(filled: TraceabilityLog, data: Path) -> None:
    """A read that stands open would keep everything written since in station.db-wal."""
    with queries.reading(data) as connection:
        rows = queries.onward(connection, Search(), at_once=3)
        next(rows)
        filled.append(judged(), pictures(99))
        with closing(sqlite3.connect(data / "station.db")) as other:
            busy, written, tidied = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, written, tidied) == (0, 0, 0)


def test_what_a_start_computes_with_is_found_by_its_sequence(log: TraceabilityLog, data: Path) -> None:
    log.note("start", "ready", model="m")
    log.note("start", "ready", model="m", runtime={"numpy": "2"})
    with queries.reading(data) as connection:
        assert queries.runtimes(connection) == [(1, None), (2, {"numpy": "2"})]
