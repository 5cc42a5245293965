"""A frame's whole journey, on one page: watch the stage, judge what is laid on it, record, signal, show.

One thread runs this and owns camera, line and log. What goes wrong with a device or the disk is raised, and the
service turns it into a fault; what goes wrong with one picture is a recorded REJECT.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import cv2

from calibration.measure import clipped, compare, sharpness
from calibration.profile import Profile
from models.preprocess import Patch, prepare
from station.attempts import HOLD, Attempts, advised
from station.cameras.freshness import Judged
from station.errors import CameraError, LogError
from station.log.record import uuid7
from station.model import Model
from station.orders.tally import Tally
from station.recipe import Decision, Evidence, decide
from station.screen import Screen
from station.trigger import Event, Look, Phase, Trigger, covered, glance
from station.types import (
    Camera,
    Clock,
    EndOfPictures,
    Frame,
    Gray,
    Inspection,
    Log,
    NotAPicture,
    Note,
    Order,
    Pictures,
    Reason,
    Signal,
    State,
    TriggerSource,
    Verdict,
)
from station.verification import NO_ORDER, Verification
from station.watch import FAILED, Drift, Watch

log = logging.getLogger(__name__)

MOST_NOTES = 100
TOO_LATE = 1.5  # seconds from the picture to the signal; by then another part may lie there


@dataclass
class Station:
    """Everything that one inspection needs.

    trigger  None where pictures are replayed
    model    all that a verdict is made with; whoever puts another in use replaces it as a whole
    judged   the pictures that were judged of this stage
    watch    what looks for drift; None where there is no production to drift
    at_work  who is signed in at the stage; empty when nobody is
    between  what else is done between two placements, while the stage is empty and no PASS stands; in haste
    before   is called once a picture was taken that is to be judged, and may close the gate; in haste
    beside   is handed every inspection once all were told, for a thread of its own; neither waits nor raises
    attempts counts those at a part that was UNSURE
    order    what is run; without a part number nothing is, and nothing passes
    tally    how much of the order is made; nothing passes beyond its quantity
    passes   whether a PASS stands on the line
    notes    faults that the log could not take when they came, the newest of them; it is told once it can
    """

    name: str
    order: Order
    clock: Clock
    camera: Camera
    signal: Signal
    log: Log
    model: Model
    verification: Verification
    trigger: Trigger | None = None
    judged: Judged = field(default_factory=Judged)
    watch: Watch | None = None
    at_work: Callable[[], str] = str
    between: Callable[[Station], None] | None = None
    before: Callable[[Station], None] | None = None
    beside: Callable[[Inspection, Frame], None] | None = None
    attempts: Attempts = field(default_factory=Attempts)
    tally: Tally = field(default_factory=Tally)
    sources: frozenset[TriggerSource] = frozenset({TriggerSource.PRESENCE})
    screen: Screen = field(default_factory=Screen)
    state: State = State.PREOPERATIONAL
    is_simulated: bool = False
    is_line_open: bool = False
    passes: bool = False
    seen: float = 0.0  # when the newest frame that was looked at was taken
    alive: float = 0.0  # when the loop last went on, also while it waits for a fault to be mended
    notes: deque[Note] = field(default_factory=lambda: deque(maxlen=MOST_NOTES))
    asked: TriggerSource | None = None  # what `ask` has left

    def ask(self, source: TriggerSource) -> None:
        """From any thread: inspect now, where this may ask for it."""
        self.asked = source


def run(station: Station, stop: Callable[[], bool]) -> None:
    """Watch the stage and inspect what is laid on it, until told to stop."""
    while not stop():
        turn(station)
        pause(station)


def pause(station: Station) -> None:
    """What else is to be done, if this is between two placements."""
    if station.between and station.trigger and station.trigger.is_armed:
        station.between(station)


def turn(station: Station) -> Inspection | None:
    """One look at the stage, and the inspection if there was something to judge."""
    assert station.trigger, "a replay takes no turns"
    frame = station.camera.read(newer_than=station.seen)
    station.seen = frame.monotonic
    station.signal.beat(station.clock.monotonic())
    look = station.trigger.look(frame)
    station.screen.watch(frame, look.light if look.phase is Phase.ARMED else None)
    if look.event in (Event.DISTURBED, Event.REMOVED) or _passes_unverified(station):
        station.signal.clear()
        station.passes = False
        station.screen.clear()
    if look.phase is Phase.ARMED:
        _saw_empty(station, look)
    asked = _asked(station)
    if look.event is Event.JUDGE:
        return _inspect_next(station, TriggerSource.PRESENCE)
    if asked and not station.trigger.is_spent:
        return _inspect_next(station, asked)
    return None


def _passes_unverified(station: Station) -> bool:
    """Whether a PASS stands that could not be told now: time has run out, a bypass has ended, something has drifted."""
    return station.passes and not station.verification.is_open(station.clock.monotonic())


def asks(station: Station) -> str:
    """What the person at the stage has to do before a part may pass; empty when nothing."""
    return (station.tally.asks or station.verification.asks) if station.order.part_number else NO_ORDER


def _may_pass(station: Station) -> bool:
    """Whether a PASS may be told now: there is an order, parts of it are wanted, and the station is verified for it."""
    is_wanted = bool(station.order.part_number) and not station.tally.is_full
    return is_wanted and station.verification.is_open(station.clock.monotonic())


def replay(station: Station) -> Iterator[Inspection]:
    """Every picture is one placement, down the very path of the line."""
    while True:
        try:
            frame = station.camera.read(newer_than=station.seen)
        except EndOfPictures:
            return
        station.seen = frame.monotonic
        station.attempts.forget()
        yield inspect(station, frame, TriggerSource.REPLAY)


def _inspect_next(station: Station, source: TriggerSource) -> Inspection | None:
    """Inspect on a frame newer than the trigger; None if the part moved and has to settle again."""
    assert station.trigger
    # presence triggered with the look that was just taken, everybody else at this moment
    triggered = station.seen if source is TriggerSource.PRESENCE else station.clock.monotonic()
    frame = station.camera.read(newer_than=triggered)
    if frame.monotonic <= triggered:
        raise CameraError("the camera gave an old picture; unplug it and plug it in again")
    station.seen = frame.monotonic
    moved = station.trigger.unsettle(frame)
    if moved and source is TriggerSource.PRESENCE:
        return None
    station.trigger.disarm()
    return inspect(station, frame, source, moved)


def inspect(station: Station, frame: Frame, source: TriggerSource, moved: bool = False) -> Inspection:
    """Judge a frame, keep the record, tell the line, show the operator."""
    station.signal.busy()
    station.passes = False
    if station.before:
        station.before(station)
    inspection, pictures = judge(station, frame, source, moved)
    if station.trigger and pictures.patch and inspection.measures.get("parts"):  # a replay may hold a picture twice
        station.judged.check(pictures.patch)
    inspection = station.log.append(inspection, pictures)  # first: no part passes unrecorded
    was_open = _may_pass(station)
    # as the log counts: also a PASS that the line may not have heard, since it may have; its own stands till removal
    station.tally = station.tally.counted(inspection.verdict)
    station.attempts.consider(inspection)
    station.verification.consider(inspection, station.clock.monotonic())  # of a line that fails it is true all the same
    if station.clock.monotonic() - frame.monotonic > TOO_LATE:
        raise LogError(f"The record took longer than {TOO_LATE} s, so the line was not told: look at the disk.")
    station.signal.send(inspection)
    station.passes = inspection.verdict is Verdict.PASS
    station.screen.show(frame, inspection)
    if was_open:  # golden and challenge part are no production
        look_back(station, inspection)
    keep_notes(station)
    if station.beside:
        station.beside(inspection, frame)
    return inspection


def look_back(station: Station, inspection: Inspection) -> None:
    """Hold the inspection against those before it. Drift turns verification off, and so does a watch that fails."""
    if station.watch is None:
        return
    try:
        expected = station.model.recipe.part_number
        drift = station.watch.consider(inspection, station.model.recipe.distance_limits[expected])
    except Exception:
        log.exception("the watch for drift failed")
        drift = Drift(FAILED)
    if drift:
        station.verification.notes.append(Note("drift", drift.message, drift.details))
        station.verification.restart(drift.message)  # the gate stays closed until both are recorded


def _saw_empty(station: Station, look: Look) -> None:
    """Time passes for the gate and for a part that was UNSURE, also while nothing lies on the stage."""
    now = station.clock.monotonic()
    station.attempts.saw_empty(now)
    station.verification.saw_empty(look.light, now)
    keep_notes(station)


def keep_notes(station: Station) -> None:
    """Record what came of verification and attempts, which opens the gate, and of faults; show what is asked."""
    record_notes(station)
    if station.state is not State.ERROR and station.screen.view.message != asks(station):
        station.screen.tell(station.state, asks(station), station.verification.standing)


def record_notes(station: Station) -> None:
    """Record what came of faults, verification and attempts. Raises LogError."""
    for notes in (station.notes, station.attempts.notes, station.verification.notes):
        record(station.log, notes)


def record(log: Log, notes: deque[Note]) -> None:
    """Oldest first; what cannot be recorded now is kept. Raises LogError."""
    while notes:
        log.note(notes[0].kind, notes[0].message, **notes[0].details)
        notes.popleft()


def judge(station: Station, frame: Frame, source: TriggerSource, moved: bool) -> tuple[Inspection, Pictures]:
    """Turn a frame into an inspection, not yet recorded. Whatever goes wrong here is a REJECT with reason fault."""
    model = station.model
    begun = time.perf_counter()  # a cost, not a moment: the bench's clock stands still while we think
    attempt = station.attempts.number(station.clock.monotonic(), station.verification.wants)
    patch, seen, measures = None, {}, {}
    try:
        patch, evidence = examine(model, frame, moved, _may_pass(station))
        decision = advised(decide(model.recipe, evidence), attempt, station.verification.at_last or HOLD)
        if decision.reason is Reason.NOT_VERIFIED and station.tally.is_full:
            decision = replace(decision, advice=station.tally.asks)
        seen, measures = _seen(model, evidence), evidence.measures()
    except NotAPicture as trouble:
        decision = Decision(Verdict.REJECT, Reason.FAULT, f"{frame.source or 'The frame'} cannot be judged: {trouble}.")
    except Exception as trouble:
        log.exception("the picture could not be judged")
        decision = Decision(Verdict.REJECT, Reason.FAULT, f"The picture could not be judged: {trouble}.")
    inspection = Inspection(
        inspection_id=uuid7(station.clock.now()),
        acquired_at=frame.acquired_at,
        decided_at=station.clock.now(),
        decision_ms=1e3 * (time.perf_counter() - begun),
        station=station.name,
        order=station.order,
        trigger=source,
        verdict=decision.verdict,
        reason=decision.reason,
        advice=decision.advice,
        model=model.name,
        recipe=model.recipe.name,
        calibration=model.profile.name if model.profile else "waived: no stage",
        verification=station.verification.name,
        is_simulated=station.is_simulated or frame.is_simulated,
        clock_synchronised=station.clock.is_synchronised(),
        source=frame.source,
        measures=measures | {"attempt": attempt},
        **seen,
    )
    return inspection, _pictures(frame, patch)


def examine(model: Model, frame: Frame, moved: bool, verified: bool) -> tuple[Gray, Evidence]:
    """Measure all that the gates look at; returns the patch that the network saw, and the evidence."""
    gray = frame.gray()
    stage = model.profile.region.crop(gray) if model.profile else gray
    patch = prepare(stage, model.preparation, model.profile.flat if model.profile else None)
    scores, distances = model.see(patch.pixels)
    evidence = Evidence(
        parts=patch.finding.count,
        touches_edge=patch.finding.touches_edge,
        moved=moved,
        scores=scores,
        distances=distances,
        verified=verified,
        **against(model.profile, frame, patch),
    )
    return patch.pixels, evidence


def against(profile: Profile | None, frame: Frame, patch: Patch) -> dict[str, Any]:
    """Hold the picture against the calibration, where there is one; focus and clipping where there is a part."""
    if profile is None:
        return {}
    comparison = compare(glance(frame, profile), profile.empty)
    light = {"light": comparison.light, "covered": covered(comparison, profile)}
    if not patch.finding.count:
        return light
    return light | {
        "sharpness": sharpness(patch.pixels) / profile.sharpness,
        "clipped": clipped(patch.pixels) - profile.clipped,
    }


def _seen(model: Model, evidence: Evidence) -> dict[str, Any]:
    expected = model.recipe.part_number
    return {
        "predicted_part_number": evidence.predicted,
        "score": evidence.scores.get(expected),
        "distance": evidence.distances.get(expected),
    }


def _pictures(frame: Frame, patch: Gray | None) -> Pictures:
    """Encode what is archived; of a frame that is no picture nothing can be shown, and its record says why."""
    encoded = None if patch is None else cv2.imencode(".png", patch, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    if encoded is not None:
        return Pictures(encoded, frame.jpeg())
    try:
        return Pictures(None, frame.jpeg())
    except ValueError:
        return Pictures(None, None)


def _asked(station: Station) -> TriggerSource | None:
    """What asks for an inspection now: the line, or a note left by another thread."""
    asked, station.asked = station.signal.triggered() or station.asked, None
    return asked if asked in station.sources else None
