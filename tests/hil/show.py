"""What only real device interfaces can show. For whoever has the machine of README.md:

    HIL_TOOLS=/where/its/tools/are python -m tests.hil.show [--cuts 15] [--only devices|station|power]

Boots the virtual machine with this project in its shared folder, shows each thing, prints a table, and exits with 1
if anything failed. Nothing here is collected by pytest.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from station.signals.message import Message, decode
from tests.hil import stage
from tests.hil.report import UNHEARD, Report, require

PROJECT = Path(__file__).parents[2]
PURE = ("attr", "attrs", "cattrs", "click")  # what the guest lacks; pure Python, so the host's own will do
MINUTES = 60.0

START = """set -e
. /hil/devices.sh
[ "$1" != station ] || insmod /hil/v4l2loopback.ko video_nr=9
stty -F /dev/ttyS1 115200 raw -echo
cd /run
export PYTHONPATH=/hil/project:/hil/packages PYTHONDONTWRITEBYTECODE=1
exec python3 -u -m tests.hil.guest "$@"
"""


def main() -> int:
    """Show it all; the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tools", type=Path, default=os.environ.get("HIL_TOOLS"), help="where hil.py is (HIL_TOOLS)")
    options.add_argument(
        "--loopback", type=Path, default=os.environ.get("HIL_LOOPBACK"), help="v4l2loopback.ko (HIL_LOOPBACK)"
    )
    options.add_argument("--cuts", type=int, default=15, help="power cuts")
    options.add_argument("--seed", type=int, default=1, help="of the moments at which the power goes")
    options.add_argument("--only", choices=["devices", "station", "power"], help="leave the others out")
    chosen = options.parse_args()
    if chosen.tools is None:
        options.error("name the folder of hil.py by --tools or HIL_TOOLS; tests/hil/README.md says what it is")
    sys.path.insert(0, str(chosen.tools))
    with tempfile.TemporaryDirectory(prefix="station-hil-") as folder:
        share = prepare(Path(folder) / "share", chosen.tools)
        report = Report(share / "report.jsonl")
        if chosen.only in (None, "devices"):
            show_devices(share, report)
        if chosen.loopback is not None and chosen.only in (None, "station"):
            shutil.copy(chosen.loopback, share)
            show_station(share, report, chosen.seed)
        if chosen.only in (None, "power"):
            show_power_cuts(share, Path(folder), report, chosen.cuts, random.Random(chosen.seed))
        if chosen.loopback is None:
            print("LEFT OUT  the whole station: it needs a v4l2loopback.ko, see tests/hil/README.md")
        return tell(report)


def prepare(share: Path, tools: Path) -> Path:
    """The folder that the guest sees: the project, the packages it lacks, and the script it starts."""
    for room in ("station", "calibration", "models", "tests"):
        shutil.copytree(PROJECT / room, share / "project" / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in PURE:
        origin = importlib.import_module(name).__file__
        shutil.copytree(Path(str(origin)).parent, share / "packages" / name)
    shutil.copy(tools / "share" / "devices.sh", share)
    (share / "start.sh").write_text(START)
    return share


def show_devices(share: Path, report: Report) -> None:
    """Camera and lines: the guest shows them one after the other."""
    with report.showing("serial: what the host heard at the other end of the UART") as figures:
        figures.update(run_to_end(share, "devices"))
        require(figures["damaged"] == 0 and figures["PASS"] > 0 and figures["REJECT"] > 0, "lines are missing")


def show_station(share: Path, report: Report, seed: int) -> None:
    """The whole station, calibrated, verified and judging pictures of the bench."""
    with report.showing("station: what the host heard at the other end of the UART") as figures:
        stage.draw(share / "stage", seed)
        figures.update(run_to_end(share, "station"))
        require(figures["damaged"] == 0 and figures["PASS"] == 1 and figures["REJECT"] == 3, "not what was judged")


def run_to_end(share: Path, what: str) -> dict[str, int]:
    """Boot, let the guest show it, and return the words heard on the UART."""
    with importlib.import_module("hil").VM("start.sh", (what,), share=share) as machine:
        controller = Controller(machine.connect("ttyS1"))
        status = machine.wait(20 * MINUTES)
        require(status == 0, machine.log.read_text(errors="replace")[-3000:])
    return controller.heard()


def show_power_cuts(share: Path, folder: Path, report: Report, cuts: int, moments: random.Random) -> None:
    """Cut the power while the log is written, and hold what is found against what was acknowledged."""
    with report.showing(f"power: {cuts} cuts, no acknowledged record or picture lost") as figures:
        cut_power(share, folder / "log", cuts, moments, "with-fsync", figures)
        require(figures["acknowledged"] > 10 * cuts, "too little was written between the cuts to show anything")
        require(not figures["lost"] and not figures["broken"], "acknowledged records or pictures were lost")
    with report.showing("power: the same without the fsync of pictures does harm, so the cuts are real") as figures:
        cut_power(share, folder / "careless", 3, moments, "without-fsync", figures)
        require(figures["broken"] > 0, "nothing was broken, so the cuts show nothing")


def cut_power(share: Path, folder: Path, cuts: int, moments: random.Random, how: str, figures: dict[str, Any]) -> None:
    """Write, cut, check, and again, on a drive that forgets or tears what was not flushed."""
    folder.mkdir()
    image, server = folder / "disk.img", folder / "disk.nbd"
    with image.open("wb") as empty:
        empty.truncate(512 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", image], check=True)
    disk = importlib.import_module("nbd_volatile").Disk(str(image), str(server), 0.0, moments)
    figures.update(cuts=0, acknowledged=0, lost=0, broken=0, sectors_lost=0)
    heard: dict[int, str] = {}
    for cut in range(cuts + 1):
        seconds = moments.uniform(2, 9) if cut < cuts else 0
        new = run_until_cut(share, server, (cut, how), seconds)
        had, kept = disk.powercut(("drop", "torn")[cut % 2], moments)
        check(json.loads((share / f"{how}-{cut}.json").read_text()), heard, figures)
        heard |= new
        figures.update(cuts=cut, acknowledged=len(heard), sectors_lost=figures["sectors_lost"] + had - kept)


def check(left: dict[str, Any], acknowledged: dict[int, str], figures: dict[str, Any]) -> None:
    """Hold what a cut left against what had been acknowledged before it."""
    require(left["integrity"] == "ok", left["integrity"])
    rows = {int(sequence): sha256 for sequence, sha256 in left["rows"].items()}
    figures["lost"] = sum(rows.get(sequence) != sha256 for sequence, sha256 in acknowledged.items())
    figures["broken"] = len(set(left["broken"]) & acknowledged.keys())


def run_until_cut(share: Path, disk: Path, arguments: tuple[int, str], seconds: float) -> dict[int, str]:
    """Boot, let the guest check and write for so long, kill it; returns the records heard on the UART."""
    hil = importlib.import_module("hil")
    drive = ["-drive", f"driver=nbd,server.type=unix,server.path={disk},if=virtio,cache=none"]
    with hil.VM("start.sh", ("power", *arguments), name="power", share=share, extra=drive, mem=1024) as machine:
        line = Line(machine.connect("ttyS1"))
        require(line.ready.wait(5 * MINUTES), machine.log.read_text(errors="replace")[-3000:])
        time.sleep(seconds)
        require(machine.p.poll() is None, machine.log.read_text(errors="replace")[-3000:])
        machine.kill()
    return line.heard()


class Controller:
    """The other end of the UART: a PLC that asks once, and acknowledges what it hears but for one record."""

    def __init__(self, uart: socket.socket) -> None:
        self._words: Counter[str] = Counter({"damaged": 0})
        self._thread = threading.Thread(target=self._serve, args=(uart,), daemon=True)
        self._thread.start()

    def _serve(self, uart: socket.socket) -> None:
        for line in uart.makefile("rb"):
            message = decode(line)
            self._words[message.word if message else "damaged"] += 1
            if message and message.word == "READY":
                uart.sendall(Message("TRIGGER", 1).encode())
            if message and message.word in ("PASS", "REJECT") and message.number != UNHEARD:
                uart.sendall(Message("ACK", message.number).encode())

    def heard(self) -> dict[str, int]:
        """How often each word was heard, once the guest has gone."""
        self._thread.join()
        return dict(self._words)


class Line:
    """The other end of the UART during power cuts."""

    def __init__(self, uart: socket.socket) -> None:
        self.ready = threading.Event()
        self._bytes = b""
        self._thread = threading.Thread(target=self._listen, args=(uart,), daemon=True)
        self._thread.start()

    def _listen(self, uart: socket.socket) -> None:
        while received := uart.recv(4096):
            self._bytes += received
            if b"READY\n" in self._bytes:
                self.ready.set()

    def heard(self) -> dict[int, str]:
        """Sequence and hash of every whole line after READY."""
        self._thread.join()
        *whole, _cut_off = self._bytes.decode().partition("READY\n")[2].split("\n")
        return {int(sequence): sha256 for sequence, sha256 in (line.split() for line in whole)}


def tell(report: Report) -> int:
    """Print the table; 1 if anything failed."""
    shown = report.read()
    for one in shown:
        figures = "; ".join(f"{name} {value}" for name, value in one["figures"].items())
        print(f"{'FAILED' if one['trouble'] else 'ok':6}  {one['what']}: {figures}  {one['trouble']}")
    return 1 if not shown or any(one["trouble"] for one in shown) else 0


if __name__ == "__main__":
    sys.exit(main())
