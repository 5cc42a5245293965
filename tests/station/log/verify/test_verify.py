"""A log that nobody touched is whole, also while the station records on (promise 7)."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from station.log.keys import fingerprint, read_key
from station.log.store import TraceabilityLog
from tests.station.factories import AT
from tests.station.log.samples import StoppedClock, judged, pictures, proof


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


def test_the_steps_come_in_the_order_of_what_they_cost(log: TraceabilityLog, data: Path) -> None:
    log.append(judged(), pictures())
    log.sign("interval")
    steps = list[str]()
    proof(data, tick=lambda step, *_: steps.append(step))
    assert steps == ["Chain", "Signatures", "Tables", "Database", "Pictures"]


def test_a_clock_that_jumps_back_a_year_breaks_nothing(data: Path, clock: StoppedClock) -> None:
    with closing(TraceabilityLog(data, clock)) as log:
        for days in (0, 1, -365, 2):
            clock.at = AT + timedelta(days=days)
            log.append(judged(acquired_at=clock.at), pictures(days))
            log.sign("interval")
    report = proof(data)
    assert (report.breaks, report.last, report.heads) == ([], 4, 4)
