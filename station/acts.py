"""What a person asks of the gate while the station runs: verify again, or work on unverified for a while.

Whoever asks leaves a note in the data folder and no more; the last note counts. The station reads it between two
placements, records who asked for what, and then does it. What was asked for before its start is nobody's wish any
more: a bypass never outlives the station that it was asked of.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from station.errors import LogError
from station.loop import Station, keep_notes
from station.wishes import replace_whole, stamp_of

log = logging.getLogger(__name__)

NOTE = "asked.json"
VERIFY, BYPASS = "verify", "bypass"


@dataclass(frozen=True, slots=True)
class Act:
    """Who asks for what, and why.

    act    verify or bypass
    until  UTC, as text: when a bypass ends
    at     UTC, as text: when it was asked for, so that the same may be asked for twice
    """

    act: str
    by: str
    reason: str
    until: str = ""
    at: str = ""


class Acts:
    """The note in a data folder, and the station's look at it; what it says when this is made has been taken up."""

    def __init__(self, data: Path) -> None:
        self._note = data / NOTE
        self._seen = stamp_of(self._note)

    def leave(self, act: Act) -> None:
        """Ask for it. Raises LogError where nothing can be written."""
        try:
            replace_whole(self._note, json.dumps(asdict(act), ensure_ascii=False, indent=1))
        except OSError as trouble:
            raise LogError(
                f"{self._note} cannot be written ({trouble.strerror or trouble}); "
                "run as the user that the data folder belongs to."
            ) from trouble

    def look(self, station: Station) -> None:
        """Take up what is asked for. Raises LogError when that cannot be recorded, and then the gate stays closed."""
        stamp = stamp_of(self._note)
        if stamp in (None, self._seen):
            return
        self._seen = stamp
        try:
            _do(station, self._read())
            station.screen.notice("")
        except (OSError, ValueError, TypeError, AttributeError) as trouble:
            log.warning("what was asked for was refused", exc_info=trouble)
            station.screen.notice(f"What was asked for in {NOTE} was refused: {trouble}")
            station.log.note("refused", f"What was asked for was refused: {trouble}", note=self._text())
        keep_notes(station)

    def _read(self) -> Act:
        act = Act(**json.loads(self._note.read_bytes()))
        if not all(isinstance(word, str) for word in asdict(act).values()):
            raise ValueError(f"{NOTE} holds something other than words.")
        return act

    def _text(self) -> str:
        try:
            return self._note.read_text("utf-8", "backslashreplace")
        except OSError:
            return ""


def _do(station: Station, act: Act) -> None:
    """Raises ValueError, a sentence, for what may not be."""
    match act.act:
        case "verify":
            station.verification.restart(act.reason, act.by)
        case "bypass":
            until = datetime.fromisoformat(act.until)
            if until.tzinfo is None:
                raise ValueError(f"The end of the bypass, {act.until}, does not say its zone.")
            station.verification.bypass(act.by, act.reason, until, station.clock.monotonic())
        case other:
            raise ValueError(f"Nobody knows what {other} is; it is {VERIFY} or {BYPASS}.")
