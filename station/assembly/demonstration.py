"""The station of `station demo`: whole, on the simulated bench, without a station.toml."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.ground import Tolerances
from station.acts import Acts
from station.assembly.bench import BENCH, BENCH_REJECTS, EXPECTED, MASTERS, calibrate_bench
from station.assembly.data import opened_log, refuse_real_records
from station.assembly.devices import make_line
from station.assembly.gate import stay_failed
from station.bundles import Bundles, load_bundle
from station.cameras.freshness import FreshCamera, Freshness
from station.changeover import Changeover
from station.errors import LogError
from station.keeper import Keeper
from station.log.keeping import Terms
from station.log.trouble import FULL
from station.lookout import Lookout
from station.loop import Station
from station.masters import UNNAMED, needed
from station.model import Model
from station.recalibrated import Recalibrated
from station.seal import Seal
from station.shadow import together
from station.signals import Several
from station.stage import StageWatch
from station.swap import Swap
from station.trend import Trend
from station.trigger import Trigger
from station.types import Order, Signal, SystemClock
from station.verification import Verified
from station.watch import Limits, Watch
from station.witness import Witness

if TYPE_CHECKING:  # imported where they are used
    from station.simulation import Bench, SimulatedDisk


HURRIED = 1 / 10  # seconds from frame to frame where nobody looks on: two of them still show that a part lies still


@dataclass(frozen=True, slots=True)
class Demo:
    """The station on the simulated bench, the bench, for the hand that lays the parts, and the disk of its log."""

    station: Station
    bench: Bench
    disk: SimulatedDisk


@contextmanager
def demo(
    data: Path, seed: int, accelerated: bool, port: str | None = None, period: float | None = None
) -> Iterator[Demo]:
    """The whole station on the simulated bench, calibrated there.

    accelerated  time passes only when somebody waits, instead of as on the wall
    port         a serial port whose far end is told as well as the simulated line
    period       seconds from frame to frame of its camera; where nothing is said, a thirtieth as on the line, and
                 `HURRIED` where it is accelerated, for most of its time is spent on drawing frames
    """
    from station.config import Serial
    from station.simulation import Bench, SimulatedCamera, SimulatedClock, SimulatedDisk, SimulatedLine

    clock = SimulatedClock() if accelerated else SystemClock()
    refuse_real_records(data)
    bench = Bench(clock, seed=seed, period=period or (HURRIED if accelerated else 1 / 30))
    camera = FreshCamera(SimulatedCamera(bench), Freshness(), clock)
    bundle, bundles = load_bundle(BENCH, EXPECTED), Bundles(data, BENCH)
    with opened_log(data, clock) as log:
        profile = calibrate_bench(seed, data, bundle.preparation)
        lines: list[Signal] = [SimulatedLine(bench)]
        if port is not None:
            lines.append(make_line(Serial(port), SystemClock()))  # a real line knows real time only
        disk = SimulatedDisk(log, LogError(FULL.format(folder=data)))
        verification = Verified(8 * 3600.0, needed(MASTERS, EXPECTED), clock)
        station = Station(
            name="simulated bench",
            order=Order(EXPECTED, work_order="demo", operator="demo"),
            clock=clock,
            camera=camera,
            signal=Several(lines),
            log=disk,
            verification=verification,
            trigger=Trigger(profile),
            watch=Watch(Limits(reject=BENCH_REJECTS)),
            is_simulated=True,
            model=Model.of(bundle, EXPECTED, profile),
        )
        changeover = Changeover(data, lambda part: needed(MASTERS, part) or UNNAMED, "demo")
        station.between = together(
            Recalibrated(data / "calibration").look,
            Acts(data).look,
            changeover.look,
            Witness(data).look,
            StageWatch(Tolerances(), Trend(data / "calibration")).look,
            Seal(log).look,
            *(() if accelerated else (Swap(bundles).look, Keeper(data, Terms()).look, Lookout(data).look)),
        )
        changeover.look(station)  # an order that ran when the station stopped runs on
        stay_failed(verification, data, station.order)
        yield Demo(station, bench, disk)
