"""`station collect` on the simulated bench: asked for, kept, gone on with, noted, and ready to be learnt from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from models.dataset import load
from station.assembly import BENCH
from station.cameras.freshness import FreshCamera, Freshness
from station.collect.collection import Collection
from station.config import Configuration
from station.log import queries
from station.log.store import TraceabilityLog
from station.simulation import Bench, OperatedCamera, SimulatedCamera, SimulatedClock
from station.types import Camera, Clock, Frame, Pictures, Reason, SystemClock, Verdict
from tests.promises.stations import SIZE, calibrate
from tests.station.cli.command import lines, station
from tests.station.factories import inspection

CONFIG = f"""
name = "station-7"
data = "data"
bundle = "{BENCH}"
order = {{ part_number = "1041-A" }}
camera = {{ kind = "simulated", tells_a_real_line = true }}
line = [{{ kind = "serial", port = "loop://" }}]
"""

AT_A_REAL_STAGE = CONFIG.replace(
    'kind = "simulated", tells_a_real_line = true', 'kind = "usb", device = "/dev/video99"'
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collect") / "station.toml"
    path.write_text(CONFIG)
    return path


def collect(config: Path, *options: object, part: str = "1041-A") -> Result:
    return station("collect", "--config", config, "--part", part, "--session", "monday", *options)


@pytest.fixture(scope="module")
def told(config: Path) -> list[dict[str, Any]]:
    """What is said to a program about two pictures of each of two part numbers."""
    results = [
        collect(config, "--count", 2, "--specimens", 2, "--by", "ann", "--json", part=part)
        for part in ("1041-A", "1041-B")
    ]
    assert [result.exit_code for result in results] == [0, 0]
    return [line for result in results for line in lines(result)]


def summaries(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in told if "summary" in line]


def test_each_request_and_what_came_of_it_is_a_line_and_the_summary_is_the_last(told: list[dict[str, Any]]) -> None:
    asked, kept = ([line for line in told if name in line] for name in ("asks", "refusal"))
    assert [line["left"] for line in asked] == [2, 1] * 2
    assert [line["specimen"] for line in asked] == [1, 2] * 2
    assert len(kept) == 4
    assert [line["kept"] for line in summaries(told)] == [2, 2]
    assert told[-1]["summary"] is True


def test_both_part_numbers_stand_in_one_data_set_whose_every_row_says_that_it_is_simulated(
    told: list[dict[str, Any]], config: Path
) -> None:
    folder = config.parent / "data" / "collected"
    files = [line["file"] for line in told if "file" in line]
    assert [picture.file for picture in load(folder).pictures] == files
    assert (folder / "manifest.csv").read_text().count(",true\n") == 4
    assert all(summary["is_simulated"] for summary in summaries(told))


def test_the_log_notes_who_took_how_many_of_what(told: list[dict[str, Any]], config: Path) -> None:
    with queries.reading(config.parent / "data") as log:
        noted = [row for row in queries.events(log) if row["kind"] == "collection"]
    assert {row["operator"] for row in noted} == {"ann"}
    assert {(row["details"]["part_number"], row["details"]["pictures"]) for row in noted} == {
        ("1041-A", 2),
        ("1041-B", 2),
    }
    assert all(row["details"]["is_simulated"] for row in noted)


def test_one_that_was_stopped_says_how_to_go_on_and_does_so(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--count", 2, "--specimens", 1, "--out", tmp_path / "set")
    take = Collection.take

    def stopped(collection: Collection) -> object:
        if collection.kept == 1:
            raise KeyboardInterrupt
        return take(collection)

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "take", stopped)
        first = collect(config, *options)
    assert first.exit_code == 1
    assert "1 are left: the same command with --session monday goes on." in first.stdout
    second = collect(config, *options)
    assert second.exit_code == 0
    assert "1 pictures were kept" in second.stdout
    assert len(load(tmp_path / "set").pictures) == 2


def test_for_people_it_says_what_is_simulated_what_to_do_and_what_is_still_lacking(
    config: Path, tmp_path: Path
) -> None:
    out = collect(config, "--count", 1, "--out", tmp_path / "set").stdout
    assert out.startswith("Simulated bench")
    assert "Clear the stage, then lay specimen 1 on it." in out
    assert "kept as 1041-A/monday-1-001.png" in out
    assert "collect more specimens, or another session" in out


def test_without_a_name_the_session_is_the_time_of_its_start(config: Path, tmp_path: Path) -> None:
    result = station(
        "collect", "--config", config, "--part", "1041-A", "--count", 1, "--out", tmp_path / "set", "--json"
    )
    assert len(lines(result)[-1]["session"]) == len("20260105T060708Z")


def test_a_part_that_the_bench_does_not_have_is_one_sentence(config: Path, tmp_path: Path) -> None:
    result = collect(config, "--out", tmp_path / "set", part="4711")
    assert result.exit_code == 3
    assert "the bench has no part 4711" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("part", ["../1041", "a/b", "a\\b", ".hidden", " 1041", "", "a\nb"])
def test_a_part_number_that_cannot_be_the_name_of_a_folder_is_wrong_use(config: Path, part: str) -> None:
    assert collect(config, part=part).exit_code == 2


def test_what_is_simulated_is_not_collected_at_a_real_station(config: Path, tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(CONFIG)
    log = TraceabilityLog(tmp_path / "data", SystemClock())
    log.append(inspection(verdict=Verdict.REJECT, reason=Reason.WRONG_PART), Pictures(b"patch", b"frame"))
    log.close()
    result = collect(tmp_path / "station.toml", "--count", 1)
    assert result.exit_code == 3
    assert "a real station; name another data folder" in result.stderr
    assert not (tmp_path / "data" / "collected").exists()


class Real(OperatedCamera):
    """The bench in real time, whose pictures do not say that they are simulated."""

    def read(self, newer_than: float = 0.0) -> Frame:
        return replace(super().read(newer_than), is_simulated=False)


def test_at_a_real_stage_the_calibration_is_that_of_the_line_and_the_rows_say_that_it_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_camera(configuration: Configuration, clock: Clock, lays: Iterator[str]) -> Camera:
        return FreshCamera(Real(Bench(clock, seed=1, size=SIZE), lays), Freshness(), clock)

    bench = Bench(SimulatedClock(), seed=1, size=SIZE)
    calibrate(bench, FreshCamera(SimulatedCamera(bench), Freshness(), bench.clock), tmp_path / "data" / "calibration")
    (tmp_path / "station.toml").write_text(AT_A_REAL_STAGE)
    monkeypatch.setattr("station.assembly.at_the_stage.make_camera", make_camera)
    result = collect(tmp_path / "station.toml", "--count", 1, "--json")
    assert result.exit_code == 0, result.output
    assert lines(result)[-1]["is_simulated"] is False
    row = (tmp_path / "data" / "collected" / "manifest.csv").read_text().splitlines()[-1]
    assert re.search(r",1,0001 sha256:[0-9a-f]{64},false$", row), "taken under the calibration of the line"
    assert len(list((tmp_path / "data" / "calibration").glob("0*"))) == 1


def test_a_stage_that_was_never_calibrated_is_sent_to_the_wizard(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(AT_A_REAL_STAGE)
    result = collect(tmp_path / "station.toml")
    assert result.exit_code == 3
    assert "run `station calibrate`" in result.stderr
