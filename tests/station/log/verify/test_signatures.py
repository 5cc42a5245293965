"""Heads are signed with the station's own key, often enough."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from station.log.keys import KEY, read_key
from station.log.store import UNSIGNED, TraceabilityLog
from tests.station.log.samples import StoppedClock, proof


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
