"""In the guest: the whole station by its own commands, on a V4L2 device that shows pictures of the simulated bench.

v4l2loopback hands on the JPEGs that are written into it, so they take the way of any camera's. To the station they are
real: neither its records nor its screen can know better here.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.hil.on_lines import LABEL, UART, read_back, wait_until
from tests.hil.report import Report, require
from tests.hil.stage import EXPECTED, SCENES, WIZARD

DEVICE = Path("/dev/video9")
DATA, CONFIG = Path("/run/station"), Path("/run/station.toml")
COMMAND = [sys.executable, "-m", "station"]
LONG = 120.0  # seconds; the guest is emulated
# struct v4l2_format (linux/videodev2.h): output, 1280 × 720, MJPG, no fields, room for one picture
VIDIOC_S_FMT = 0xC0D05605
FORMAT = struct.pack("I4x4I4xI176x", 2, 1280, 720, int.from_bytes(b"MJPG", "little"), 1, 1280 * 720)
HANDS = (  # what is asked for, and the scene that shows it done
    ("cap on", "capped"),
    ("cap off", "white"),
    ("Lay the white", "white"),
    ("Lay the board", "board"),
    ("Lay one part", "calibration"),
    ("golden part", "golden"),
    ("challenge part", "challenge"),
    ("", "empty"),
)

STATION = f"""
name = "hil"
data = "{DATA}"
bundle = "/hil/project/models/released/bench"
order = {{ part_number = "{EXPECTED}", work_order = "hil" }}
web = {{ serve = false }}  # the guest has nothing to serve it with, and to try again and again slows it down
camera = {{ kind = "usb", device = "{DEVICE}", width = 1280, height = 720, fps = 24 }}
[[line]]
kind = "serial"
port = "{UART}"
ack_limit = 2
[[line]]
kind = "gpio"
chip = "{LABEL}"
"""


def show(report: Report, pictures: Path) -> None:
    """Calibrate, run, verify, judge, unplug, stop."""
    CONFIG.write_text(STATION)
    stage = Stage(pictures)
    stage.start()
    with report.showing("station: calibrated by its own command, the whole wizard") as figures:
        figures["said"] = calibrate(stage)
    with report.showing("station: calibrated in short, which is quick enough for what follows on an emulated machine"):
        calibrate(stage, "--quick")
    stage.show("empty")
    run = Run()
    with report.showing("station: started, ready"):
        run.wait_for(state="ready")
    for what, scene, verdict, reasons in (
        ("golden part, still not verified", "golden", "REJECT", ("not_verified",)),
        ("challenge part", "challenge", "REJECT", ("wrong_part", "unknown_part")),
        ("wrong part", "wrong", "REJECT", ("wrong_part", "unknown_part")),
        ("right part", "right", "PASS", ("",)),
    ):
        with report.showing(f"station: {what} → {verdict} at the pins") as figures:
            stage.show("empty")  # until the station has seen it, and is armed
            stage.show(scene)
            record = run.wait_for(verdict=verdict)
            figures.update(reason=record["reason"], score=record["score"], sequence=record["sequence"])
            require(record["reason"] in reasons, str(record))
            wait_for_pins(verdict)
    with report.showing("station: camera lost under a standing PASS → FAULT, and ready when it is back") as figures:
        require(read_back() == "PASS", f"the pins say {read_back()}")
        figures["told"] = stall(stage, run)
    with report.showing("station: stopped, all pins low, every verdict in its log") as figures:
        figures.update(stop(run))


def wait_for_pins(*words: str) -> None:
    """Until the PLC would read one of these."""
    try:
        wait_until(lambda: read_back() in words, "")
    except AssertionError:
        raise AssertionError(f"the pins say {read_back()!r}, and not one of {words}") from None


def calibrate(stage: Stage, *options: str) -> list[str]:
    """As a technician does at the terminal, lamp and lens right from the start; what came of each step."""
    light = "" if options else WIZARD
    stage.show(f"{light}empty")
    command = [*COMMAND, "calibrate", *options, "--config", str(CONFIG), "--by", "hil"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    said, read = "", 0
    while "is active" not in said:
        piece = os.read(process.stdout.fileno(), 1000)
        require(bool(piece), said)
        said += piece.decode(errors="replace")
        if prompt := re.search("Enter: it is done|Your name", said[read:]):
            asked = " ".join(said[read : read + prompt.start()].rpartition("  > ")[2].split())
            require("  ! " not in said[read:], said)
            read += prompt.end()
            stage.show(light + next(scene for words, scene in HANDS if words in asked))
            process.stdin.write(b"hil\n" if "name" in prompt[0] else b"\n")
            process.stdin.flush()
    require(process.wait(LONG) == 0, said)
    return [line.strip() for line in said.splitlines() if line.startswith("  = ")]


def stall(stage: Stage, run: Run) -> str:
    """The verdict must not outlive the picture."""
    stage.feeding.clear()
    told = run.wait_for(state="error")["message"]
    wait_for_pins("REJECT FAULT")
    stage.scene = "empty"
    stage.feeding.set()
    run.wait_for(state="ready")
    wait_for_pins("", "REJECT")
    return str(told)


def stop(run: Run) -> dict[str, Any]:
    """Ended as systemd would; the log is asked by its own command."""
    run.process.send_signal(signal.SIGTERM)
    require(run.process.wait(LONG) == 0, f"exit status {run.process.returncode}")
    require(read_back() == "", f"the pins say {read_back()}")
    found = subprocess.run(
        [*COMMAND, "log", "search", "--data", str(DATA), "--json"], check=True, capture_output=True, text=True
    )
    kept = {record["sequence"]: record["verdict"] for record in map(json.loads, found.stdout.splitlines())}
    told = {line["sequence"]: line["verdict"] for line in run.lines if "verdict" in line}
    require(kept == told, f"kept {kept}, told {told}")
    return {"records": len(kept)}


class Run:
    """`station run --json`, and what it has printed."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--config", str(CONFIG), "--json"], stdout=subprocess.PIPE, text=True
        )
        self.lines: list[dict[str, Any]] = []
        self._read = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def wait_for(self, **wanted: str) -> dict[str, Any]:
        """The next printed line that has these values; those before it are read, too."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            require(self.process.poll() is None, "the station has ended")
            while self._read < len(self.lines) and not found:
                line = self.lines[self._read]
                self._read += 1
                found.extend([line] if wanted.items() <= line.items() else [])
            return bool(found)

        wait_until(there, f"no {wanted} in {self.lines}", LONG)
        return found[0]


class Stage(threading.Thread):
    """Feeds the loopback device with JPEGs of a scene, no two of them alike, while `feeding`."""

    def __init__(self, pictures: Path) -> None:
        super().__init__(daemon=True)
        self.scene = "empty"
        self.count = 0
        self.feeding = threading.Event()
        self.feeding.set()
        self._jpegs = {scene: [path.read_bytes() for path in sorted(pictures.glob(f"{scene}-*"))] for scene in SCENES}

    def show(self, scene: str) -> None:
        """Show a scene from now on; returns when it has been there for a while."""
        self.scene, until = scene, self.count + 30
        wait_until(lambda: self.count > until, "the device takes in nothing", LONG)

    def run(self) -> None:
        with DEVICE.open("r+b", buffering=0) as device:
            fcntl.ioctl(device, VIDIOC_S_FMT, FORMAT)
            while self.feeding.wait():
                device.write(self._next())
                time.sleep(0.1)

    def _next(self) -> bytes:
        """A JPEG with its count in a comment: no two frames of a sensor are the same."""
        self.count += 1
        jpegs = self._jpegs[self.scene]
        jpeg = jpegs[self.count % len(jpegs)]
        return jpeg[:2] + b"\xff\xfe\x00\x06" + struct.pack(">I", self.count) + jpeg[2:]
