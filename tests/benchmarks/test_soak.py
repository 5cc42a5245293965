"""Placements without end on the accelerated bench: memory, files and threads do not grow, and every record is whole.

    STATION_PLACEMENTS=1000000 bash deploy/test.sh tests/benchmarks/test_soak.py -n 0 --dist no -s

A placement keeps some 100 kB of pictures; STATION_SOAK names a folder on a disk that has room for them. A million
takes days: STATION_MINUTES ends it after so many, and what was laid by then is held to the same bounds.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path

from models.bars import Bars
from station import assembly, service
from station.cli.demo import _clear, _next_inspection, lay_parts, verify
from station.log import queries
from station.log import verify as proof
from station.web.probes import of_the_process

PLACEMENTS = int(os.environ.get("STATION_PLACEMENTS", "3000"))
MINUTES = float(os.environ.get("STATION_MINUTES", "inf"))
WARM = min(10_000, PLACEMENTS // 3)  # placements before growth counts
GROWTH = 1.05  # of memory, at the most
SEED = 5
PERIOD = 1 / 5  # seconds: a slower camera than the demo's, so that a placement takes 10 looks instead of 47
TOLD = 1000  # placements between two lines that say how far it is


def used() -> dict[str, float]:
    return {name: value for name, _, value in of_the_process(Path("/proc/self"))}


def test_nothing_grows(tmp_path: Path) -> None:
    data = Path(os.environ.get("STATION_SOAK", tmp_path / "data"))
    warm, most = dict[str, float](), dict[str, float]()
    begun, laid, judged = time.perf_counter(), 0, 0
    end = begun + 60 * MINUTES
    with assembly.demo(data, SEED, accelerated=True, period=PERIOD) as demo, service.started(demo.station):
        _next_inspection(demo, until_removed=True)
        for _ in verify(demo):
            pass
        _clear(demo)
        in_time = itertools.takewhile(lambda _: time.perf_counter() < end, lay_parts(demo, SEED, PLACEMENTS))
        for laid, (inspection, _) in enumerate(in_time, 1):
            judged += inspection.sequence > 0
            if laid == WARM:
                warm = used()
            if laid > WARM and laid % 200 == 0:
                most = {name: max(value, most.get(name, 0.0)) for name, value in used().items()}
            if laid % TOLD == 0:
                print(f"{laid} placements, {laid / (time.perf_counter() - begun):.1f} a second", file=sys.stderr)
    rate = judged / (time.perf_counter() - begun)
    assert laid == PLACEMENTS or time.perf_counter() >= end, "it ended of itself"
    assert most, f"{laid} placements in {MINUTES} minutes: too few to tell of growth after {WARM}"
    with queries.reading(data) as rows:
        report = proof.verify(rows, data, Bars())
    grown = {name: most[name] / warm[name] for name in warm}
    print(f"{judged} placements, {rate:.1f} a second; after {WARM}, at the most: {grown}")
    print(f"{report.records} records verified")
    assert judged >= 0.99 * laid
    assert grown["station_resident_memory_bytes"] <= GROWTH
    assert most["station_open_files"] <= warm["station_open_files"] + 2  # the log is opened to be read now and then
    assert most["station_threads"] <= warm["station_threads"]
    assert report.is_whole
    assert report.records >= judged
