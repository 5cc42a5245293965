"""A frame's whole journey, on one page: watch the stage, judge what is laid on it, record, signal, show.

One thread runs this and owns camera, line and log. What goes wrong with a device or the disk is raised, and the
service turns it into a fault; what goes wrong with one picture is a recorded REJECT.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import clipped, compare, sharpness
from calibration.profile import Profile
from models.preprocess import Patch, Preparation, prepare
from models.trust import distance
from station.errors import CameraError, LogError
from station.log.record import uuid7
from station.recipe import Decision, Evidence, Recipe, decide
from station.screen import Screen
from station.trigger import Event, Trigger, covered, glance
from station.types import (
    Camera,
    Classifier,
    Clock,
    EndOfPictures,
    Frame,
    Gray,
    Inspection,
    Log,
    NotAPicture,
    Order,
    Pictures,
    Reason,
    Signal,
    State,
    TriggerSource,
    Verdict,
)
from station.verification import Verification

log = logging.getLogger(__name__)

TOO_LATE = 1.5  # seconds from the picture to the signal; by then another part may lie there


@dataclass
class Station:
    """Everything that one inspection needs. `profile` and `trigger` are None where pictures are replayed.

    model        what a record names the network by
    preparation  how a picture becomes a patch
    references   part number → embeddings of its known examples, n × dimensions, float32, each of length 1
    """

    name: str
    order: Order
    clock: Clock
    camera: Camera
    signal: Signal
    log: Log
    classifier: Classifier
    model: str
    preparation: Preparation
    references: Mapping[str, NDArray[np.float32]]
    recipe: Recipe
    verification: Verification
    profile: Profile | None = None
    trigger: Trigger | None = None
    sources: frozenset[TriggerSource] = frozenset({TriggerSource.PRESENCE})
    screen: Screen = field(default_factory=Screen)
    state: State = State.PREOPERATIONAL
    is_simulated: bool = False
    is_line_open: bool = False
    seen: float = 0.0  # when the newest frame that was looked at was taken
    asked: TriggerSource | None = None  # a note left by another thread: inspect now


def run(station: Station, stop: Callable[[], bool]) -> None:
    """Watch the stage and inspect what is laid on it, until told to stop."""
    while not stop():
        turn(station)


def turn(station: Station) -> Inspection | None:
    """One look at the stage, and the inspection if there was something to judge."""
    assert station.trigger, "a replay takes no turns"
    frame = station.camera.read(newer_than=station.seen)
    station.seen = frame.monotonic
    station.signal.beat(station.clock.monotonic())
    look = station.trigger.look(frame)
    station.screen.watch(frame)
    if look.event in (Event.DISTURBED, Event.REMOVED):
        station.signal.clear()
    asked = _asked(station)
    if look.event is Event.JUDGE:
        return _inspect_next(station, TriggerSource.PRESENCE)
    if asked and not station.trigger.is_spent:
        return _inspect_next(station, asked)
    return None


def replay(station: Station) -> Iterator[Inspection]:
    """Every picture is one placement, down the very path of the line."""
    while True:
        try:
            frame = station.camera.read(newer_than=station.seen)
        except EndOfPictures:
            return
        station.seen = frame.monotonic
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
    inspection, pictures = judge(station, frame, source, moved)
    inspection = station.log.append(inspection, pictures)  # first: no part passes unrecorded
    if station.clock.monotonic() - frame.monotonic > TOO_LATE:
        raise LogError(f"The record took longer than {TOO_LATE} s, so the line was not told: look at the disk.")
    station.signal.send(inspection)
    station.screen.show(frame, inspection)
    station.verification.consider(inspection, station.clock.monotonic())
    station.screen.tell(station.state, station.verification.asks)
    return inspection


def judge(station: Station, frame: Frame, source: TriggerSource, moved: bool) -> tuple[Inspection, Pictures]:
    """Turn a frame into an inspection, not yet recorded. Whatever goes wrong here is a REJECT with reason fault."""
    begun = time.perf_counter()  # a cost, not a moment: the bench's clock stands still while we think
    patch, seen = None, {}
    try:
        patch, evidence = examine(station, frame, moved)
        decision = decide(station.recipe, evidence)
        seen = _seen(station, evidence)
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
        model=station.model,
        recipe=station.recipe.name,
        calibration=station.profile.name if station.profile else "waived: no stage",
        verification=station.verification.name,
        is_simulated=station.is_simulated or frame.is_simulated,
        clock_synchronised=station.clock.is_synchronised(),
        source=frame.source,
        **seen,
    )
    return inspection, _pictures(frame, patch)


def examine(station: Station, frame: Frame, moved: bool) -> tuple[Gray, Evidence]:
    """Measure all that the gates look at; returns the patch that the network saw, and the evidence."""
    gray = frame.gray()
    stage = station.profile.region.crop(gray) if station.profile else gray
    patch = prepare(stage, station.preparation)
    prediction = station.classifier.classify(patch.pixels)
    parts = station.classifier.part_numbers
    evidence = Evidence(
        parts=patch.finding.count,
        touches_edge=patch.finding.touches_edge,
        moved=moved,
        scores=dict(zip(parts, map(float, prediction.scores), strict=True)),
        distances={part: distance(prediction.embedding, station.references[part]) for part in parts},
        verified=station.verification.is_open(station.clock.monotonic()),
        **against(station.profile, replace(frame, encoded=None, pixels=gray), patch),  # decoded once
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


def _seen(station: Station, evidence: Evidence) -> dict[str, Any]:
    expected = station.recipe.part_number
    return {
        "predicted_part_number": evidence.predicted,
        "score": evidence.scores.get(expected),
        "distance": evidence.distances.get(expected),
        "measures": evidence.measures(),
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
