"""Faults of camera, GPIO, clock and memory, on the simulated bench, while a PASS stands."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from station import service
from station.log import queries
from station.signals import Several
from station.signals.gpio import GpioLine
from station.types import State
from tests.faults.table import Outcome
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.signals.chips import chips

LASTS = 4.0  # seconds of the bench that a fault stands
Act = Callable[[OnTheBench], None]


def on_the_bench(
    fault: str, made_by: str, make: Act, mend: Act, lasts: float = LASTS, wired: Act = lambda _: None
) -> Outcome:
    """A part passes, the fault comes while it lies there, is mended by itself, and the station recovers."""
    with tempfile.TemporaryDirectory(prefix="station-faults-") as folder:
        rig = OnTheBench(Path(folder))
        wired(rig)
        begun = rig.clock.monotonic()
        made: float | None = None
        mended = well = 0.0
        heard = 0

        def stop() -> bool:
            nonlocal made, mended, well, heard
            now = rig.clock.monotonic()
            if now - begun > 0.5 and not rig.bench.lying and rig.bench.at_rest and made is None:
                rig.bench.place(EXPECTED)
            if made is None and rig.line.asserts_pass:
                made, heard = now, len(rig.line.messages)
                make(rig)
            elif made is not None and not mended and now - made >= lasts:
                mended = now
                mend(rig)
            elif mended and not well and rig.station.state is State.READY:
                well = now
            return bool(well) or now - begun > 60

        service.serve(rig.station, stop)
        rig.close()
        assert made is not None, "nothing ever passed"
        after = rig.line.messages[heard:]
        with queries.reading(rig.folder) as rows:
            known = {each["inspection_id"] for each in queries.search(rows, queries.Search(), limit=1000)}
            faults = queries.events(rows, kinds=["fault"])
        passed = [each.inspection for each in rig.line.messages if each.word == "PASS" and each.inspection]
        lost = sum(each.inspection_id not in known for each in passed)
        message = faults[-1]["message"] if faults else ""
        told_in = "fault" if faults else ""
        said = f"{after[0].word} {after[0].detail}".strip()
        return Outcome(
            fault, made_by, said, after[0].at - made, well - mended if well else None, lost, message, told_in, True
        )


def outcomes() -> Iterator[Outcome]:
    """All that the bench can show."""
    yield on_the_bench("camera unplugged", "bench.unplug()", lambda r: r.bench.unplug(), lambda r: r.bench.plug())
    yield on_the_bench("camera frozen", "bench.frozen", _frozen(True), _frozen(False))
    yield on_the_bench("camera repeats old times", "bench.frozen_times", _stuck(True), _stuck(False))
    yield on_the_bench("pictures come late", "bench.late = 20 frames", _late(20), _late(0))
    yield on_the_bench("memory runs out in a turn", "MemoryError from the trigger", _no_memory, lambda r: None, 0.0)
    yield gpio_chip_is_lost()
    yield clock_jumps()


def gpio_chip_is_lost() -> Outcome:
    """The station's own GPIO line on a chip that stands in for a real one; tests/hil does it with gpio-sim."""
    with chips({3: "pinctrl-rp1"}) as machine:
        return on_the_bench(
            "GPIO chip is lost",
            "simulated chip, back as another",
            lambda r: machine.unplug(3),
            lambda r: machine.plug(7, "pinctrl-rp1"),
            wired=lambda r: setattr(r.station, "signal", Several([r.line, GpioLine(clock=r.clock)])),
        )


def clock_jumps() -> Outcome:
    """A day forth and back again is no fault: the sequence goes on, and every record has its time as it was told."""
    with tempfile.TemporaryDirectory(prefix="station-faults-") as folder:
        rig = OnTheBench(Path(folder))
        true, off = rig.clock.now, [timedelta()]
        rig.clock.now = lambda: true() + off[0]  # type: ignore[method-assign] # the clock of the wall, set by somebody
        begun, passes = rig.clock.monotonic(), 0

        def stop() -> bool:
            at = rig.clock.monotonic() - begun
            off[0] = timedelta(days=1 if 3 < at < 8 else -1 if at >= 8 else 0)
            if rig.bench.at_rest and int(at * 2) % 8 == 4:
                rig.bench.place(EXPECTED)
            if int(at * 2) % 8 == 0 and rig.bench.lying:
                rig.bench.remove()
            return at > 16

        service.serve(rig.station, stop)
        rig.close()
        with queries.reading(rig.folder) as rows:
            found = queries.search(rows, queries.Search(), limit=100)
            faults = queries.events(rows, kinds=["fault"])
        passes = sum(each.word == "PASS" for each in rig.line.messages)
        lost = passes - sum(each["verdict"] == "PASS" for each in found)
        assert not faults
        days = {each["acquired_at"][:10] for each in found}
        message = (
            f"{passes} passed on {len(days)} days, in the order of their sequence: `clock_synchronised` is on each"
        )
        return Outcome(
            "clock jumps by days", "clock.now() ± 1 day", "goes on", 0.0, 0.0, lost, message, "each record", True
        )


def _frozen(on: bool) -> Act:
    return lambda rig: setattr(rig.bench, "frozen", on)


def _stuck(on: bool) -> Act:
    def act(rig: OnTheBench) -> None:
        rig.bench.frozen = rig.bench.frozen_times = on

    return act


def _late(frames: int) -> Act:
    return lambda rig: setattr(rig.bench, "late", frames)


def _no_memory(rig: OnTheBench) -> None:
    assert rig.station.trigger
    look, left = rig.station.trigger.look, [MemoryError("no memory is left")]

    def once(frame: object) -> object:
        if left:
            raise left.pop()
        return look(frame)  # type: ignore[arg-type] # a stand-in

    rig.station.trigger.look = once  # type: ignore[method-assign, assignment] # a stand-in
