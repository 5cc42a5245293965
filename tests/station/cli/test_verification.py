"""`station verification`: who asks, what the running station says, and how its gate stands."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.assembly import BENCH
from station.cli.verification import standing
from station.log import queries
from station.log.store import TraceabilityLog
from station.types import SystemClock
from tests.promises.plc import Plc
from tests.station.cli.command import lines, station

CONFIG = """
name = "station-7"
data = "data"
bundle = "{bundle}"
order = {{ part_number = "1041-A" }}
camera = {{ kind = "simulated", seed = 3, tells_a_real_line = true }}
line = [{{ kind = "serial", port = "{port}" }}]

[[verification.part]]
id = "G-1"
part_number = "1041-A"
verdict = "PASS"
due = {due}

[[verification.part]]
id = "C-1"
part_number = "1041-B"
verdict = "REJECT"
due = {due}
"""
NOW = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@contextmanager
def running(folder: Path, due: str = "9999-12-31") -> Iterator[Plc]:
    """`station run` on the simulated bench, whose hand lays what the station asks for."""
    plc, config = Plc(), folder / "station.toml"
    config.write_text(CONFIG.format(bundle=BENCH, port=plc.port, due=due))
    command = [sys.executable, "-m", "station", "run", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert plc.heard_verdict.wait(60), "the station gave no verdict"
        yield plc
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
        plc.close()


def test_a_running_station_is_verified_anew_by_whoever_asks(tmp_path: Path) -> None:
    with running(tmp_path) as plc:
        data = tmp_path / "data"
        assert plc.heard_pass.wait(60), "the station was not verified"
        (told,) = lines(station("verification", "status", "--data", data, "--json"))
        assert told["verified"]
        assert [part["id"] for part in told["parts"]] == ["G-1", "C-1"]
        rows = lines(station("verification", "run", "--data", data, "--by", "Tan", "--reason", "Changeover", "--json"))
        asked, *_, verified = [row for row in rows if row["kind"] == "verification"]
        assert (asked["operator"], asked["details"]["why"]) == ("Tan", "Changeover")
        assert verified["details"]["result"] == "verified"
        refused = station("verification", "bypass", "--data", data, "--by", "Eva", "--reason", "r", "--until", "5")
        assert refused.exit_code == 3
        assert "nothing to bypass" in refused.stderr
        passed = set(plc.passed)
    with queries.reading(data) as log:
        names = {row["sequence"]: row["verification"] for row in queries.search(log, queries.Search(), limit=1000)}
    assert passed
    assert all(names[number].startswith("golden G-1 in record") for number in passed)


def test_parts_that_are_overdue_verify_nothing_and_a_supervisor_may_bypass_them_by_name(tmp_path: Path) -> None:
    with running(tmp_path, due="2020-01-01") as plc:
        data = tmp_path / "data"
        told = station("verification", "status", "--data", data)
        assert told.exit_code == 1
        assert "The golden part G-1 was due on 2020-01-01" in told.stdout
        assert not plc.passed
        asked = ["--by", "Eva", "--reason", "G-1 is at the laboratory", "--until", "5"]
        assert "bypassed by Eva until" in station("verification", "bypass", "--data", data, *asked).stdout
        assert plc.heard_pass.wait(60), "nothing passed under the bypass"
        (now,) = lines(station("verification", "status", "--data", data, "--json"))
        assert (now["verified"], now["bypassed"]["by"]) == (False, "Eva")
    with queries.reading(data) as log:
        rows = queries.search(log, queries.Search(verdict="PASS"))
    assert all(row["verification"].startswith("bypassed by Eva until") for row in rows)


def test_a_station_that_does_not_run_is_named_and_nothing_is_left_for_it(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())):
        pass
    for arguments in (["run"], ["bypass", "--by", "Eva", "--reason", "r", "--until", "5"]):
        refused = station("verification", *arguments, "--data", tmp_path)
        assert refused.exit_code == 3
        assert "No station runs on" in refused.stderr
        assert "station run" in refused.stderr
    assert not [*tmp_path.glob("asked-*")]


@pytest.mark.parametrize("until", ["0", "-5", "721", "nan", "soon", "2020-01-01T00:00"])
def test_a_bypass_without_an_end_within_twelve_hours_is_wrong_use(tmp_path: Path, until: str) -> None:
    refused = station("verification", "bypass", "--data", tmp_path, "--by", "E", "--reason", "r", f"--until={until}")
    assert refused.exit_code == 2


def test_a_bypass_needs_a_name_and_a_reason(tmp_path: Path) -> None:
    for given in (["--by", "Eva"], ["--reason", "r"], ["--by", " ", "--reason", "r"]):
        assert station("verification", "bypass", "--data", tmp_path, "--until", "5", *given).exit_code == 2


def event(sequence: int, kind: str, hours: float, **details: Any) -> dict[str, Any]:
    at = (NOW + timedelta(hours=hours)).isoformat()
    return {"sequence": sequence, "kind": kind, "at": at, "clock_synchronised": True, "details": details}


ASKED = event(1, "verification", 0, result="asked", asks="Lay the golden part.")
VERIFIED = event(5, "verification", 0, result="verified", asks="", parts=[{"id": "G-1"}], valid_for_s=8 * 3600.0)
BEGUN = event(6, "bypass", 0, result="begun", by="Eva", reason="r", until=(NOW + timedelta(hours=2)).isoformat())
ENDED = event(7, "bypass", 1, result="ended", by="Eva", reason="r", until=BEGUN["details"]["until"])
STOP = event(7, "stop", 1)
ANEW = event(8, "verification", 1, result="asked", asks="Lay the golden part again.")


@pytest.mark.parametrize(
    ("events", "runs", "hours", "verified", "bypassed"),
    [
        ([], True, 1, False, False),
        ([ASKED], True, 1, False, False),
        ([ASKED, VERIFIED], True, 7.9, True, False),
        ([ASKED, VERIFIED], True, 8.1, False, False),
        ([ASKED, VERIFIED], False, 1, False, False),
        ([ASKED, VERIFIED, ANEW], True, 1, False, False),
        ([ASKED, VERIFIED, STOP], True, 1, False, False),  # somebody else holds the data folder
        ([ASKED, BEGUN, STOP], True, 1, False, False),
        ([ASKED, BEGUN], True, 1, False, True),
        ([ASKED, BEGUN], True, 2.1, False, False),
        ([ASKED, BEGUN], False, 1, False, False),
        ([ASKED, BEGUN, ENDED], True, 1, False, False),
        ([ASKED, BEGUN, ANEW], True, 1, False, False),  # it was killed, and another has started
    ],
)
def test_how_the_gate_stands_is_told_from_the_log_and_from_whether_the_station_runs(
    events: list[dict[str, Any]], runs: bool, hours: float, verified: bool, bypassed: bool
) -> None:
    told = standing(events[::-1], runs, NOW + timedelta(hours=hours))
    assert (told["verified"], told["bypassed"] is not None) == (verified, bypassed)
    if events == [ASKED, VERIFIED, ANEW]:
        assert told["asks"] == "Lay the golden part again."
        assert told["parts"] == [{"id": "G-1"}]
    if bypassed:
        assert told["bypassed"]["by"] == "Eva"


def test_for_people_a_stopped_station_is_not_verified_and_the_last_time_is_told(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        part = {"id": "G-1", "role": "golden", "due": "2027-01-31", "record": 3}
        log.note("verification", "Verified", result="verified", asks="", parts=[part], valid_for_s=3600.0)
    told = station("verification", "status", "--data", tmp_path)
    assert told.exit_code == 1
    first, second, third = told.stdout.splitlines()
    assert first.startswith("Not verified: the station does not run.")
    assert second.startswith("Last verified 20")
    assert third == "  golden part G-1 in record 3, due 2027-01-31"


def test_nobody_asks_for_a_verification_without_a_name(tmp_path: Path) -> None:
    refused = station("verification", "run", "--data", tmp_path, "--by", " ")
    assert (refused.exit_code, "give one with --by" in refused.stderr) == (2, True)
