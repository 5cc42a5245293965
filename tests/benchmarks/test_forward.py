"""Three stations forward at once: how much slower than COPY alone, of the same rows in batches of the same size.

bash deploy/test.sh tests/benchmarks/test_forward.py -n 0 --dist no -s
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg

from station.log import queries
from station.log.store import TraceabilityLog
from station.telling import central
from station.telling.outbox import Position, waiting
from tests.station.log.samples import StoppedClock, judged, pictures
from tests.station.telling.postgres import Server

STATIONS = 3
RECORDS = int(os.environ.get("STATION_RECORDS", "10000"))  # of each
LEAST = 0.5  # of the rate of bare COPY

BARE = """
import pickle, sys, psycopg
from station.telling.central import COPY
batches = pickle.load(open(sys.argv[2], "rb"))
with psycopg.connect(sys.argv[1]) as connection:
    for batch in batches:
        with connection.cursor().copy(COPY) as copy:
            for row in batch:
                copy.write_row(row)
        connection.commit()
"""


def at_once(commands: list[list[str]]) -> float:
    begun = time.perf_counter()
    running = [subprocess.Popen(each, stdout=subprocess.DEVNULL) for each in commands]
    assert [each.wait() for each in running] == [0] * len(running)
    return time.perf_counter() - begun


def test_three_stations_at_once(tmp_path: Path) -> None:

    folders = [tmp_path / f"s-{number}" for number in range(STATIONS)]
    for number, folder in enumerate(folders):
        with closing(TraceabilityLog(folder, StoppedClock())) as log:
            for _ in range(RECORDS):
                log.append(judged(station=folder.name), pictures(number))
    for folder in folders:
        told, batches = Position(), []
        with queries.reading(folder) as rows:
            while found := waiting(rows, told, central.AT_ONCE):
                batches.append([central.row(folder.name, each) for each in found])
                told = found[-1].position
        (folder / "batches").write_bytes(pickle.dumps(batches))
    with tempfile.TemporaryDirectory(prefix="pg-") as place:
        Path(place).chmod(0o755)
        server = Server(Path(place))
        try:
            with central.central(server.url):
                pass
            bare = at_once([[sys.executable, "-c", BARE, server.url, str(each / "batches")] for each in folders])
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("TRUNCATE records")
            ours = at_once(
                [
                    [*_station("forward", "--data", each, "--name", each.name, "--to", server.url, "--json")]
                    for each in folders
                ]
            )
            with central.central(server.url) as connection:
                whole = central.verify(connection)
        finally:
            server.stop()
    print(f"{STATIONS} × {RECORDS} records: COPY {bare:.2f} s, forwarded {ours:.2f} s, ratio {bare / ours:.2f}")
    assert all(each.broken is None and each.elements >= RECORDS for each in whole)
    assert bare / ours >= LEAST


def _station(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "station", *map(str, arguments)]
