"""`station log shadow`: how a candidate agreed with the bundle in use."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station.log.store import TraceabilityLog
from station.types import SystemClock
from tests.station.cli.command import lines, station

SAID = [("PASS", "PASS")] * 5 + [("PASS", "REJECT"), ("PASS", "UNSURE"), ("REJECT", "PASS"), ("REJECT", "UNSURE")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Nine judgements of one candidate, one of another, and three placements that the first could not keep up with."""
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        for number, (verdict, would_be) in enumerate(SAID):
            said: dict[str, Any] = {"verdict": verdict, "would_be": would_be, "dropped": 2 * (number == 4)}
            log.note("shadow", "judged", judged=number, active="now", candidate="next", **said)
        log.note(
            "shadow", "judged", judged=99, active="now", candidate="other", verdict="PASS", would_be="PASS", dropped=0
        )
        log.note("shadow", "not judged", judged=None, active="now", candidate="next", dropped=1)
        log.note("start", "ready")
    return tmp_path


def test_it_counts_the_same_the_bold_and_the_shy(data: Path) -> None:
    first, second = lines(station("log", "shadow", "--data", data, "--json"))
    assert first == {
        "candidate": "next",
        "active": "now",
        "judged": 9,
        "same": 5,
        "would_pass": 1,
        "would_not_pass": 2,
        "would_pass_records": [7],
        "dropped": 3,
    }
    assert (second["candidate"], second["judged"], second["same"]) == ("other", 1, 1)


def test_people_read_it_in_words(data: Path) -> None:
    result = station("log", "shadow", "--data", data)
    assert result.exit_code == 0
    assert "  9 judged, 5 the same (55.6%)\n  1 would have passed that did not: records 7\n" in result.stdout
    assert "  3 were not judged: the candidate could not keep up" in result.stdout


def test_without_a_candidate_the_answer_is_no(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        log.note("start", "ready")
    result = station("log", "shadow", "--data", tmp_path)
    assert result.exit_code == 1
    assert "[shadow]" in result.stdout
