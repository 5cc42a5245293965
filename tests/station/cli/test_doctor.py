"""`station doctor`: each thing the station stands on is well, or is named with what mends it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calibration.profile import Profiles
from station.assembly import BENCH, make_camera
from station.cameras.freshness import FreshCamera, Freshness
from station.cli import doctor
from station.config import load
from station.errors import CameraError
from station.log.store import TraceabilityLog
from station.orders.order import WorkOrder
from station.orders.store import Orders
from station.simulation import Bench, SimulatedCamera, SimulatedClock
from station.types import Order, SystemClock
from tests.promises.stations import SIZE, calibrate
from tests.station.assembly.test_gate import fail
from tests.station.calibrating import Calibrating
from tests.station.cli.command import lines, station
from tests.station.releases import release, spoil
from tests.station.test_machine import told_to_nobody

CONFIG = """
name = "station-7"
data = "data"
bundle = "{bundle}"
order = {{ part_number = "{part}" }}
camera = {{ {camera} }}
line = [{{ kind = "serial", port = "{port}" }}]
"""
ORDER = 'order = { part_number = "1041-A" }'
OVERDUE = """
[[verification.part]]
id = "G-1"
part_number = "1041-A"
verdict = "PASS"
due = 2025-01-31

[[verification.part]]
id = "C-1"
part_number = "1041-B"
verdict = "REJECT"
due = 2099-01-31
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "station.toml"


def examine(config: Path, **changes: object) -> dict[str, dict[str, Any]]:
    told: dict[str, object] = {
        "bundle": BENCH,
        "part": "1041-A",
        "camera": 'kind = "simulated", tells_a_real_line = true',
        "port": "loop://",
    }
    config.write_text(CONFIG.format(**(told | changes)))
    return looked_at(config)


def looked_at(config: Path) -> dict[str, dict[str, Any]]:
    result = station("doctor", "--config", config, "--json")
    assert result.exit_code == int(not all(line["ok"] for line in lines(result)))
    return {line["check"]: line for line in lines(result)}


def test_what_is_well_is_told_as_well(config: Path) -> None:
    found = examine(config)
    for check in ("self-test", "config", "bundle", "log", "camera", "line[0]"):
        assert found[check]["ok"], found[check]


def test_a_station_that_was_never_calibrated_is_sent_to_the_wizard(config: Path) -> None:
    found = examine(config, camera='kind = "usb", device = "/dev/video99"')
    assert "station calibrate" in found["calibration"]["message"]


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"bundle": "nowhere"}, "bundle", "nowhere"),
        ({"part": "4711"}, "bundle", "1041-A, 1041-B"),
        ({"camera": 'kind = "usb", device = "/dev/video99"'}, "camera", "/dev/video99"),
        ({"port": "/dev/ttyNONE"}, "line[0]", "/dev/ttyNONE"),
        ({"camera": 'kind = "usb"'}, "config", "station.toml.camera.device"),
    ],
)
def test_what_is_wrong_is_named(config: Path, changes: dict[str, object], check: str, said: str) -> None:
    found = examine(config, **changes)[check]
    assert not found["ok"]
    assert said in found["message"]


def test_the_wanted_bundle_is_looked_at_and_not_the_one_it_replaces(config: Path) -> None:
    config.write_text(
        CONFIG.format(
            bundle="nowhere", part="1041-A", camera='kind = "simulated", tells_a_real_line = true', port="loop://"
        )
    )
    assert station("model", "use", BENCH, "--config", config).exit_code == 0
    assert examine(config, bundle="nowhere")["bundle"]["ok"]
    (place,) = (config.parent / "data" / "models").glob("bench-*")
    spoil(place / "model.tflite")
    found = examine(config)["bundle"]
    assert not found["ok"]
    assert "station model rollback" in found["message"]


def test_a_data_folder_that_cannot_be_made_is_named(config: Path) -> None:
    (config.parent / "data").write_text("a file stands where the folder should be")
    assert not examine(config)["log"]["ok"]


def test_it_makes_nothing_where_nothing_is_yet(config: Path) -> None:
    examine(config)
    assert not (config.parent / "data").exists()


def test_for_people_each_check_is_a_line() -> None:
    out = station("doctor").stdout
    assert "self-test" in out
    assert "clock" in out


def test_a_clock_that_is_not_synchronised_is_told_what_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "is_synchronised", lambda _: False)
    clock = next(doctor.examine(None))
    assert not clock.ok
    assert "Mend: sudo apt install systemd-timesyncd && sudo timedatectl set-ntp true" in clock.message


def test_a_camera_that_does_not_keep_to_its_calibration_is_named(tmp_path: Path) -> None:
    clock = SimulatedClock()
    bench = Bench(clock, size=SIZE)
    raw = SimulatedCamera(bench)
    camera = FreshCamera(raw, Freshness(), clock)
    profile = replace(calibrate(bench, camera, tmp_path), settings={"exposure": 8000.0})
    assert "gives 320×180" in doctor.look_at_camera(camera, clock, profile)
    raw.habits["exposure"] = lambda _: 4000.0
    with pytest.raises(CameraError, match=r"does not do as it was told \(exposure.*, or run `station calib"):
        doctor.look_at_camera(camera, clock, profile)


def test_a_calibration_under_which_nobody_watches_the_empty_stage_is_named(config: Path, tmp_path: Path) -> None:
    device = 'kind = "usb", device = "/dev/video99"'
    examine(config, camera=device)
    camera = make_camera(load(config), SystemClock())
    assert camera.size
    whole = replace(Calibrating(tmp_path / "bench").calibrated(), camera=camera.name, frame=camera.size, settings={})
    profiles = Profiles(config.parent / "data" / "calibration")
    for changes, said in (
        ({}, "are watched"),
        ({"ground": None}, "station calibrate, without --quick"),
        ({"figures": {**whole.figures, "is_followed": 0.0}}, "Mend: a mark that stays on the stage"),
    ):
        profiles.use(profiles.save(replace(whole, **changes)).number)
        found = examine(config, camera=device)
        assert found["calibration"]["ok"], found["calibration"]
        assert found["drift"]["ok"] == (not changes)
        assert said in found["drift"]["message"]


def test_a_golden_part_that_is_overdue_is_named_though_no_order_is_configured(config: Path) -> None:
    """Orders come by scan then, and some day one of them wants that part."""
    examine(config)
    config.write_text(config.read_text().replace(ORDER, "") + OVERDUE)
    found = looked_at(config)
    assert "golden part G-1 was due on 2025-01-31" in found["verification"]["message"]


@pytest.mark.parametrize(
    ("candidate", "part", "said"),
    [
        ("next", "1041-A", ""),
        ("torn", "1041-A", "torn/model.tflite is not the file that was released; copy the bundle again."),
        ("nowhere", "1041-A", "is not a whole bundle: No such file or directory; copy it again, or name another."),
        ("next", "4711", "next knows 1041-A, 1041-B, not 4711; name another bundle or part number."),
    ],
    ids=["whole", "damaged", "missing", "of another part number"],
)
def test_a_candidate_is_looked_at_as_the_bundle_in_use_is(config: Path, candidate: str, part: str, said: str) -> None:
    release(config.parent, "next")
    spoil(release(config.parent, "torn") / "model.tflite")
    assert "shadow" not in examine(config, part=part)
    config.write_text(f'{config.read_text()}\n[shadow]\nbundle = "{candidate}"\n')
    found = looked_at(config)["shadow"]
    assert found["ok"] == (not said)
    assert (f"{said} Until then no candidate judges" if said else "next judges beside") in found["message"]


def test_a_verification_that_failed_before_the_station_was_stopped_is_named(config: Path) -> None:
    assert "last verified" not in examine(config)  # nothing was ever recorded
    with closing(TraceabilityLog(config.parent / "data", SystemClock())) as log:
        log.note("verification", "verified", result="verified")
        assert looked_at(config)["last verified"]["ok"]
        fail(log, Order("1041-A"))
    found = looked_at(config)["last verified"]
    assert not found["ok"]
    assert "had failed before the station stopped (The golden part in record 2 got REJECT" in found["message"]
    assert f"station verification run --config {config} --by NAME" in found["message"]


def test_the_order_that_ran_is_the_one_whose_verification_failed(config: Path) -> None:
    examine(config)
    data = config.parent / "data"
    with closing(TraceabilityLog(data, SystemClock())) as log:
        fail(log, Order("1041-B", "W-2"))
    assert looked_at(config)["last verified"]["ok"]
    orders = Orders(data)
    for name, has_failed in (("W-3", False), ("W-2", True)):
        orders.add(WorkOrder(name, "1041-B", 5), "eva")
        orders.begin(name, "eva")
        assert looked_at(config)["last verified"]["ok"] != has_failed
    orders.close("W-2", "eva")
    assert not looked_at(config)["last verified"]["ok"]  # no order frees nobody


def test_a_data_folder_that_is_closed_to_who_looks_is_a_finding_and_no_traceback(config: Path) -> None:
    examine(config)
    (config.parent / "data" / "pictures").mkdir(parents=True)
    (config.parent / "data").chmod(0o700)
    told = told_to_nobody(config.parent, lambda: {each.check: each.message for each in doctor.examine(config)})
    assert "nobody may not write" in told
    assert "'line[0]': 'can be opened'" in told
