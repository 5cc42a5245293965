"""`station demo --headless`: the whole station on the simulated bench."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from station.log import queries
from station.log.archive import Archive
from tests.station.cli.command import lines, station
from tests.station.web.processes import the_pages

PARTS = 40


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(data: Path) -> list[dict[str, object]]:
    result = station("demo", "--headless", "--parts", PARTS, "--seed", 7, "--json", "--data", data)
    assert result.exit_code == 0
    return lines(result)


def test_each_placement_is_one_line_and_the_summary_is_the_last(told: list[dict[str, object]]) -> None:
    assert len(told) == PARTS + 1
    assert told[-1]["summary"] is True
    assert told[-1]["placements"] == PARTS


def test_the_bench_verifies_itself_first_and_what_follows_names_it(told: list[dict[str, object]], data: Path) -> None:
    name = "golden GOLDEN-A in record 3, challenge CHALLENGE-B in record 5, then the empty stage"
    assert told[-1]["verification"] == name
    with queries.reading(data) as log:
        *rows, challenge, golden = queries.search(log, queries.Search(), limit=1000)
    assert (golden["reason"], challenge["reason"]) == ("not_verified", "wrong_part")
    assert {row["verification"] for row in (golden, challenge)} == {"not verified"}
    assert {row["verification"] for row in rows} == {name}
    assert [row["sequence"] for row in reversed(rows)] == [line["sequence"] for line in told[:-1]]


def test_no_wrong_part_is_passed_and_the_expected_ones_are(told: list[dict[str, object]]) -> None:
    summary = told[-1]
    assert summary["wrong_parts_passed"] == 0
    assert isinstance(summary["wrong_parts"], int)
    assert summary["wrong_parts"] >= 10
    assert isinstance(summary["yield"], float)
    assert summary["yield"] >= 0.9  # the figure over 300 placements stands in README.md


def test_every_line_is_a_record_with_its_pictures_marked_as_simulated(
    told: list[dict[str, object]], data: Path
) -> None:
    archive = Archive(data)
    with queries.reading(data) as log:
        rows = {row["sequence"]: row for row in queries.search(log, queries.Search(), limit=1000)}
    assert len(rows) == PARTS + 2  # golden and challenge part
    for line in told[:-1]:
        row = rows[line["sequence"]]
        assert (row["verdict"], row["image_sha256"]) == (line["verdict"], line["image_sha256"])
        assert row["is_simulated"] is True
        for sha256 in (row["image_sha256"], row["frame_sha256"]):
            path = archive.path_of(sha256)
            assert path
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def test_the_same_seed_shows_the_same(tmp_path: Path) -> None:
    first, second = (
        lines(station("demo", "--headless", "--parts", 3, "--json", "--data", tmp_path / name)) for name in "ab"
    )
    for one, other in zip(first[:-1], second[:-1], strict=True):
        assert one["image_sha256"] == other["image_sha256"]
        assert one["score"] == other["score"]


def test_for_people_it_says_what_is_simulated_and_how_it_ended() -> None:
    out = station("demo", "--headless", "--parts", 2).stdout
    assert out.startswith("Simulated bench.")
    assert "Lay the golden part GOLDEN-A on the stage." in out
    assert "2 placements" in out


def test_without_screens_nothing_of_the_web_is_loaded(tmp_path: Path) -> None:
    code = f"""
import sys
from station.cli import main
try:
    main(["demo", "--headless", "--parts", "1", "--data", {str(tmp_path)!r}])
except SystemExit as end:
    assert not end.code, end.code
print(sorted({{"fastapi", "uvicorn", "jinja2", "argon2"}} & set(sys.modules)))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_with_screens_it_says_where_they_are_and_records_whom_it_signs_in(tmp_path: Path) -> None:
    result = station("demo", "--parts", 1, "--port", 0, "--as", "supervisor", "--data", tmp_path)
    assert result.exit_code == 0
    assert "The screens are at http://127.0.0.1:" in result.stderr
    assert "signed in as Demo supervisor" in result.stderr
    with queries.reading(tmp_path) as log:
        (event,) = queries.events(log, kinds=["sign_in"])
    assert (event["operator"], event["details"]["role"]) == ("Demo supervisor", "supervisor")


def test_screens_that_die_are_served_again_where_they_were(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "station", "demo", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr
        patience = threading.Timer(120, demo.kill)
        patience.start()
        try:
            addresses = (line for line in demo.stderr if line.startswith("The screens are at "))
            first = next(addresses)
            os.kill(the_pages(demo.pid), signal.SIGKILL)
            assert next(addresses) == first
            demo.send_signal(signal.SIGINT)
            assert demo.wait(60) in (0, 1)  # 1: the bench was not verified yet
        finally:
            patience.cancel()
            demo.kill()


def test_a_port_of_the_screens_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = station("demo", "--parts", 1, "--port", taken.getsockname()[1], "--data", tmp_path)
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1


def test_a_line_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = station("demo", "--headless", "--parts", 1, "--line", tmp_path / "ttyNONE")
    assert result.exit_code == 3
    assert "ttyNONE" in result.stderr
    assert "Traceback" not in result.stderr
