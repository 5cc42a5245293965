"""The central log has each record of each station once, in an unbroken chain, whatever becomes of its server."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from station.errors import DeviceError, LogError
from station.log.chain import link
from station.log.store import TraceabilityLog
from station.telling import central
from tests.station.cli.command import lines, station
from tests.station.log.samples import StoppedClock, judged, pictures
from tests.station.telling.postgres import Server

OUTAGES = 200


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:  # a socket's name must be short
        Path(folder).chmod(0o755)
        server = Server(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def url(server: Server) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS records, ends")
    return server.url


def grown(data: Path, records: int) -> Path:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        for number in range(records):
            if number % 5 == 4:
                log.note("verification", "golden part shown")
            else:
                log.append(judged(), pictures(number % 3))
    return data


def stored(url: str, name: str) -> list[int]:
    with psycopg.connect(url) as connection:
        sql = "SELECT sequence FROM records WHERE station = %s AND kind <> 'head' ORDER BY sequence"
        return [each[0] for each in connection.execute(sql, [name])]


def test_what_is_forwarded_is_whole_and_is_not_brought_again(tmp_path: Path, url: str) -> None:
    data = grown(tmp_path / "data", 30)
    first = station("forward", "--data", data, "--name", "s-1", "--to", url, "--json")
    assert lines(first) == [{"station": "s-1", "forwarded": 31}]  # and the head that was signed when the log was closed
    assert station("forward", "--data", data, "--name", "s-1", "--to", url).stdout == "There was nothing new.\n"
    assert stored(url, "s-1") == list(range(1, 31))
    assert station("forward", "--verify", "--to", url).exit_code == 0


def test_a_head_that_is_signed_after_its_record_was_forwarded_comes_too(tmp_path: Path, url: str) -> None:
    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        log.append(judged(), pictures())
        assert station("forward", "--data", tmp_path, "--name", "s-1", "--to", url, "--json").exit_code == 0
        log.sign("the end of a shift")
        log.append(judged(), pictures())
        told = station("forward", "--data", tmp_path, "--name", "s-1", "--to", url, "--json")
    assert lines(told) == [{"station": "s-1", "forwarded": 2}]
    assert station("forward", "--verify", "--to", url).exit_code == 0


def test_a_chain_that_a_station_forwards_to_meanwhile_is_whole(tmp_path: Path, url: str) -> None:
    data = grown(tmp_path / "data", 1)
    over, found = threading.Event(), list[int | None]()

    def verified() -> None:
        with central.central(url) as connection:
            while not over.is_set():
                found.extend(each.broken for each in central.verify(connection))

    with central.central(url) as connection:
        central.forward(data, "north", connection)
        thread = threading.Thread(target=verified)
        thread.start()
        for _ in range(100):
            grown(data, 1)
            central.forward(data, "north", connection)
        over.set()
        thread.join()
    assert found
    assert set(found) == {None}


def test_a_record_that_was_changed_at_the_station_is_refused(tmp_path: Path, url: str) -> None:
    data = grown(tmp_path / "data", 10)
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as forger:
        forger.execute("DROP TRIGGER inspections_are_not_changed")
        forger.execute("UPDATE inspections SET operator = 'nobody' WHERE sequence = 3")
    refused = station("forward", "--data", data, "--name", "s-1", "--to", url)
    assert refused.exit_code == 3
    assert "Record 3 does not follow" in refused.stderr
    assert stored(url, "s-1") == []


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE records SET content = replace(content, 'PASS', 'REJECT') WHERE sequence = 7 AND kind = 'inspection'",
        "DELETE FROM records WHERE sequence = 7",
        "DELETE FROM records WHERE sequence >= 10",
        "UPDATE records SET verdict = 'REJECT' WHERE sequence = 7",
        "UPDATE records SET operator = NULL WHERE sequence = 8",
        "UPDATE records SET at = '2026-01-05T06:07:08.000000Z' WHERE sequence = 7",
        "UPDATE records SET is_simulated = NOT is_simulated WHERE sequence = 7",
    ],
)
def test_a_record_that_was_changed_in_the_central_log_is_found(tmp_path: Path, url: str, forgery: str) -> None:
    data = grown(tmp_path / "data", 10)
    station("forward", "--data", data, "--name", "s-1", "--to", url)
    with psycopg.connect(url, autocommit=True) as forger:
        forger.execute(forgery)
    found = station("forward", "--verify", "--to", url, "--json")
    assert found.exit_code == 1
    assert lines(found)[0]["broken"] in (7, 8, 10)


@pytest.mark.parametrize("text", ["nothing", '["events",', '["events",1]'])
def test_a_text_that_is_no_element_is_named_though_it_is_hashed_anew(tmp_path: Path, url: str, text: str) -> None:
    station("forward", "--data", grown(tmp_path / "data", 10), "--name", "s-1", "--to", url)
    with psycopg.connect(url, autocommit=True) as forger:
        [(before,)] = forger.execute("SELECT prev_hash FROM records WHERE sequence = 7").fetchall()
        sql = "UPDATE records SET content = %s, record_hash = %s WHERE sequence = 7"
        forger.execute(sql, [text, link(before, text)])
    found = station("forward", "--verify", "--to", url, "--json")
    assert (found.exit_code, lines(found)[0]["broken"]) == (1, 7)


def test_what_is_left_of_a_station_whose_end_was_taken_out_is_not_whole(tmp_path: Path, url: str) -> None:
    station("forward", "--data", grown(tmp_path / "data", 10), "--name", "s-1", "--to", url)
    with psycopg.connect(url, autocommit=True) as forger:
        forger.execute("DELETE FROM ends")
    found = station("forward", "--verify", "--to", url, "--json")
    assert (found.exit_code, lines(found)[0]["station"]) == (1, "s-1")


@pytest.mark.parametrize("count", [5, 15])
def test_another_log_under_the_same_name_is_refused(tmp_path: Path, url: str, count: int) -> None:
    """Also one that has come further meanwhile."""
    station("forward", "--data", grown(tmp_path / "a", 10), "--name", "s-1", "--to", url)
    with central.central(url) as connection, pytest.raises(LogError, match="older copy, or is of another station"):
        central.forward(grown(tmp_path / "b", count), "s-1", connection)


def test_over_two_hundred_outages_each_record_comes_once_and_in_order(tmp_path: Path, url: str) -> None:
    chance, over, failed = random.Random(8), threading.Event(), []
    log = TraceabilityLog(tmp_path, StoppedClock())

    def work() -> None:
        while not over.is_set():
            log.append(judged(), pictures())
            time.sleep(0.002)

    def bring() -> None:
        is_last = False
        while not is_last:
            is_last = over.is_set()
            try:
                with central.central(url) as connection:
                    central.forward(tmp_path, "s-1", connection)
            except DeviceError as trouble:
                failed.append(trouble)
                is_last = False

    threads = [threading.Thread(target=each) for each in (work, bring)]
    for each in threads:
        each.start()
    with psycopg.connect(url, autocommit=True) as killer:
        for _ in range(OUTAGES):
            time.sleep(chance.uniform(0.0, 0.04))
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
    over.set()
    for each in threads:
        each.join()
    log.close()
    with closing(sqlite3.connect(tmp_path / "station.db")) as rows:
        wanted = [each[0] for each in rows.execute("SELECT sequence FROM inspections ORDER BY sequence")]
    assert stored(url, "s-1") == wanted
    assert failed
    assert station("forward", "--verify", "--to", url).exit_code == 0
    print(f"{len(wanted)} records, {len(failed)} of {OUTAGES} outages hit while something was brought")


def test_a_server_that_dies_in_the_middle_is_gone_on_with(tmp_path: Path, server: Server, url: str) -> None:
    data = grown(tmp_path / "data", 20)
    server.stop()
    refused = station("forward", "--data", data, "--name", "s-1", "--to", url)
    assert refused.exit_code == 3
    assert "look at its server" in refused.stderr
    server.start()
    assert station("forward", "--data", data, "--name", "s-1", "--to", url).exit_code == 0
    assert stored(url, "s-1") == list(range(1, 21))


def test_one_query_asks_all_stations(tmp_path: Path, url: str) -> None:
    for name in ("s-1", "s-2", "s-3"):
        station("forward", "--data", grown(tmp_path / name, 10), "--name", name, "--to", url)
    with psycopg.connect(url) as connection:
        sql = "SELECT station, count(*) FROM records WHERE part_number = 'A' AND verdict = 'PASS' GROUP BY 1 ORDER BY 1"
        assert connection.execute(sql).fetchall() == [("s-1", 8), ("s-2", 8), ("s-3", 8)]


def test_a_station_without_a_name_is_wrong_use(tmp_path: Path) -> None:
    assert station("forward", "--data", tmp_path, "--to", "postgresql:///x").exit_code == 2
