"""`station model`: who wants another bundle gets it staged, or is told plainly why not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models.bundle import Bundle
from station.accounts import Accounts
from station.assembly import BENCH
from station.bundles import name_of
from station.log import queries
from station.log.store import TraceabilityLog
from station.people import Role
from station.types import SystemClock
from tests.promises.plc import Plc
from tests.station.cli.command import lines, station
from tests.station.releases import release, spoil

CONFIG = """
name = "station-7"
data = "data"
bundle = "{bundle}"
order = {{ part_number = "{part}" }}
camera = {{ kind = "simulated", seed = 3, tells_a_real_line = true }}
line = [{{ kind = "serial", port = "{port}" }}]
"""


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return release(tmp_path, "second")


def configured(folder: Path, part: str = "1041-A", port: str = "loop://") -> Path:
    (folder / "station.toml").write_text(CONFIG.format(bundle=BENCH, part=part, port=port))
    return folder / "station.toml"


def listed(config: Path) -> dict[str, dict[str, Any]]:
    """Rows by the name of the bundle, or of its folder where it has none."""
    rows = lines(station("model", "list", "--config", config, "--json"))
    return {row["name"] or Path(row["bundle"]).name: row for row in rows}


def test_what_is_used_is_wanted_and_listed_with_who_asked_and_when(tmp_path: Path, second: Path) -> None:
    config = configured(tmp_path)
    assert station("model", "use", second, "--config", config, "--by", "Eva").exit_code == 0
    rows = listed(config)
    assert {name: row["wanted"] for name, row in rows.items()} == {"second": True, "bench": False}
    row, bundle = rows["second"], Bundle.load(second)
    assert (row["sha256"], tuple(row["part_numbers"]), row["by"]) == (bundle.sha256, bundle.part_numbers, "Eva")
    assert datetime.fromisoformat(row["at"]).tzinfo
    assert not any(row["in_use"] for row in rows.values())


def test_rollback_wants_what_station_toml_names_and_then_there_is_nothing_before_it(
    tmp_path: Path, second: Path
) -> None:
    config = configured(tmp_path)
    station("model", "use", second, "--config", config)
    (told,) = lines(station("model", "rollback", "--config", config, "--by", "Tan", "--json"))
    assert (told["bundle"], told["act"], told["by"]) == ("", "rollback", "Tan")
    assert listed(config)["bench"]["wanted"]
    refused = station("model", "rollback", "--config", config)
    assert refused.exit_code == 3
    assert refused.stderr == "No bundle was wanted before this one; run `station model use` with another.\n"


def test_a_station_is_named_by_its_data_folder_as_well(tmp_path: Path, second: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    station("model", "use", second, "--data", data)
    (row,) = lines(station("model", "list", "--data", data, "--json"))
    assert (row["name"], row["wanted"]) == ("second", True)


def test_what_is_in_use_is_told_from_the_log_and_no_guess(tmp_path: Path, second: Path) -> None:
    config = configured(tmp_path)
    station("model", "use", second, "--config", config)
    with closing(TraceabilityLog(tmp_path / "data", SystemClock())) as log:
        log.note("start", "station-7 is ready", model=name_of(Bundle.load(BENCH)))
    assert {name: row["in_use"] for name, row in listed(config).items()} == {"second": False, "bench": True}
    rows = lines(station("model", "list", "--data", tmp_path / "data", "--json"))
    assert {row["name"]: row["in_use"] for row in rows} == {"second": False, "bench": True}


def test_for_people_each_bundle_is_a_line(tmp_path: Path, second: Path) -> None:
    config = configured(tmp_path)
    assert "second" in station("model", "use", second, "--config", config, "--by", "Eva").stdout
    used, shipped = station("model", "list", "--config", config).stdout.splitlines()
    assert used.startswith("wanted ")
    assert "asked for by Eva" in used
    assert str(BENCH) in shipped


def test_a_damaged_bundle_is_listed_as_such(tmp_path: Path, second: Path) -> None:
    config = configured(tmp_path)
    station("model", "use", second, "--config", config)
    (place,) = (tmp_path / "data" / "models").glob("second-*")
    spoil(place / "model.tflite")
    row = listed(config)[place.name]
    assert "model.tflite" in row["trouble"]
    assert row["wanted"]


@pytest.mark.parametrize(
    ("spoiled", "part", "said"),
    [("model.tflite", "1041-A", "model.tflite is not the file that was released"), (None, "4711", "not 4711")],
)
def test_what_cannot_be_used_is_refused_with_the_mend(
    tmp_path: Path, second: Path, spoiled: str | None, part: str, said: str
) -> None:
    if spoiled:
        spoil(second / spoiled)
    refused = station("model", "use", second, "--config", configured(tmp_path, part=part))
    assert refused.exit_code == 3
    assert said in refused.stderr
    assert not (tmp_path / "data" / "models").exists()


@pytest.mark.parametrize("arguments", [[], ["--data", ".", "--config", "station.toml"], ["--data", "nowhere"]])
def test_a_station_that_is_not_named_once_is_wrong_use(arguments: list[str]) -> None:
    assert station("model", "list", *arguments).exit_code == 2


def running(config: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "station", "run", "--config", str(config), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str], until: Callable[[dict[str, Any]], bool]) -> None:
    assert process.stdout
    line: dict[str, Any] = {}
    while not until(line):
        text = process.stdout.readline()
        assert text, f"the station ended: {process.communicate()[1]}"
        line = json.loads(text)


def test_a_running_station_takes_it_up_and_goes_on(tmp_path: Path, second: Path) -> None:
    plc, data = Plc(), tmp_path / "data"
    process = running(configured(tmp_path, port=plc.port))
    try:
        told(process, lambda line: "challenge" in line.get("message", ""))
        station("model", "use", second, "--data", data, "--by", "Eva")
        told(process, lambda line: "golden" in line.get("message", ""))
        told(process, lambda line: "verdict" in line)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
        plc.close()
    with queries.reading(data) as log:
        events = [(row["kind"], row["operator"]) for row in queries.events(log)]
        rows = queries.search(log, queries.Search())[::-1]
    models = [row["model"] for row in rows]
    first, other = name_of(Bundle.load(BENCH)), name_of(Bundle.load(second))
    assert models == [first] * models.count(first) + [other] * models.count(other)
    assert {first, other} == set(models)
    assert {row["verification"] for row in rows if row["model"] == other} == {"not verified"}
    assert ("model_swap", "Eva") in events
    assert plc.passed == {row["sequence"] for row in rows if row["verdict"] == "PASS"}


def test_a_station_starts_with_what_was_wanted_while_it_stood_still_and_records_the_swap(
    tmp_path: Path, second: Path
) -> None:
    plc, data = Plc(), tmp_path / "data"
    config = configured(tmp_path, port=plc.port)
    try:
        for _ in range(2):
            process = running(config)
            told(process, lambda line: "golden" in line.get("message", ""))
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
            station("model", "use", second, "--config", config, "--by", "Eva")
    finally:
        process.kill()
        plc.close()
    with queries.reading(data) as log:
        newest_last = reversed(queries.events(log, limit=1000))
    events = [row for row in newest_last if row["kind"] not in ("fault", "verification", "calibration")]
    assert [row["kind"] for row in events] == ["start", "stop", "model_swap", "start", "stop"]
    swap = events[2]
    assert (swap["operator"], swap["details"]["former"]) == ("Eva", name_of(Bundle.load(BENCH)))
    assert swap["details"]["model"] == events[3]["details"]["model"] == name_of(Bundle.load(second))


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_station_whose_wanted_bundle_is_damaged_does_not_start_and_names_the_way_back(
    tmp_path: Path, second: Path, is_gone: bool
) -> None:
    config = configured(tmp_path)
    station("model", "use", second, "--config", config)
    (place,) = (tmp_path / "data" / "models").glob("second-*")
    place.rename(place.with_name("gone")) if is_gone else spoil(place / "references.npz")
    refused = running(config)  # a process of its own: it takes the signals
    _, said = refused.communicate(timeout=60)
    assert refused.returncode == 3
    assert "station model rollback" in said
    assert "Traceback" not in said
    station("model", "rollback", "--config", config)
    examined = {line["check"]: line for line in lines(station("doctor", "--config", config, "--json"))}
    assert examined["bundle"]["ok"]


def test_who_has_an_account_and_is_no_supervisor_only_proposes(tmp_path: Path, second: Path) -> None:
    data = tmp_path / "data"
    with closing(TraceabilityLog(data, SystemClock())) as log:
        log.note("start", "ready")
    for name, role in (("Tan", Role.TECHNICIAN), ("Eva", Role.SUPERVISOR), ("Ali", Role.SUPERVISOR)):
        Accounts(data).add(name, role, "4711", by="test")
    Accounts(data).disable("Ali", by="test")
    use = ("model", "use", second, "--data", data)
    result = station(*use, "--by", "tan")
    assert result.exit_code == 2
    assert "say why with --reason" in result.stderr
    result = station(*use, "--by", "Tan", "--reason", "sees the new lot")
    assert result.exit_code == 0
    assert "is proposed; a supervisor approves it" in result.stdout
    [row] = lines(station("model", "list", "--data", data, "--json"))
    assert (row["wanted"], row["proposed_by"]) == (False, "Tan")
    assert "proposed by Tan" in station("model", "list", "--data", data).stdout
    assert station(*use, "--by", "Ali", "--reason", "I have left").stdout.count("is proposed") == 1
    assert station(*use, "--by", "Eva").exit_code == 0
    [row] = lines(station("model", "list", "--data", data, "--json"))
    assert (row["wanted"], row["by"]) == (True, "Eva")
    refused = station("model", "rollback", "--data", data, "--by", "Tan")
    assert "Tan is no supervisor" in refused.stderr
    assert refused.exit_code != 0
    [row] = lines(station("model", "list", "--data", data, "--json"))
    assert row["wanted"]
