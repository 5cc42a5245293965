"""A candidate bundle that judges beside the active one on the live line, and signals nothing.

    inspect ── after the line was told ──► queue, bounded ──► a thread of its own: examine, decide ──► done
                                                                                                        │
    between two placements ◄── the loop's thread, the log's only writer, records one verdict after the other

It is handed a frame, and the calibration that stood when it was judged, and gives back a decision; it holds neither
line nor log. What it cannot keep up with it drops, and says how many.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Full, Queue

from calibration.profile import Profile
from station.loop import Station, examine
from station.model import Model
from station.recipe import Decision, Evidence, decide
from station.types import Frame, Inspection, Log, Reason, Verdict

log = logging.getLogger(__name__)

KIND = "shadow"  # of its events
WAITING = 4  # placements; a frame of a camera is some megabytes
FAREWELL = 5.0  # seconds that the last judgements may take when the station stops


@dataclass(frozen=True, slots=True)
class Judged:
    """What the candidate would have said of a recorded inspection; no evidence where it failed."""

    inspection: Inspection
    decision: Decision
    evidence: Evidence | None


class Shadow:
    """The candidate, at work from its making until `close`."""

    def __init__(self, model: Model, waiting: int = WAITING) -> None:
        self.model = model
        self.dropped = 0  # since the last record
        self._waiting: Queue[tuple[Inspection, Frame, Profile | None] | None] = Queue(waiting)
        self._done: deque[Judged] = deque()
        self._thread = threading.Thread(target=self._work, name=KIND, daemon=True)
        self._thread.start()

    def attend(self, station: Station) -> None:
        """Have the station hand over what it judged, with the calibration in use, and record what comes of it."""
        station.beside = lambda inspection, frame: self.offer(inspection, frame, station.model.profile)
        station.between = together(*filter(None, [station.between, self.record]))

    def offer(self, inspection: Inspection, frame: Frame, profile: Profile | None) -> None:
        """Hand over a placement whose verdict was told, and the calibration that it was judged under; never waits."""
        try:
            self._waiting.put_nowait((inspection, frame, profile))
        except Full:
            self.dropped += 1

    def record(self, station: Station) -> None:
        """Record one finished judgement, if there is one. Raises LogError, and then it is there still."""
        if not self._done:
            return
        note(station.log, self.model, self._done[0], self.dropped)
        self._done.popleft()
        self.dropped = 0

    def close(self, station: Station) -> None:
        """Let the last judgements come to their end, and record them; what takes too long is given up."""
        with suppress(Full):
            self._waiting.put(None, timeout=FAREWELL)
            self._thread.join(FAREWELL)
        while self._done:
            self.record(station)
        if self.dropped:
            station.log.note(
                KIND,
                f"{self.dropped} placements were not judged by {self.model.name}",
                judged=None,
                active=station.model.name,
                candidate=self.model.name,
                dropped=self.dropped,
            )

    def _work(self) -> None:
        # no nicer than the loop: one that the kernel keeps waiting while it holds Python's lock keeps the loop waiting.
        # The network runs without that lock, and Python hands the lock over every 5 ms
        while (placement := self._waiting.get()) is not None:
            self._done.append(judged(self.model, *placement))


def judged(model: Model, inspection: Inspection, frame: Frame, profile: Profile | None) -> Judged:
    """What a model says of a placement, under the calibration that was in use then.

    Whatever goes wrong is a REJECT with reason fault, as on the line. Whether the part moved, and whether the station
    was verified, is what the record says; never, where it says nothing.
    """
    moved, verified = (bool(inspection.measures.get(name)) for name in ("moved", "verified"))
    try:
        _, evidence = examine(model.under(profile), frame, moved, verified)
        return Judged(inspection, decide(model.expecting(inspection.order.part_number).recipe, evidence), evidence)
    except Exception as trouble:
        log.warning("the candidate could not judge record %d", inspection.sequence, exc_info=trouble)
        return Judged(inspection, Decision(Verdict.REJECT, Reason.FAULT, str(trouble)), None)


def note(traceability: Log, model: Model, done: Judged, dropped: int) -> None:
    """One event: what was, what would have been, and how many placements were dropped before it. Raises LogError."""
    inspection, decision, evidence = done.inspection, done.decision, done.evidence
    expected = inspection.order.part_number
    said, would = (f"{each.verdict} {each.reason}".rstrip() for each in (inspection, decision))
    traceability.note(
        KIND,
        f"Record {inspection.sequence} is {said}; {model.name} would have said {would}. Nobody was told.",
        judged=inspection.sequence,
        active=inspection.model,
        candidate=model.name,
        verdict=inspection.verdict.value,
        reason=inspection.reason.value,
        would_be=decision.verdict.value,
        would_be_reason=decision.reason.value,
        predicted_part_number=evidence and evidence.predicted,
        score=evidence and evidence.scores.get(expected),
        distance=evidence and evidence.distances.get(expected),
        dropped=dropped,
        is_simulated=inspection.is_simulated,
    )


def together(*acts: Callable[[Station], None]) -> Callable[[Station], None]:
    """One thing to do between two placements out of several, in turn."""

    def every(station: Station) -> None:
        for act in acts:
            act(station)

    return every
