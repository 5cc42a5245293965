"""In a booted root: what the units do when the station hangs, is killed, is stopped. Run by in_a_booted_root.sh.

It is the controller at the far end of the line too, over a pty. It imports nothing of the tests: they are not there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from station.signals.message import Incoming, Message

LINE = Path("/dev/station/line")
SILENCE = 3.0  # seconds, after which a controller takes the station for dead
PATIENCE = 120.0
TIGHT = 2.0
TIMERS = ("station-backup", "station-verify", "station-retention")

failed: list[str] = []


class Controller:
    """Acknowledges every verdict, and keeps what it heard and when."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, Message]] = []
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        name = os.ttyname(self._slave)
        Path(name).chmod(0o660)
        subprocess.run(["chgrp", "dialout", name], check=True)
        LINE.parent.mkdir(exist_ok=True)
        LINE.unlink(missing_ok=True)
        LINE.symlink_to(name)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def passes(self) -> bool:
        """Whether PASS stands: the last word but READY, and the station is heard."""
        words = [message.word for _, message in self.heard if message.word != "READY"]
        return words[-1:] == ["PASS"] and time.monotonic() - self.heard[-1][0] < SILENCE

    def since(self, moment: float) -> list[str]:
        return [message.word for at, message in self.heard if at > moment]

    def _listen(self) -> None:
        incoming = Incoming()
        while piece := os.read(self._master, 4096):
            for message in incoming.take(piece):
                self.heard.append((time.monotonic(), message))
                if message.word in ("PASS", "REJECT"):
                    os.write(self._master, Message("ACK", message.number).encode())


class Watch:
    """Every word that the station says of itself by sd_notify, and when."""

    def __init__(self) -> None:
        self.said: list[tuple[float, str]] = []
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            said = f"{shown('ActiveState')}: {shown('StatusText')}"
            if not self.said or self.said[-1][1] != said:
                self.said.append((time.monotonic(), said))
            time.sleep(0.1)

    def since(self, moment: float) -> list[str]:
        return [said for at, said in self.said if at > moment]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def shown(name: str, unit: str = "station.service") -> str:
    return run("systemctl", "show", f"--property={name}", "--value", unit).stdout.strip()


def until(holds: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Wait for a condition; returns the seconds that it took."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > within:
            said = run("journalctl", "-u", "station", "-n", "30", "--no-pager").stdout
            sys.exit(f"FAILED: {what} did not come within {within:.0f} s\n{said}")
        time.sleep(0.02)
    return time.monotonic() - begun


def told(what: str, well: bool, figures: str) -> None:
    print(f"{'ok    ' if well else 'FAILED'}  {what}: {figures}", flush=True)
    if not well:
        failed.append(what)


def main() -> None:
    version = run("systemctl", "--version").stdout.split("\n")[0]
    print(f"{version}; kernel {os.uname().release}; in a {run('systemd-detect-virt').stdout.strip()}", flush=True)
    line, watch = Controller(), Watch()
    seconds = until(lambda: line.passes, "the first PASS")
    told(
        "the machine starts, the station comes to ready, a part passes",
        shown("ActiveState") == "active",
        f"{seconds:.1f} s; {shown('Type')}, {watch.said[-1][1]}",
    )
    share = [shown(name) for name in ("Slice", "CPUWeight", "ControlGroup")]
    told(
        "it has the processors before everybody who works at the machine",
        share[:2] == ["-.slice", "10000"] and ".slice/" not in share[2],
        ", ".join(share),
    )
    for name, number, allowed in (("hung (SIGSTOP)", signal.SIGSTOP, 20.0), ("killed (SIGKILL)", signal.SIGKILL, 8.0)):
        ends(line, watch, name, number, allowed)
    backs_off()
    until(lambda: line.passes, "a PASS after the last restart")
    stops(line)
    for unit in TIMERS:
        done = run("systemctl", "start", f"{unit}.service")
        told(
            f"{unit}.service does its work",
            not done.returncode,
            shown("Result", f"{unit}.service") + done.stderr.strip(),
        )
    listed = run("systemctl", "list-timers", "--no-pager", "station-*").stdout
    told(
        "timers are waiting",
        all(f"{unit}.timer" in listed for unit in TIMERS),
        ", ".join(re.findall(r"station-\w+\.timer", listed)),
    )
    units = sorted(str(each) for each in Path("/etc/systemd/system").glob("station*.*") if each.is_file())
    has_kiosk = shutil.which("cage")  # its own program, which is asked for with --kiosk only
    if not has_kiosk:
        units = [unit for unit in units if "kiosk" not in unit]
    verified = run("systemd-analyze", "verify", "--recursive-errors=no", *units)
    told("systemd-analyze verify", not verified.returncode, f"{len(units)} units {verified.stderr.strip()}")
    for unit in ("station", *TIMERS, *(["station-kiosk"] if has_kiosk else [])):
        said = run("systemd-analyze", "security", "--no-pager", f"{unit}.service").stdout.strip().splitlines()[-1]
        figure = float(re.findall(r"[0-9.]+", said.partition(":")[2])[0])
        told(f"systemd-analyze security {unit}", figure <= TIGHT, f"{figure}")
    print("all is well" if not failed else f"FAILED: {', '.join(failed)}", flush=True)


def ends(line: Controller, watch: Watch, name: str, number: int, allowed: float) -> None:
    """The process comes to harm while a PASS stands."""
    until(lambda: line.passes, f"a PASS before it is {name}")
    before, restarts, moment = shown("MainPID"), int(shown("NRestarts")), time.monotonic()
    os.kill(int(before), number)
    rejects = until(lambda: not line.passes, "no PASS")
    until(lambda: int(shown("NRestarts")) > restarts and shown("MainPID") not in ("0", before), "a restart")
    again = time.monotonic() - moment
    until(lambda: any(word in ("PASS", "REJECT") for word in line.since(moment + rejects)), "a verdict after it")
    words = line.since(moment + rejects)
    first = watch.since(moment + again - 0.2)
    is_anew = any("Not verified" in each or "Starting" in each for each in first)
    told(
        f"{name}: no PASS, a new process, Not verified",
        rejects <= SILENCE + 0.5 and again < allowed and is_anew,
        f"no PASS after {rejects:.1f} s, anew after {again:.1f} s, said {first[:4]}, the line heard {words[:6]}",
    )


def backs_off() -> None:
    """Killed again and again: it comes back each time, and each time later, where systemd can do that."""
    waits = []
    for _ in range(3):
        before, moment = shown("MainPID"), time.monotonic()
        os.kill(int(before), signal.SIGKILL)
        until(lambda before=before: shown("MainPID") not in ("0", before), "a restart")  # type: ignore[misc] # bound
        waits.append(time.monotonic() - moment)
    grows = shown("RestartSteps") not in ("", "0")
    told(
        "killed thrice more: it comes back",
        all(wait < 70 for wait in waits) and (not grows or waits[-1] > waits[0]),
        f"after {', '.join(f'{wait:.1f}' for wait in waits)} s; {'with' if grows else 'without'} back-off",
    )


def stops(line: Controller) -> None:
    moment = time.monotonic()
    done = run("systemctl", "stop", "station.service")
    told(
        "stopped: the line is not at PASS",
        not done.returncode and not line.passes,
        f"{time.monotonic() - moment:.1f} s, the line heard {line.since(moment)[-2:]}; {shown('Result')}",
    )


main()
