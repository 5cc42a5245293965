"""What a person asks of the gate while the station runs: verify again, or work on unverified for a while.

Whoever asks leaves a note in the data folder and no more: one for each kind, so that who wants to go on unverified
cannot hide that somebody wants the station verified; of a kind the last counts. The station reads them between two
placements, records who asked for what, and then does it. What was asked for before its start is nobody's wish any
more: a bypass never outlives the station that it was asked of. Nor does a note count that was put back from a copy: it
tells when it was asked for, and only what is later than the last is new.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from station.errors import LogError
from station.log.record import time_text
from station.loop import Station, keep_notes
from station.types import Order
from station.wishes import replace_whole, stamp_of

log = logging.getLogger(__name__)

VERIFY, BYPASS = "verify", "bypass"
JUST_NOW = timedelta(minutes=1)


def note_of(act: str) -> str:
    """The name of the note by which this is asked for."""
    return f"asked-{act}.json"


@dataclass(frozen=True, slots=True)
class Act:
    """Who asks for what, and why.

    act    verify or bypass
    until  UTC, as text: when a bypass ends
    at     UTC, as text: when it was asked for, so that the same may be asked for twice
    of     the order that whoever asks for a bypass saw running, from `order_of`; empty: whichever runs
    """

    act: str
    by: str
    reason: str
    until: str = ""
    at: str = ""
    of: str = ""


def order_of(order: Order) -> str:
    """An order in a few words, which differ for any two."""
    return f"{order.part_number} of {order.work_order or 'no work order'}"


class Acts:
    """The notes in a data folder, and the station's look at them; what they say when this is made is old."""

    def __init__(self, data: Path) -> None:
        self._notes = {act: data / note_of(act) for act in (VERIFY, BYPASS)}  # in this order
        self._seen = {act: stamp_of(note) for act, note in self._notes.items()}
        self._last = {act: self._asked_at(act) for act in self._notes}

    def leave(self, act: Act) -> None:
        """Ask for it. Raises LogError where nothing can be written."""
        note = self._notes[act.act]
        try:
            replace_whole(note, json.dumps(asdict(act), ensure_ascii=True, indent=1))
        except OSError as trouble:
            raise LogError(
                f"{note} cannot be written ({trouble.strerror or trouble}); "
                "run as the user that the data folder belongs to."
            ) from trouble

    def look(self, station: Station) -> None:
        """Take up what is asked for. Raises LogError when that cannot be recorded, and then the gate stays closed."""
        for kind, note in self._notes.items():
            stamp = stamp_of(note)
            if stamp not in (None, self._seen[kind]):
                self._seen[kind] = stamp
                self._take_up(station, kind)

    def _take_up(self, station: Station, kind: str) -> None:
        try:
            act = self._read(kind)
            if not self._is_new(act, station.clock.now()):
                raise ValueError("it was asked for before, or does not say when; ask again")
            self._last[kind] = act.at
            _do(station, act)
            station.screen.notice("")
        except Exception as trouble:  # whatever a note holds, it is refused and recorded
            log.warning("what was asked for was refused", exc_info=trouble)
            station.screen.notice(f"What was asked for in {note_of(kind)} was refused: {trouble}")
            station.log.note("refused", f"What was asked for was refused: {trouble}", note=self._text(kind))
        keep_notes(station)

    def _is_new(self, act: Act, now: datetime) -> bool:
        """Whether it was asked for after the last; who does not say when, has not.

        A last one that is still to come was asked for by a clock that was ahead: then what is of this minute is new.
        """
        last = self._last[act.act]
        if last > time_text(now + JUST_NOW):
            return time_text(now - JUST_NOW) < act.at < time_text(now + JUST_NOW)
        return act.at > last

    def _read(self, kind: str) -> Act:
        act = Act(**json.loads(self._notes[kind].read_bytes()))
        if not all(isinstance(word, str) for word in asdict(act).values()) or act.act != kind:
            raise ValueError(f"{note_of(kind)} holds something else")
        return act

    def _asked_at(self, kind: str) -> str:
        """When the note that is there was asked for; empty where none is that could be taken up."""
        try:
            return self._read(kind).at
        except Exception:  # then it is no note, whatever it is
            return ""

    def _text(self, kind: str) -> str:
        try:
            return self._notes[kind].read_text("utf-8", "backslashreplace")
        except OSError:
            return ""


def _do(station: Station, act: Act) -> None:
    """Raises ValueError, a sentence, for what may not be."""
    match act.act:
        case "verify":
            if not act.by.strip():
                raise ValueError("Somebody asks for a verification by name.")
            station.verification.restart(act.reason, act.by)
        case "bypass":
            if act.of not in ("", order_of(station.order)):
                raise ValueError(
                    f"The bypass was asked for {act.of}, and {order_of(station.order)} runs now; ask again."
                )
            until = datetime.fromisoformat(act.until)
            if until.tzinfo is None:
                raise ValueError(f"The end of the bypass, {act.until}, does not say its zone.")
            station.verification.bypass(act.by, act.reason, until, station.clock.monotonic())
        case other:
            raise ValueError(f"Nobody knows what {other} is; it is {VERIFY} or {BYPASS}.")
