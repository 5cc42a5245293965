"""What is wrong with the computer is found before it costs a record, and told with what mends it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from station import machine
from station.errors import DeviceError
from station.masters import Master
from station.types import Verdict

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOUNTS = """\
/dev/mmcblk0p2 / ext4 rw,noatime 0 0
tmpfs /run tmpfs rw,nosuid 0 0
/dev/sda1 /data ext4 rw,noatime 0 0
/dev/sdb1 /data/stick vfat rw 0 0
/dev/sdc1 /with\\040space ext4 ro 0 0
/dev/sdd1 /hasty ext4 rw,nobarrier 0 0
server:/x /away nfs4 rw 0 0
"""


@pytest.mark.parametrize("folder", ["/var/lib/station", "/data/station"])
def test_a_journal_on_a_local_disk_is_well(folder: str) -> None:
    assert machine.look_at_mount(Path(folder), MOUNTS).startswith("ext4 on ")


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/away/station", "another machine"),
        ("/data/stick", "vfat"),
        ("/run/station", "in memory"),
        ("/with space/station", "mount -o remount,rw /with space"),
        ("/hasty/station", "nobarrier"),
    ],
)
def test_a_file_system_that_does_not_keep_what_it_was_given_is_named(folder: str, said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        machine.look_at_mount(Path(folder), MOUNTS)


def test_a_real_tmpfs_is_seen_as_what_it_is(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("mounting needs root: sudo bash deploy/test.sh tests/station/test_machine.py")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], check=True)
    try:
        with pytest.raises(DeviceError, match="in memory"):
            machine.look_at_mount(tmp_path, Path("/proc/self/mounts").read_text())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_pictures_of_the_last_day_alone_tell_the_rate(tmp_path: Path) -> None:
    for days, size in ((0, 100), (1, 10), (2, 1)):
        day = tmp_path / f"{NOW - timedelta(days=days):%Y/%m/%d}"
        day.mkdir(parents=True)
        (day / "a.png").write_bytes(bytes(size))
        at = (NOW - timedelta(hours=20 * days)).timestamp()
        os.utime(day / "a.png", (at, at))
    assert machine.of_the_last_day(tmp_path, NOW) == 110


def test_a_disk_that_is_full_in_days_is_told_in_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = tmp_path / "pictures" / f"{NOW:%Y/%m/%d}"
    day.mkdir(parents=True)
    (day / "a.png").write_bytes(bytes(1000))
    os.utime(day / "a.png", (NOW.timestamp(), NOW.timestamp()))
    os.truncate(day / "a.png", 1_000_000_000)
    for free, well in ((13_000_000_000, False), (15_000_000_000, True)):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: Room(free))
        if well:
            assert "15 days" in machine.look_at_room(tmp_path, NOW)
        else:
            with pytest.raises(DeviceError, match=r"13 days .*station log retention"):
                machine.look_at_room(tmp_path, NOW)


def test_a_disk_that_is_nearly_full_is_told_though_nothing_tells_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Room(500_000_000))
    with pytest.raises(DeviceError, match="no picture since yesterday: set"):
        machine.look_at_room(tmp_path, NOW)


class Room:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_backup_is_asked_for_and_its_age_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="systemctl start station-backup"):
        machine.look_at_backup(tmp_path, NOW)
    copy = tmp_path / "station.db"
    copy.touch()
    for hours, well in ((20, True), (72, False)):
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(copy, (at, at))
        if well:
            assert "20 hours" in machine.look_at_backup(tmp_path, NOW)
        else:
            with pytest.raises(DeviceError, match="3 days old"):
                machine.look_at_backup(tmp_path, NOW)


@pytest.mark.parametrize(
    ("bits", "said"),
    [(0x1, "too low now"), (0x4, "throttled now"), (0x50000, "the voltage was too low, it was throttled")],
)
def test_a_raspberry_pi_that_starves_says_so(tmp_path: Path, bits: int, said: str) -> None:
    told = tmp_path / "devices/platform/soc/soc:firmware/get_throttled"
    told.parent.mkdir(parents=True)
    told.write_text(f"{bits:x}\n")
    with pytest.raises(DeviceError, match=said):
        machine.look_at_power(tmp_path)
    told.write_text("0\n")
    assert "well" in machine.look_at_power(tmp_path)


def test_of_another_computer_nothing_is_claimed(tmp_path: Path) -> None:
    assert "nothing is known" in machine.look_at_power(tmp_path)


def test_a_clock_that_forgets_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="install systemd-timesyncd && sudo timedatectl set-ntp true"):
        machine.look_at_rtc(tmp_path, is_synchronised=False)
    assert machine.look_at_rtc(tmp_path, is_synchronised=True)
    clock = tmp_path / "class/rtc/rtc0/since_epoch"
    clock.parent.mkdir(parents=True)
    clock.write_text("86400\n")
    with pytest.raises(DeviceError, match="battery"):
        machine.look_at_rtc(tmp_path, is_synchronised=True)
    clock.write_text("1800000000\n")
    assert "rtc0" in machine.look_at_rtc(tmp_path, is_synchronised=False)


def told_to_nobody(folder: Path, look: Callable[[], object]) -> str:
    """What is told to the user nobody, who may enter `folder`, and has nothing of his own."""
    if os.geteuid():
        pytest.skip("becoming somebody else needs root: sudo bash deploy/test.sh tests/station/test_machine.py")
    folder.chmod(0o755)
    left, right = socket.socketpair()
    if (child := os.fork()) == 0:
        said = "nothing"
        try:
            for above in folder.parents:  # of pytest's own, which are closed to others
                if above.name.startswith("pytest") or "pytest" in above.parent.name:
                    above.chmod(0o755)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            said = str(look())
        except BaseException as trouble:
            said = f"{type(trouble).__name__}: {trouble}"
        right.send(said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = left.recv(65536).decode()
    left.close()
    right.close()
    return told


def test_who_may_not_open_a_device_is_told_the_group(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch(0o600)
    told = told_to_nobody(tmp_path, lambda: machine.look_at_permissions(tmp_path / "none", [str(device)]))
    assert "usermod -aG root nobody" in told


@pytest.mark.parametrize("of_root", ["", "station.db", "pictures", "pictures/2026/11/30", "calibration/0001/empty.png"])
def test_what_somebody_else_has_left_in_the_data_folder_is_named(tmp_path: Path, of_root: str) -> None:
    """Whoever runs the station once as root leaves folders that it cannot write into any more."""
    data = tmp_path / "data"
    for folder in ("pictures/2026/11/30", "calibration/0001", "lost+found"):
        (data / folder).mkdir(parents=True)
    for file in ("station.db", "calibration/0001/empty.png"):
        (data / file).touch()
    for path in (data, *data.rglob("*")):
        os.chown(path, 65534, 65534)
        path.chmod(0o700 if path.is_dir() else 0o600)
    os.chown(data / "lost+found", 0, 0)
    look = partial(machine.look_at_permissions, data, [])
    assert told_to_nobody(tmp_path, look) == "nobody may write the log and open the devices"
    os.chown(data / of_root, 0, 0)
    assert told_to_nobody(tmp_path, look).endswith(
        f"nobody may not write {data / of_root}. Mend: sudo chown -R nobody: {data}"
    )


def test_a_key_that_others_can_read_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    key = tmp_path / "signing.key"
    key.touch(0o644)
    key.chmod(0o644)
    with pytest.raises(DeviceError, match="chmod -R o="):
        machine.look_at_secrets(tmp_path)
    key.chmod(0o600)
    assert machine.look_at_secrets(tmp_path)


def test_a_library_that_is_missing_is_named_with_its_mend() -> None:
    assert machine.look_at_libraries([("json", "")]) == "json"
    with pytest.raises(DeviceError, match=r"no_such_library is missing\. Mend: do this"):
        machine.look_at_libraries([("no_such_library", "do this")])
    with pytest.raises(DeviceError, match=r"one_more is missing\. Mend: do that .*another is missing\. Mend: and that"):
        machine.look_at_libraries([("one_more", "do that"), ("json", ""), ("another", "and that")])


@pytest.mark.parametrize(
    ("python", "is_raspberry", "needed"),
    [((3, 11), False, ""), ((3, 13), False, "swig gcc python3-dev"), ((3, 13), True, "python3-lgpio")],
    ids=["Debian 12", "Debian 13", "Raspberry Pi OS"],
)
def test_a_library_for_gpio_is_had_as_the_system_gives_it(
    tmp_path: Path, python: tuple[int, ...], is_raspberry: bool, needed: str
) -> None:
    issue = tmp_path / "rpi-issue"
    if is_raspberry:
        issue.touch()
    mend = machine.mend_of_gpio(issue, python)
    assert mend.endswith("sudo bash deploy/install.sh --extras pi")
    assert mend.partition(", then: ")[0].removeprefix("sudo apt install ") == (needed or mend)


def test_a_golden_part_that_is_overdue_is_named() -> None:
    parts = [Master("A", Verdict.PASS, "G-1", date(2026, 3, 3)), Master("B", Verdict.REJECT, "C-1", date(2026, 4, 1))]
    with pytest.raises(DeviceError, match="golden part G-1 was due on 2026-03-03"):
        machine.look_at_masters(parts, NOW.date())
    assert "28 days" in machine.look_at_masters(parts[1:], NOW.date())
    assert "no day" in machine.look_at_masters([Master("A", Verdict.PASS, "G-1")], NOW.date())
