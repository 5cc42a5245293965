"""Every message that the handbook tells what to do about is brought about, as really as it can be here."""

from __future__ import annotations

import errno
import os
import shutil
import tty
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station import assembly, service
from station.bundles import Bundles
from station.cameras.usb import UsbCamera
from station.errors import StationError
from station.log.store import TraceabilityLog
from station.log.trouble import told_plainly
from station.signals.gpio import GpioLine
from station.signals.serial import SerialLine
from station.types import SystemClock
from tests.deploy.test_document import SAID
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.releases import spoil
from tests.station.signals.chips import chips

CLOCK = SystemClock()
Act = Callable[[OnTheBench], object]


def refusal(act: Callable[[], object]) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(StationError) as caught:
        act()
    return str(caught.value)


def on_the_bench(act: Act, seconds: float = 4.0) -> Callable[[Path], str]:
    """What the running station tells while a part lies there and this has happened."""

    def happen(folder: Path) -> str:
        rig = OnTheBench(folder)
        begun, acted = rig.clock.monotonic(), False
        told: set[str] = set()

        def stop() -> bool:
            nonlocal acted
            told.add(rig.station.screen.view.message)
            if not acted and rig.clock.monotonic() - begun > 1:
                acted = True
                act(rig)
                rig.bench.place(EXPECTED)
            return rig.clock.monotonic() - begun > seconds

        service.serve(rig.station, stop)
        rig.close()
        return " ".join(told)

    return happen


def failing(trouble: Exception) -> Act:
    """A turn of the loop in which this is raised."""

    def act(rig: OnTheBench) -> None:
        def look(_: object) -> Any:
            raise trouble

        assert rig.station.trigger
        rig.station.trigger.look = look  # type: ignore[method-assign, assignment] # a stand-in

    return act


def no_acknowledgement(rig: OnTheBench) -> None:
    rig.line.acknowledges = False


def cut(rig: OnTheBench) -> None:
    rig.line.broken = True


def stale(rig: OnTheBench) -> None:
    rig.bench.late = 20


def frozen(rig: OnTheBench) -> None:
    rig.bench.frozen = True


def gone_adapter(folder: Path) -> str:
    """A real port whose other end is closed."""
    far, near = os.openpty()
    tty.setraw(near)
    with closing(SerialLine(os.ttyname(near), clock=CLOCK)) as line:
        line.open()
        os.close(near)
        os.close(far)
        return refusal(line.triggered)


def full_port(folder: Path) -> str:
    """A real port whose other end does not read."""
    far, near = os.openpty()
    tty.setraw(near)
    with closing(SerialLine(os.ttyname(near), clock=CLOCK, ack_limit=0.05)) as line:
        line.open()

        def shout() -> None:
            while True:
                line.busy()

        said = refusal(shout)
    os.close(near)
    os.close(far)
    return said


def gone_chip(folder: Path) -> str:
    with chips({3: "pinctrl-rp1"}) as machine, closing(GpioLine(clock=CLOCK)) as line:
        line.open()
        machine.unplug(3)
        return refusal(line.busy)


def by_errno(number: int) -> Callable[[Path], str]:
    """What the disk answers with this number."""

    def happen(folder: Path) -> str:
        def fail() -> None:
            with told_plainly(folder):
                raise OSError(number, os.strerror(number))

        return refusal(fail)

    return happen


def damaged_log(folder: Path) -> str:
    TraceabilityLog(folder, CLOCK).close()
    with (folder / "station.db").open("r+b") as file:
        file.write(b"\xa5" * 4096)
    return refusal(lambda: TraceabilityLog(folder, CLOCK))


def replaced_log(folder: Path) -> str:
    with closing(TraceabilityLog(folder, CLOCK)) as log:
        shutil.copyfile(folder / "station.db", folder / "other")
        (folder / "other").rename(folder / "station.db")
        return refusal(lambda: log.note("test", "of another"))


def two_stations(folder: Path) -> str:
    with closing(TraceabilityLog(folder, CLOCK)):
        return refusal(lambda: TraceabilityLog(folder, CLOCK))


def damaged_bundle(folder: Path) -> str:
    bundles = Bundles(folder, assembly.BENCH)
    wish = bundles.use(assembly.BENCH, "eva", CLOCK.now())
    (place,) = (folder / "models").glob("bench-*")
    spoil(place / "model.tflite")
    return refusal(lambda: bundles.load(wish, EXPECTED))


REACHED: dict[str, Callable[[Path], str]] = {
    "was unplugged": on_the_bench(lambda rig: rig.bench.unplug()),
    "There is no camera": lambda _: refusal(UsbCamera("/dev/video99", CLOCK).open),
    "is frozen": on_the_bench(frozen),
    "gave a stale frame": on_the_bench(stale),
    "did not acknowledge": on_the_bench(no_acknowledgement),
    "is gone (": gone_adapter,
    "does not obey": gone_chip,
    "takes in nothing": full_port,
    "cannot be": on_the_bench(cut),
    "There is no room for the log": by_errno(errno.ENOSPC),
    "cannot be written": by_errno(errno.EROFS),
    "is damaged": damaged_log,
    "could not be written": by_errno(errno.EIO),
    "A part of the log": by_errno(errno.ENOENT),
    "was replaced while": replaced_log,
    "Another station writes into": two_stations,
    "ran out of memory": on_the_bench(failing(MemoryError())),
    "a fault of its own": on_the_bench(failing(ZeroDivisionError())),
    "has never been calibrated": lambda folder: refusal(
        lambda: assembly.active_profile(folder, UsbCamera("/dev/video99", CLOCK))
    ),
    "station model rollback": damaged_bundle,
}
ELSEWHERE = {  # shown by a whole station, where that is its test already
    "does not do as it was told": "tests/station/cli/test_doctor.py",
    "The screens are not served": "tests/station/web/test_beside.py",
    "Until then no candidate": "tests/station/cli/test_doctor.py",
    "had failed before": "tests/station/cli/test_doctor.py",
    "Lay the": "tests/station/cli/test_demo.py",
}


def test_none_is_left_out() -> None:
    assert sorted(SAID) == sorted([*REACHED, *ELSEWHERE])


@pytest.mark.parametrize("message", REACHED)
def test_it_is_told(message: str, tmp_path: Path) -> None:
    assert message in REACHED[message](tmp_path)


@pytest.mark.parametrize("message", ELSEWHERE)
def test_it_is_told_by_a_test_of_its_own(message: str) -> None:
    assert message in (Path(__file__).parents[2] / ELSEWHERE[message]).read_text("utf-8")
