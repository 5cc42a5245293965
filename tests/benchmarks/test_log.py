"""The log when it has grown: ratios within one run, against a small log and against bare SQLite and bare hashing.

How large the large one is, says STATION_LOG_RECORDS (one million where nothing is said); a log of that size that lies
in the folder STATION_LOG_GROWN is taken as it is, else it is written there, or into a folder that is thrown away.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from station.log import queries
from station.log.chain import TEXTS
from station.log.search import Search
from station.log.store import TraceabilityLog
from station.log.verify import verify
from station.types import Pictures, SystemClock
from tests.benchmarks.grown import grown
from tests.benchmarks.pairs import ratio
from tests.station.factories import AT
from tests.station.log.samples import judged

RECORDS = int(os.environ.get("STATION_LOG_RECORDS", 1_000_000))
SMALL = 100_000
NOISE = 1.0e-4  # seconds: below it a ratio of two searches says nothing on a machine that does other work


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small one and the large one."""
    named = os.environ.get("STATION_LOG_GROWN")
    folder = Path(named) if named else tmp_path_factory.mktemp("grown")
    return grown(folder, SMALL), grown(folder, RECORDS)


@pytest.fixture
def both(logs: tuple[Path, Path]) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    with queries.reading(logs[0]) as small, queries.reading(logs[1]) as large:
        yield small, large


def searches(records: int) -> dict[str, Search]:
    """What is asked for on the page, about the middle of a log of so many records."""
    middle = records // 2
    at = AT + timedelta(seconds=10 * middle)
    return {
        "everything": Search(),
        "serial": Search(serial=f"SN{middle:09}"),
        "lot": Search(lot=f"LOT{middle // 250:07}"),
        "work order": Search(work_order=f"WO{middle // 500:07}"),
        "work order, rejects": Search(work_order=f"WO{middle // 500:07}", verdict="REJECT"),
        "part number": Search(part_number="1041-A"),
        "seen": Search(predicted_part_number="1041-X"),
        "verdict": Search(verdict="REJECT"),
        "reason": Search(reason="too_close"),
        "operator": Search(operator="operator 3"),
        "part number, verdict": Search(part_number="1041-C", verdict="REJECT"),
        "operator, reason": Search(operator="operator 1", reason="unknown_part"),
        "expected, seen, passed: none": Search(part_number="1041-A", predicted_part_number="1041-X", verdict="PASS"),
        "picture": Search(image_sha256=hashlib.sha256(middle.to_bytes(8, "big")).hexdigest()),
        "an hour": Search(since=at, until=at + timedelta(hours=1)),
        "rejects of a day": Search(verdict="REJECT", since=at, until=at + timedelta(days=1)),
        "nothing": Search(serial="none", verdict="REJECT"),
    }


NAMES = list(searches(SMALL))


@pytest.mark.parametrize("name", NAMES)
def test_a_search_takes_at_most_three_times_as_long_as_in_a_small_log(
    benchmark: BenchmarkFixture, both: tuple[sqlite3.Connection, sqlite3.Connection], name: str
) -> None:
    small, large = both
    benchmark.group = f"{name}, {RECORDS} against {SMALL}"
    found = ratio(
        benchmark,
        lambda: queries.search(large, searches(RECORDS)[name]),
        lambda: queries.search(small, searches(SMALL)[name]),
        pairs=20,
    )
    assert found <= 3


BARE = {
    "serial": ("serial = ?", ["serial"]),
    "lot": ("lot = ?", ["lot"]),
    "work order": ("work_order = ?", ["work_order"]),
    "part number": ("part_number = ?", ["part_number"]),
    "verdict": ("verdict = ?", ["verdict"]),
    "reason": ("reason = ?", ["reason"]),
    "operator": ("operator = ?", ["operator"]),
    "part number, verdict": ("part_number = ? AND verdict = ?", ["part_number", "verdict"]),
    "operator, reason": ("operator = ? AND reason = ?", ["operator", "reason"]),
}


@pytest.mark.parametrize("name", BARE)
def test_a_first_page_takes_at_most_twice_as_long_as_a_bare_select(
    benchmark: BenchmarkFixture, both: tuple[sqlite3.Connection, sqlite3.Connection], name: str
) -> None:
    """Rows as a program can use them, on either side: the bare one reads the JSON of the measures too."""
    from station.log.record import from_row

    _, large = both
    where, columns = BARE[name]
    wanted = searches(RECORDS)[name]
    sql = f"SELECT * FROM inspections WHERE {where} ORDER BY sequence DESC LIMIT 50"
    values = [getattr(wanted, column) for column in columns]
    benchmark.group = f"{name}: first page against a bare SELECT"
    found = ratio(
        benchmark,
        lambda: queries.search(large, wanted),
        lambda: [from_row(row) for row in large.execute(sql, values).fetchall()],
        pairs=20,
    )
    assert found <= 2


def test_an_append_takes_at_most_a_fifth_longer_than_in_a_small_log(
    benchmark: BenchmarkFixture, logs: tuple[Path, Path], tmp_path: Path
) -> None:
    small = tmp_path / "small"
    shutil.copytree(logs[0], small)
    with closing(TraceabilityLog(small, SystemClock())) as one, closing(TraceabilityLog(logs[1], SystemClock())) as two:
        number = iter(range(10**9))

        def append(log: TraceabilityLog) -> Callable[[], Any]:
            def act() -> None:
                seed = os.urandom(8) + next(number).to_bytes(8, "big")
                log.append(judged(), Pictures(b"patch" + seed, b"frame" + seed))

            return act

        benchmark.group = f"append, {RECORDS} against {SMALL}"
        assert ratio(benchmark, append(two), append(one), pairs=100) <= 1.2


def test_verify_of_a_log_with_pictures_takes_at_most_half_longer_than_bare_hashing(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    """Pictures of ordinary size: 30 kB a patch, 100 kB a frame. Bare is: read every file, hash it."""
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        for _ in range(1000):
            log.append(judged(), Pictures(os.urandom(30_000), os.urandom(100_000)))
    files = [path for path in [tmp_path / "station.db", *tmp_path.glob("pictures/*/*/*/*")] if path.is_file()]

    def bare() -> None:
        for path in files:
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")

    with queries.reading(tmp_path) as rows:
        assert verify(rows, tmp_path).is_whole
        benchmark.group = "verify with pictures against bare hashing"
        assert ratio(benchmark, lambda: verify(rows, tmp_path), bare, pairs=10) <= 1.5


def test_verify_of_rows_alone_keeps_its_pace_however_many_there_are(
    benchmark: BenchmarkFixture, logs: tuple[Path, Path]
) -> None:
    """Rows without pictures cost several times their hashing: reading them is what takes the time. It is told here."""
    with queries.reading(logs[0]) as rows:
        columns = ", ".join(TEXTS["inspections"])
        told = [repr(tuple(row)).encode() for row in rows.execute(f"SELECT {columns} FROM inspections")]

        def bare() -> None:
            for each in told:
                hashlib.sha256(each).hexdigest()

        benchmark.group = "verify of rows alone against bare hashing of them in memory"
        whole = ratio(benchmark, lambda: verify(rows, logs[0], pictures=False), bare, pairs=3)
    assert whole < 60
