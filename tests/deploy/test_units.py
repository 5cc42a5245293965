"""The units are what systemd understands, shut in tightly, and watch the loop."""

from __future__ import annotations

import json
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
TIGHT = ("station", "station-backup", "station-verify", "station-retention", "station-forward")
MOST = 2.0  # of systemd's exposure, where 10 is a naked service
ABSENT = "systemd-analyze is absent; install it with: sudo apt install systemd"


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip(ABSENT)
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def settings(unit: str, section: str = "Service") -> dict[str, str]:
    parser = RawConfigParser(strict=False, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign] # a stand-in
    parser.read(UNITS / unit)
    return dict(parser[section])


def test_systemd_understands_every_line_of_every_unit(tmp_path: Path) -> None:
    for unit in (*SERVICES, *UNITS.glob("*.timer")):
        text = unit.read_text()
        lines = [
            f"{line.partition('=')[0]}=/bin/true" if line.startswith("ExecStart") else line
            for line in text.splitlines()
        ]
        (tmp_path / unit.name).write_text("\n".join(lines) + "\n")
    done = analyze("verify", "--recursive-errors=no", *sorted(tmp_path.iterdir()))
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert not said
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [*TIGHT, "station-kiosk"])
def test_a_service_is_shut_in_tightly(name: str) -> None:
    done = analyze("security", "--offline=true", "--json=short", UNITS / f"{name}.service")
    exposure = sum(float(line["exposure"] or 0) for line in json.loads(done.stdout))
    figure = float(analyze("security", "--offline=true", UNITS / f"{name}.service").stdout.split(": ")[-1].split()[0])
    assert exposure > 0
    assert figure <= MOST


def test_the_browser_of_the_kiosk_keeps_its_own_sandbox() -> None:
    """Its pages have no network, no files and no devices then, which no unit could take from them alone."""
    kiosk = settings("station-kiosk.service")
    assert set(kiosk["RestrictNamespaces"].split()) == {"user", "pid", "net"}
    assert {"chroot", "capset"} <= set(kiosk["SystemCallFilter"].split())  # the last line, which adds to others
    assert "--no-sandbox" not in kiosk["ExecStart"]


def test_nothing_of_the_kiosks_browser_outlives_it() -> None:
    """The lock of one that crashed would keep the next from its profile, and a signed-in page would stay so."""
    kiosk = settings("station-kiosk.service")
    assert f"HOME=/run/{kiosk['RuntimeDirectory']}" in kiosk["Environment"].split()  # the last line
    assert "StateDirectory" not in kiosk


def test_the_kiosk_can_be_heard_and_starts_where_nobody_has_a_desktop() -> None:
    """Without a session nothing gives it the loudspeaker; graphical.target is not reached where a console is set."""
    text = (UNITS / "station-kiosk.service").read_text()
    assert "DeviceAllow=char-alsa rw" in text.splitlines()
    assert "audio" in settings("station-kiosk.service")["SupplementaryGroups"].split()
    assert settings("station-kiosk.service", "Install")["WantedBy"] == "multi-user.target"


def test_a_loop_that_is_silent_is_ended_and_started_anew() -> None:
    station = settings("station.service")
    assert station["Type"] == "notify"
    assert 3 < int(station["WatchdogSec"]) <= 30
    assert station["Restart"] == "always"
    assert settings("station.service", "Unit")["StartLimitIntervalSec"] == "0"


def test_the_line_has_the_processors_before_everybody_who_works_at_the_machine() -> None:
    station = settings("station.service")
    assert (station["Slice"], station["CPUWeight"]) == ("-.slice", "10000")  # beside those of the users, not below one
    for other in ("station-backup", "station-verify", "station-retention", "station-forward"):
        assert settings(f"{other}.service")["CPUWeight"] == "idle"


@pytest.mark.parametrize("name", TIGHT)
def test_what_gives_way_to_the_line_may_do_so_in_its_unit(name: str) -> None:
    """An export of the pages too, which runs in the unit of the station itself, with its share of the processors."""
    asks = {"sched_setaffinity", "sched_setscheduler", "setpriority", "ioprio_set"}  # station/gentle.py
    assert asks <= set(settings(f"{name}.service")["SystemCallFilter"].split())  # the last line, which adds to others


def test_mistakes_of_the_configuration_are_not_tried_again_for_ever() -> None:
    assert settings("station.service")["RestartPreventExitStatus"] == "2"


def test_every_timer_has_its_service() -> None:
    for timer in UNITS.glob("*.timer"):
        assert timer.with_suffix(".service").exists()
