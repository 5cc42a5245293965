"""The station that station.toml tells of, at work; and a candidate bundle that judges beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from station.acts import Acts
from station.assembly.bench import BENCH_REJECTS, calibrate_bench, laid
from station.assembly.data import (
    active_profile,
    note_swap_while_stopped,
    opened_log,
    refuse_real_records,
    refuse_simulated_records,
)
from station.assembly.devices import make_camera, make_signal, make_timing
from station.assembly.gate import make_verification, masters, stay_failed
from station.attempts import Attempts
from station.bundles import Bundles, load_bundle
from station.changeover import Changeover
from station.errors import LogError, SignalError
from station.keeper import Keeper
from station.lookout import Lookout
from station.loop import Station
from station.model import Model
from station.recalibrated import Recalibrated, note_choice_while_stopped
from station.seal import Seal
from station.shadow import Shadow, together
from station.stage import StageWatch
from station.swap import Swap
from station.trend import Trend
from station.trigger import Trigger
from station.types import Order, SystemClock, TriggerSource
from station.watch import Watch
from station.witness import Witness

if TYPE_CHECKING:
    from station.config import Configuration


@contextmanager
def real(configuration: Configuration) -> Iterator[Station]:
    """The station that station.toml tells of; its log is open, its devices are not yet.

    Raises StationError, a sentence, for what is not there: bundle, calibration, data folder.
    """
    from station.config import Simulated

    clock = SystemClock()
    signal = make_signal(configuration, clock)
    with suppress(SignalError):  # a former station may have died with PASS high; the service will say what is wrong
        signal.open()
    table = configuration.order
    bundles = Bundles(configuration.data, configuration.bundle)
    swap = Swap(bundles)
    wish = bundles.wanted()
    bundle = bundles.load(wish, table.part_number or None)
    bundles.keep(bundle, wish)
    verification = make_verification(configuration, clock)
    simulated = configuration.camera if isinstance(configuration.camera, Simulated) else None
    lays = laid(verification, simulated.seed, lambda: station.order.part_number) if simulated else None
    camera = make_camera(configuration, clock, lays)
    limits = configuration.watch
    with opened_log(configuration.data, clock) as log:
        if simulated:
            limits = replace(limits, reject=max(limits.reject, BENCH_REJECTS))
            refuse_real_records(configuration.data)
            calibrate_bench(simulated.seed, configuration.data, bundle.preparation, anew=False)
        else:
            refuse_simulated_records(configuration.data)
        calibrations, timing = configuration.data / "calibration", make_timing(configuration)
        recalibrated = Recalibrated(calibrations, timing)  # first: what is chosen from now on is another
        profile = active_profile(configuration.data, camera)
        model = Model.of(bundle, table.part_number, profile)
        note_swap_while_stopped(log, configuration.data, wish, model)
        note_choice_while_stopped(log, configuration.data, profile)
        station = Station(
            name=configuration.name,
            order=Order(table.part_number, table.work_order, table.lot, operator=table.operator),
            clock=clock,
            camera=camera,
            signal=signal,
            log=log,
            model=model,
            verification=verification,
            attempts=Attempts(configuration.trigger.retry_within),
            trigger=Trigger(profile, timing),
            sources=frozenset(TriggerSource(source) for source in configuration.trigger.sources),
            watch=Watch(limits),
            is_simulated=simulated is not None,
        )
        changeover = Changeover(configuration.data, lambda part: masters(configuration, part), table.operator)
        station.between = together(
            swap.look,
            recalibrated.look,
            Acts(configuration.data).look,
            changeover.look,
            Witness(configuration.data).look,
            StageWatch(limits.stage, Trend(calibrations)).look,
            Seal(log).look,
            Keeper(configuration.data, configuration.keeping).look,
            Lookout(configuration.data).look,
        )
        changeover.look(station)  # an order that ran when the station stopped runs on
        stay_failed(verification, configuration.data, station.order)
        with shadowed(station, configuration.shadow.bundle if configuration.shadow else None):
            yield station


@contextmanager
def shadowed(station: Station, candidate: Path | None) -> Iterator[None]:
    """The candidate bundle, where one is named, judges beside the station meanwhile; it signals nothing.

    One that cannot be used keeps no line from running: log and screen say so.
    """
    if candidate is None:
        yield
        return
    try:
        expected = station.order.part_number
        shadow = Shadow(Model.of(load_bundle(candidate, expected or None), expected, station.model.profile))
    except Exception as trouble:  # whatever is wrong with it, the station goes on without
        station.log.note("shadow_refused", f"{candidate} does not judge beside {station.model.name}: {trouble}")
        station.screen.notice(f"The shadow bundle is not at work: {trouble}")
        yield
        return
    shadow.attend(station)
    try:
        yield
    finally:
        with suppress(LogError):
            shadow.close(station)
