"""`station log` as a supervisor uses it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from station.log.store import TraceabilityLog
from station.types import Order, Pictures, Reason, SystemClock, Verdict
from tests.station.cli.command import station
from tests.station.factories import AT, inspection

LOTS = ["4711", "4711", "4712"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    kept = TraceabilityLog(tmp_path / "data", SystemClock())
    for number, lot in enumerate(LOTS):
        verdict, reason = (Verdict.PASS, Reason.NONE) if number else (Verdict.REJECT, Reason.WRONG_PART)
        kept.append(
            inspection(
                inspection_id=f"id-{number}",
                acquired_at=AT + timedelta(days=number),
                order=Order("1041-A", work_order="W1", lot=lot),
                verdict=verdict,
                reason=reason,
                predicted_part_number="1041-A" if number else "1041-B",
                score=0.9,
                distance=0.1,
                measures={"light": 1.0},
                is_simulated=True,
            ),
            Pictures(f"patch {number}".encode(), f"frame {number}".encode()),
        )
    kept.close()
    return tmp_path / "data"


def log(*arguments: object) -> Result:
    return station("log", *arguments)


def test_search_finds_by_lot_newest_first(data: Path) -> None:
    result = log("search", "--data", data, "--lot", "4711", "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["inspection_id"] for line in result.output.splitlines()] == ["id-1", "id-0"]


def test_search_shows_local_time_with_its_zone_and_says_what_is_simulated(data: Path) -> None:
    line = log("search", "--data", data, "--verdict", "REJECT").output.splitlines()[0]
    local = AT.astimezone()
    assert f"{local:%H:%M:%S %Z}" in line
    assert "expected 1041-A, seen 1041-B" in line
    assert "(simulated)" in line


def test_search_goes_on_where_the_page_ended(data: Path) -> None:
    first = log("search", "--data", data, "--limit", 2)
    before = first.output.split("--after ")[1].strip()
    second = log("search", "--data", data, "--limit", 2, "--after", before, "--json")
    assert [json.loads(line)["inspection_id"] for line in second.output.splitlines()] == ["id-0"]


def test_nothing_found_is_the_answer_no(data: Path) -> None:
    result = log("search", "--data", data, "--serial", "none")
    assert (result.exit_code, result.output) == (1, "No record matches.\n")


def test_since_and_until_are_local_times(data: Path) -> None:
    day = (AT + timedelta(days=1)).astimezone()
    result = log(
        "search",
        "--data",
        data,
        "--since",
        f"{day:%Y-%m-%d}",
        "--until",
        f"{day + timedelta(days=1):%Y-%m-%d}",
        "--json",
    )
    assert [json.loads(line)["inspection_id"] for line in result.output.splitlines()] == ["id-1"]


def test_show_tells_all_and_where_the_pictures_lie(data: Path) -> None:
    result = log("show", "id-1", "--data", data, "--json")
    record = json.loads(result.output)
    assert Path(record["image_file"]).read_bytes() == b"patch 1"
    assert Path(record["frame_file"]).read_bytes() == b"frame 1"
    assert record["measures"] == {"light": 1.0}
    assert log("show", record["sequence"], "--data", data).output.startswith("sequence")


def test_show_of_what_is_not_there_is_the_answer_no(data: Path) -> None:
    assert log("show", "99", "--data", data).exit_code == 1


@pytest.mark.parametrize("arguments", [["search"], ["search", "--data", "d", "--verdict", "MAYBE"], ["nonsense"]])
def test_wrong_use_is_status_two(arguments: list[str]) -> None:
    assert log(*arguments).exit_code == 2
