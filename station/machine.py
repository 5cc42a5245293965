"""What can be seen of the computer that no picture shows: disks, power, clock, permissions. Pure but for reading.

Every look returns what is well, in words, or raises DeviceError with one sentence and the line that mends it. Folders
of the kernel (/proc, /sys) and times are handed in.
"""

from __future__ import annotations

import grp
import math
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from station.errors import DeviceError
from station.masters import Master

AWAY = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph")  # file systems of another machine
UNSAFE = ("vfat", "exfat", "ntfs", "ntfs3", "fuseblk")  # without a journal, or without Unix permissions
UNKEPT = ("tmpfs", "ramfs")
LYING = ("nobarrier", "barrier=0", "data=writeback")  # what was flushed may yet be lost
ENOUGH = 14.0  # days of room on the disk
LEAST = 1e9  # bytes, where nothing tells the rate
SYNCHRONISE = "sudo apt install systemd-timesyncd && sudo timedatectl set-ntp true"  # whose word is taken
OLD = timedelta(hours=50)  # of a nightly backup: two nights, and the hours of one
POWER = (  # bits of the Raspberry Pi's firmware: now, and since it was switched on
    (0, "the voltage is too low now"),
    (2, "it is throttled now"),
    (3, "it is too hot now"),
    (16, "the voltage was too low"),
    (18, "it was throttled"),
    (19, "it was too hot"),
)


class Mount(NamedTuple):
    """A mounted file system: where, of which kind, with which options."""

    point: Path
    kind: str
    options: tuple[str, ...]


def mount_of(folder: Path, mounts: str) -> Mount:
    """The file system that holds a folder; `mounts` is the text of /proc/self/mounts."""
    found = Mount(Path("/"), "unknown", ())
    for _, point, kind, options, *_ in (line.split() for line in mounts.splitlines()):
        path = Path(point.encode().decode("unicode_escape"))
        if folder.is_relative_to(path) and len(path.parts) >= len(found.point.parts):
            found = Mount(path, kind, tuple(options.split(",")))
    return found


def look_at_mount(folder: Path, mounts: str) -> str:
    """Whether the file system of the log keeps what it was given."""
    point, kind, options = mount_of(folder, mounts)
    if kind in AWAY:
        raise DeviceError(f"{folder} lies on another machine ({kind}): put the data folder on a local disk.")
    if kind in UNSAFE:
        raise DeviceError(
            f"{folder} lies on {kind}, which a power cut may tear. Mend: sudo mkfs.ext4 on its partition."
        )
    if kind in UNKEPT:
        raise DeviceError(f"{folder} lies in memory ({kind}) and goes with the power: put it on a disk.")
    if "ro" in options:
        raise DeviceError(f"{point} can only be read. Mend: sudo mount -o remount,rw {point}, and look at `dmesg`.")
    if lying := [each for each in options if each in LYING]:
        raise DeviceError(
            f"{point} is mounted with {', '.join(lying)}, and may lose what it kept: take it from /etc/fstab."
        )
    return f"{kind} on {point}"


def look_at_room(folder: Path, now: datetime) -> str:
    """How many days the disk still takes what was archived in the last 24 hours."""
    free, used = shutil.disk_usage(folder).free, of_the_last_day(folder / "pictures", now)
    days = free / used if used else math.inf
    told = f"{free / 1e9:.1f} GB free, " + (
        f"{days:.0f} days at the rate of the last 24 hours" if used else "and no picture since yesterday"
    )
    if days < ENOUGH or free < LEAST:
        raise DeviceError(f"{told}: set [keeping] in station.toml, or `station log retention`, or take a larger disk.")
    return told


def of_the_last_day(pictures: Path, now: datetime) -> int:
    """Bytes of the pictures that were archived in the last 24 hours; they lie in the folders of two days (UTC)."""
    used = 0
    for day in (now, now - timedelta(days=1)):
        folder = pictures / f"{day:%Y/%m/%d}"
        if folder.is_dir():
            found = [each.stat() for each in folder.iterdir()]
            used += sum(each.st_size for each in found if now.timestamp() - each.st_mtime < 24 * 3600)
    return used


def look_at_backup(folder: Path, now: datetime) -> str:
    """Whether the last backup is young enough. It was verified when it was made."""
    copy = folder / "station.db"
    mend = "sudo systemctl start station-backup; systemctl list-timers station-backup"
    try:
        age = now - datetime.fromtimestamp(copy.stat().st_mtime, now.tzinfo)
    except OSError:
        raise DeviceError(f"There is no backup in {folder}. Mend: {mend}.") from None
    if age > OLD:
        raise DeviceError(f"The backup in {folder} is {age.days} days old. Mend: {mend}.")
    return f"{age.total_seconds() / 3600:.0f} hours old, in {folder}"


def look_at_power(sys: Path = Path("/sys"), told: int | None = None) -> str:
    """Voltage and heat, as a Raspberry Pi's firmware knows them; nothing is known of other computers."""
    bits = throttled(sys) if told is None else told
    if bits is None:
        return "not a Raspberry Pi: nothing is known"
    if wrong := [words for bit, words in POWER if bits >> bit & 1]:
        raise DeviceError(
            f"Of this Raspberry Pi: {', '.join(wrong)}. Mend: its own power supply and a short cable, or a fan; "
            "`vcgencmd get_throttled` says 0x0 after the next start."
        )
    return "voltage and heat are well since it was switched on"


def throttled(sys: Path) -> int | None:
    """The bits of the firmware, from the kernel or from vcgencmd; None where neither is there."""
    try:
        return int((sys / "devices/platform/soc/soc:firmware/get_throttled").read_text(), 16)
    except (OSError, ValueError):
        pass
    if (command := shutil.which("vcgencmd")) is None:
        return None
    try:
        done = subprocess.run([command, "get_throttled"], capture_output=True, text=True, timeout=5, check=True)  # noqa: S603 - nothing of anybody's in it
        return int(done.stdout.split("=")[1], 16)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return None


def look_at_rtc(sys: Path, is_synchronised: bool) -> str:
    """Whether the time outlives a power cut without a network."""
    clocks = sorted((sys / "class/rtc").glob("rtc*"))
    if not clocks and not is_synchronised:
        raise DeviceError(
            "There is neither a clock with a battery nor one in the network: after a power cut every record says that "
            f"its time is not to be trusted. Mend: a clock module with a battery, or: {SYNCHRONISE}"
        )
    if clocks and (clocks[0] / "since_epoch").is_file():
        try:
            seconds = int((clocks[0] / "since_epoch").read_text())
        except (OSError, ValueError):
            seconds = 0
        if seconds < 1_700_000_000:
            raise DeviceError(
                f"The clock {clocks[0].name} forgot the time: change its battery, then: sudo hwclock --systohc"
            )
    return f"{clocks[0].name} keeps the time" if clocks else "none, but the network tells the time"


def look_at_permissions(data: Path, devices: Iterable[str]) -> str:
    """Whether this user may write the log and open the devices. Root may all, and is told so."""
    if os.geteuid() == 0:
        return "looked at as root, who may all; look again as: sudo -u station station doctor"
    for path in (path for path in map(Path, devices) if path.exists()):
        if not os.access(path, os.R_OK | os.W_OK):
            group = _group(path.stat().st_gid)
            raise DeviceError(
                f"{_user()} may not open {path}. Mend: sudo usermod -aG {group} {_user()}, and start anew."
            )
    if is_there(data) and (closed := next(_closed(data), None)):
        raise DeviceError(f"{_user()} may not write {closed}. Mend: sudo chown -R {_user()}: {data}")
    return f"{_user()} may write the log and open the devices"


def is_there(path: Path) -> bool:
    """Whether this user sees it; what lies in a folder that is closed to him he does not see, and that is no error."""
    return os.access(path, os.F_OK)


def _closed(data: Path) -> Iterator[Path]:
    """What of a data folder this user may not use as the station does: somebody else has run it there, root often."""
    for path in _used(data):
        is_database = ".db" in path.name  # with what SQLite writes beside it
        wanted = os.R_OK | os.W_OK | os.X_OK if path.is_dir() else os.R_OK | os.W_OK * is_database
        if not os.access(path, wanted):
            yield path


def _used(data: Path) -> Iterator[Path]:
    """A data folder and what lies in it, from the top; of the pictures, which may be millions, their folders alone."""
    yield data
    for each in sorted(data.iterdir()):
        if each.name == "lost+found":  # of a disk that is the data folder
            continue
        yield each
        for below in ("*", "*/*", "*/*/*") if each.name == "pictures" else ("**/*",):
            yield from each.glob(below)


def look_at_secrets(data: Path) -> str:
    """Whether others can read the station's private key or its accounts."""
    open_to_others = [each for each in (data, *data.glob("*.key")) if each.exists() and each.stat().st_mode & 0o007]
    if open_to_others:
        raise DeviceError(f"Everybody may look into {open_to_others[0]}. Mend: sudo chmod -R o= {data}")
    return "closed to others"


def mend_of_gpio(rpi_issue: Path = Path("/etc/rpi-issue"), python: tuple[int, ...] = sys.version_info[:2]) -> str:
    """The line that installs lgpio: ready made up to Python 3.12, and in Raspberry Pi OS, known by `rpi_issue`."""
    install = "sudo bash deploy/install.sh --extras pi"
    if python < (3, 13):
        return install
    needed = "python3-lgpio" if rpi_issue.exists() else "swig gcc python3-dev"
    return f"sudo apt install {needed}, then: {install}"


def look_at_libraries(wanted: Iterable[tuple[str, str]]) -> str:
    """Whether the libraries that the configuration needs are there; each with the line that installs it."""
    wanted = list(wanted)
    if missing := [f"The library {name} is missing. Mend: {mend}" for name, mend in wanted if find_spec(name) is None]:
        raise DeviceError(" ".join(missing))
    return ", ".join(name for name, _ in wanted) or "no others are needed"


def look_at_masters(parts: Iterable[Master], today: date) -> str:
    """Whether golden and challenge parts may still be used."""
    parts = list(parts)
    overdue = [part for part in parts if part.due and part.due < today]
    if overdue:
        told = ", ".join(f"{part} was due on {part.due}" for part in overdue)
        raise DeviceError(f"{told}: have it checked, then enter the new day as `due` in station.toml.")
    days = min(((part.due - today).days for part in parts if part.due), default=None)
    return f"the first is due in {days} days" if days is not None else "no day is set on which they are due"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
