"""An upgrade that is cut off is done again, and one that fails is taken back whole: the script's own functions.

systemd is a stand-in here; in_a_fresh_root.sh installs for good, in a root that can be thrown away.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from station.log.migrations import MIGRATIONS
from station.log.store import TraceabilityLog
from tests.station.log.samples import StoppedClock, judged, pictures

PROJECT = Path(__file__).parents[2]
FUNCTIONS = """
source <(sed -e '/^\\[ "$(id -u)" = 0 \\]/d' -e '/^if \\[ -n "$uninstall" \\]/,$d' {project}/deploy/install.sh)
base={root}/opt state={root}/data config={root}/etc backups={root}/backups units={root}/units ran={root}/opt/.ran
release={root}/opt/releases/new patience=1
as_station() {{ (cd / && "$@"); }}
systemd_runs() {{ true; }}
journalctl() {{ true; }}
systemctl() {{
  echo "$*" >>{root}/called
  case " $* " in
    *" is-active "*) [ -e {root}/runs ] ;;
    *" stop station.service "*) rm -f {root}/runs ;;
    *" start "*) touch {root}/runs ;;
    *" show "*StatusText*) cat {root}/says 2>/dev/null ;;
  esac
}}
ln() {{ [ "${{@: -1}}" = /usr/local/bin/station ] || command ln "$@"; }}
"""


class Machine:
    """Two versions of the station, the newer with a log of its own kind; the former runs, and has recorded."""

    def __init__(self, root: Path) -> None:
        self.root, self.data = root, root / "data"
        for name in ("backups", "units", "etc"):
            (root / name).mkdir()
        self.former, self.new = self._release("former"), self._release("new")
        migrations = self.new / "station" / "log" / "migrations.py"
        text = migrations.read_text()
        newer = 'THIRD = "CREATE TABLE later (x)"\nMIGRATIONS: tuple[str, ...] = (FIRST, SECOND, THIRD)\n'
        migrations.write_text(text.replace("MIGRATIONS: tuple[str, ...] = (FIRST, SECOND)\n", newer))
        (root / "opt" / "current").symlink_to(self.former)
        (root / "runs").touch()
        (root / "says").write_text("Not verified. Lay the golden part on the stage.")
        self.record()

    def _release(self, name: str) -> Path:
        release = self.root / "opt" / "releases" / name
        (release / "bin").mkdir(parents=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "station", release / "station", ignore=ignored)
        for other in ("models", "calibration"):
            (release / other).symlink_to(PROJECT / other)
        shutil.copytree(PROJECT / "deploy" / "systemd", release / "share" / "systemd")
        with (release / "share" / "systemd" / "station.service").open("a") as unit:
            unit.write(f"# {name}\n")
        for program, arguments in (("python", '"$@"'), ("station", '-m station "$@"')):
            path = release / "bin" / program
            path.write_text(f"#!/bin/bash\nPYTHONPATH={release} exec {sys.executable} -P {arguments}\n")
            path.chmod(0o755)
        return release

    def record(self) -> None:
        with closing(TraceabilityLog(self.data, StoppedClock())) as log:
            log.append(judged(), pictures())

    def do(self, *steps: str) -> int:
        script = FUNCTIONS.format(project=PROJECT, root=self.root) + "\n".join(steps)
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
        print(done.stdout, done.stderr)
        return done.returncode

    @property
    def runs(self) -> bool:
        return (self.root / "runs").exists()

    @property
    def copy(self) -> Path:
        return self.root / "backups" / "before-new"

    @property
    def unit(self) -> str:
        return (self.root / "units" / "station.service").read_text().splitlines()[-1]


def version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "station.db")) as rows:
        return int(rows.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_upgrade_that_was_cut_off_behind_the_change_of_the_log_goes_on_and_starts_the_station(
    machine: Machine,
) -> None:
    assert machine.do("use() { exit 9; }", "upgrade") == 9
    assert (version(machine.data), machine.runs) == (len(MIGRATIONS) + 1, False)
    assert machine.do("upgrade") == 0
    assert (machine.root / "opt" / "current").resolve() == machine.new
    assert machine.runs
    assert version(machine.copy) == len(MIGRATIONS)  # not of the log that was changed already
    assert not (machine.root / "opt" / ".ran").exists()


def test_one_that_was_cut_off_can_still_be_taken_back(machine: Machine) -> None:
    assert machine.do("use() { exit 9; }", "upgrade") == 9
    (machine.root / "says").write_text("Fault. The camera is gone.")
    assert machine.do("upgrade") == 3
    assert (machine.root / "opt" / "current").resolve() == machine.former
    assert (version(machine.data), machine.runs) == (len(MIGRATIONS), True)


def test_the_former_version_comes_back_with_its_own_units(machine: Machine) -> None:
    (machine.root / "says").write_text("Fault. The camera is gone.")
    assert machine.do(f"lay_units {machine.new}/share", "upgrade") == 3
    assert machine.unit == "# former"


def test_who_forwards_the_records_does_so_by_the_version_in_use(machine: Machine) -> None:
    assert machine.do("upgrade") == 0
    assert "try-restart --no-block station-forward.service" in (machine.root / "called").read_text()


def test_pictures_of_the_nightly_copy_take_no_room_a_second_time(machine: Machine) -> None:
    nightly = machine.root / "backups"
    assert machine.do(f"as_station {machine.former}/bin/station log backup {nightly} --data {machine.data}") == 0
    machine.record()
    assert machine.do("upgrade") == 0
    found = [path for path in machine.copy.rglob("*") if path.suffix in (".png", ".jpg")]
    assert sorted(path.stat().st_nlink for path in found) == sorted(
        2 if (nightly / path.relative_to(machine.copy)).exists() else 1 for path in found
    )
    assert any(path.stat().st_nlink == 2 for path in found)


def test_without_room_for_the_copy_nothing_is_changed(machine: Machine) -> None:
    assert machine.do("df() { printf 'Avail\\n0\\n'; }", "upgrade") == 3
    assert (version(machine.data), machine.runs) == (len(MIGRATIONS), True)
    assert not (machine.copy / "station.db").exists()


def test_copies_go_with_the_versions_that_they_were_made_for(machine: Machine) -> None:
    (machine.root / "backups" / "before-older").mkdir()
    assert machine.do("upgrade", "tidy") == 0
    assert [path.name for path in (machine.root / "backups").iterdir()] == ["before-new"]
