"""In the guest: the line told by GPIO, read back at the pins, and by the UART, to the host at its other end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from station.errors import SignalError
from station.signals.gpio import GpioLine
from station.signals.serial import SerialLine
from station.types import Inspection, Order, Reason, SystemClock, TriggerSource, Verdict
from tests.hil.report import UNHEARD, Report, require

SIMULATED = Path("/sys/kernel/config/gpio-sim/hil")
LABEL = (SIMULATED / "bank0" / "label").read_text().strip()
# as the station is wired by default
PINS = {"PASS": 17, "REJECT": 27, "BUSY": 22, "READY": 23, "FAULT": 24}
TRIGGER, ACK = 5, 6
UART = "/dev/ttyS1"
PATIENCE = 20.0  # seconds; the guest is emulated, and no time is asserted here
CLOCK = SystemClock()


def show(report: Report) -> None:
    """Everything that is shown of the lines."""
    for what, shown in (
        ("gpio: PASS, REJECT, BUSY and FAULT read back at the pins", levels),
        ("gpio: READY pulses while the loop turns", heartbeat),
        ("gpio: TRIGGER and ACK come in", inputs),
        ("gpio: no ACK is a fault, and PASS is withdrawn", no_acknowledgement),
        ("gpio: a second program cannot have the pins", gpio_is_exclusive),
        ("gpio: PASS ends with a process that is killed", killed),
        ("gpio: the chip goes away and comes back under another number", chip_comes_back),
        ("serial: PASS and REJECT acknowledged, TRIGGER heard", serial_line),
        ("serial: no ACK is a fault", serial_unheard),
        ("serial: a second program cannot have the port", serial_is_exclusive),
    ):
        with report.showing(what) as figures:
            figures["seen"] = shown()


def levels() -> str:
    """Every word in turn, read where the PLC would read it."""
    seen = [("unpowered", read_back())]
    line = gpio()
    for name, word in (
        ("open", line.open),
        ("busy", line.busy),
        ("PASS", lambda: line.send(inspection(Verdict.PASS, 1))),
        ("clear", line.clear),
        ("REJECT", lambda: line.send(inspection(Verdict.REJECT, 2))),
        ("PASS again", lambda: line.send(inspection(Verdict.PASS, 3))),
        ("fault", lambda: line.fault("camera")),
        ("close", line.close),
    ):
        word()
        seen.append((name, read_back()))
    expected = ["", "REJECT", "BUSY", "PASS", "", "REJECT", "PASS", "REJECT FAULT", ""]
    require([levels for _, levels in seen] == expected, f"{seen}, and not {expected}")
    return ", ".join(f"{name}: {levels or 'all low'}" for name, levels in seen)


def heartbeat() -> str:
    """The beats that were counted at the pin."""
    line = gpio()
    line.open()
    changes, last = 0, level(PINS["READY"])
    for now in range(10):
        line.beat(float(now))
        changes, last = changes + (level(PINS["READY"]) != last), level(PINS["READY"])
    line.close()
    require(changes == 10, f"{changes} of 10 changes")
    return "10 changes in 10 half periods"


def inputs() -> str:
    """The line asks, and acknowledges."""
    line = gpio(trigger_pin=TRIGGER, ack_pin=ACK)
    line.open()
    require(line.triggered() is None, "asked before TRIGGER rose")
    pull(TRIGGER, up=True)
    wait_until(lambda: line.triggered() is TriggerSource.GPIO, "TRIGGER was not noticed")
    require(line.triggered() is None, "one rise counted twice")
    plc = threading.Thread(target=acknowledge)
    plc.start()
    line.send(inspection(Verdict.PASS, 4))
    plc.join()
    line.close()
    pull(TRIGGER, up=False)
    pull(ACK, up=False)
    return "TRIGGER once, ACK after PASS"


def acknowledge() -> None:
    """What the PLC does: raise ACK once it has seen PASS."""
    wait_until(lambda: level(PINS["PASS"]) == 1, "no PASS")
    pull(ACK, up=True)


def no_acknowledgement() -> str:
    """Nobody raises ACK."""
    line = gpio(ack_pin=ACK, ack_limit=0.2)
    line.open()
    told = refused(lambda: line.send(inspection(Verdict.PASS, 5)))
    seen = read_back()
    line.close()
    require(seen == "REJECT", seen)
    return told


def gpio_is_exclusive() -> str:
    """The kernel lends a pin once."""
    line = gpio()
    line.open()
    told = refused(gpio().open)
    line.close()
    return told


def killed() -> str:
    """A process holds PASS and is killed; the pin is let go of and falls by its pull-down."""
    program = "from tests.hil.on_lines import hold_pass; hold_pass()"
    process = subprocess.Popen([sys.executable, "-c", program])
    wait_until(lambda: level(PINS["PASS"]) == 1, "no PASS")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: read_back() == "", f"still {read_back()}")
    return "all low"


def hold_pass() -> None:
    """Assert PASS for ever."""
    line = gpio()
    line.open()
    line.send(inspection(Verdict.PASS, 6))
    signal.pause()


def chip_comes_back() -> str:
    """A chip on a USB cable may do that."""
    line = gpio()
    line.open()
    before = chip()
    (SIMULATED / "live").write_text("0")
    told = refused(lambda: line.send(inspection(Verdict.PASS, 7)))
    refused(line.open)
    (SIMULATED / "live").write_text("1")
    line.open()
    line.send(inspection(Verdict.PASS, 8))
    require(read_back() == "PASS", read_back())
    line.close()
    return f"{before} → {chip()}; {told}"


def serial_line() -> str:
    """The host acknowledges what it hears, and asks once for an inspection."""
    line = serial()
    line.open()
    line.beat(CLOCK.monotonic())
    wait_until(lambda: line.triggered() is TriggerSource.SERIAL, "TRIGGER was not heard")
    for number in range(100, 120):
        line.busy()
        line.send(inspection(Verdict.PASS if number % 2 else Verdict.REJECT, number))
    line.close()
    return "20 verdicts acknowledged"


def serial_unheard() -> str:
    """One record that the host does not answer."""
    line = serial(ack_limit=0.5)
    line.open()
    told = refused(lambda: line.send(inspection(Verdict.PASS, UNHEARD)))
    line.close()
    return told


def serial_is_exclusive() -> str:
    """The kernel lends a port once."""
    line = serial()
    line.open()
    told = refused(serial().open)
    line.close()
    return told


def gpio(trigger_pin: int | None = None, ack_pin: int | None = None, ack_limit: float = PATIENCE) -> GpioLine:
    """The line as the station is wired by default."""
    return GpioLine(trigger_pin=trigger_pin, ack_pin=ack_pin, ack_limit=ack_limit, chip=LABEL, clock=CLOCK)


def serial(ack_limit: float = PATIENCE) -> SerialLine:
    """The UART, whose other end is the host."""
    return SerialLine(UART, ack_limit=ack_limit, clock=CLOCK)


def chip() -> str:
    """The name of the chip just now."""
    return (SIMULATED / "bank0" / "chip_name").read_text().strip()


def pin(number: int) -> Path:
    """Where the kernel shows one pin from the outside."""
    return Path("/sys/devices/platform") / (SIMULATED / "dev_name").read_text().strip() / chip() / f"sim_gpio{number}"


def level(number: int) -> int:
    """0 or 1, as the PLC would measure it."""
    return int((pin(number) / "value").read_text())


def pull(number: int, up: bool) -> None:
    """What the PLC does to an input."""
    (pin(number) / "pull").write_text("pull-up" if up else "pull-down")


def read_back() -> str:
    """The words whose pins are high; READY is left out, it pulses."""
    return " ".join(word for word, number in PINS.items() if word != "READY" and level(number))


def refused(action: Callable[[], object]) -> str:
    """The sentence with which a SignalError refuses the action."""
    try:
        action()
    except SignalError as error:
        return str(error)
    raise AssertionError("nothing was refused")


def wait_until(holds: Callable[[], bool], otherwise: str, limit: float = PATIENCE) -> None:
    """Until it holds; a generous limit keeps a broken machine from waiting for ever."""
    until = CLOCK.monotonic() + limit
    while not holds():
        require(CLOCK.monotonic() < until, otherwise)
        time.sleep(0.01)


def inspection(verdict: Verdict, sequence: int) -> Inspection:
    """A recorded inspection, as the loop hands it to the line."""
    now = datetime.now(UTC)
    return Inspection(
        inspection_id=str(sequence),
        acquired_at=now,
        decided_at=now,
        station="hil",
        order=Order("A-1"),
        trigger=TriggerSource.PRESENCE,
        verdict=verdict,
        reason=Reason.NONE if verdict is Verdict.PASS else Reason.WRONG_PART,
        sequence=sequence,
    )
