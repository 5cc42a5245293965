"""What is done at a calibrated stage while no station runs: pictures collected, an agreement study made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from station.assembly.bench import calibrate_bench
from station.assembly.data import active_profile, opened_log, refuse_real_records, wanted_bundle
from station.assembly.devices import make_camera, make_timing
from station.model import Model, seen_through
from station.recalibrated import lock
from station.trigger import Trigger
from station.types import Clock, SystemClock

if TYPE_CHECKING:  # imported where they are used
    from station.collect.collection import Collection
    from station.collect.wanted import Wanted
    from station.config import Configuration
    from station.study import Plan, StudySession


@contextmanager
def collecting(configuration: Configuration, wanted: Wanted, folder: Path, by: str) -> Iterator[Collection]:
    """Labelled pictures from the stage into the data set in `folder`; the log notes who took how many of what.

    A simulated bench lays the part by itself, in no time; under another seed each time, or it would lay the same again.
    """
    from station.collect.collection import Collection
    from station.collect.manifest import Manifest
    from station.config import Simulated
    from station.simulation import SimulatedClock

    is_simulated = isinstance(configuration.camera, Simulated)
    preparation = wanted_bundle(configuration).preparation
    clock = SimulatedClock() if is_simulated else SystemClock()
    with opened_log(configuration.data, SystemClock()) as log:
        if is_simulated:
            refuse_real_records(configuration.data)
        manifest = Manifest(folder, is_simulated)
        if isinstance(configuration.camera, Simulated):
            bench = replace(configuration.camera, seed=configuration.camera.seed + len(manifest.entries))
            configuration = replace(configuration, camera=bench)
            calibrate_bench(bench.seed, configuration.data, preparation)
        camera = make_camera(configuration, clock, lays=repeat(wanted.part_number))
        profile = seen_through(preparation, active_profile(configuration.data, camera))
        trigger = Trigger(profile, replace(make_timing(configuration), by_itself=True))
        collection = Collection(camera, clock, profile, trigger, preparation, manifest, wanted)
        camera.open()
        try:
            lock(camera, profile)
            yield collection
        finally:
            camera.close()
            if collection.kept:
                log.note(
                    "collection",
                    f"{collection.kept} pictures of {wanted.part_number} were collected into {folder.absolute()}",
                    operator=by,
                    part_number=wanted.part_number,
                    pictures=collection.kept,
                    session=wanted.session,
                    is_simulated=is_simulated,
                )


@contextmanager
def studying(configuration: Configuration, plan: Plan, name: str) -> Iterator[StudySession]:
    """An agreement study at the stage; the log notes that it was made. A simulated bench lays the parts by itself."""
    from station.config import Simulated
    from station.study import Kept, StudySession

    simulated = isinstance(configuration.camera, Simulated)
    clock: Clock = SystemClock()
    bundle = wanted_bundle(configuration)
    sessions: list[StudySession] = []
    with opened_log(configuration.data, SystemClock()) as log:
        if isinstance(configuration.camera, Simulated):
            from station.simulation import SimulatedClock

            clock = SimulatedClock()
            refuse_real_records(configuration.data)
            calibrate_bench(configuration.camera.seed, configuration.data, bundle.preparation, anew=False)
        lays = (next(sessions[0].lays()) for _ in repeat(None)) if simulated else None
        camera = make_camera(configuration, clock, lays)
        profile = active_profile(configuration.data, camera)
        model = Model.of(bundle, configuration.order.part_number, profile)
        trigger = Trigger(profile, replace(make_timing(configuration), by_itself=True))
        camera.open()
        try:
            lock(camera, profile)
            session = StudySession(camera, clock, model, trigger, plan, Kept(configuration.data, name), simulated)
            sessions.append(session)
            yield session
        finally:
            camera.close()
        told = f"{len(session.done)} placements of the study {name}, {session.left} are left"
        log.note("study", told, study=name, people=list(plan.people), seed=session.plan.seed, is_simulated=simulated)
