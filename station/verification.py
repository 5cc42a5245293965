"""What opens and closes the last gate: golden parts pass, challenge parts are rejected, the empty stage says no part.

    golden parts ──each passed every other gate──► challenge parts ──each rejected──► empty stage ──seen──► verified
         │                                              │                                                      │
         └─ rejected, or UNSURE three times ─► FAILED ◄─┘ passed, or UNSURE three times                        │
         ▲                                                                                                     │
         └── restart(why): at start and changeover; other bundle or calibration; drift; time has run out ──────┘
             FAILED stays FAILED, unless it is restarted in somebody's name

All the while the line reads reject. A bypass opens the gate without it, for a while, in somebody's name. Whatever
happens here is a note for the log, and the gate stays closed until every note is on disk. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from station.attempts import FAILED, STILL_DUE
from station.masters import UNNAMED, Master, Result, Standing, result_of
from station.types import Clock, Inspection, Note, SystemClock, Verdict

LONGEST_BYPASS = 12 * 3600.0  # seconds
NO_ORDER = "Scan or choose a work order."
EMPTY = "Take the part away and leave the stage empty."
MEND = "Look at the order, the bundle and the parts, then call `station verification run`."


@dataclass(frozen=True, slots=True)
class Bypass:
    """Who lets the station pass parts unverified, until when, and why; `ends` in monotonic seconds."""

    by: str
    reason: str
    until: datetime
    ends: float

    def __str__(self) -> str:
        return f"bypassed by {self.by} until {_utc(self.until)}: {self.reason}"


class Verification(Protocol):
    """The last gate.

    notes  what is still to be recorded, oldest first; the gate is closed as long as there is anything
    """

    notes: deque[Note]

    @property
    def name(self) -> str:
        """What a record says of it."""

    @property
    def asks(self) -> str:
        """What the person at the stage has to do or to know about it; empty when nothing."""

    @property
    def wants(self) -> Master | None:
        """The part that is asked for."""

    @property
    def at_last(self) -> str:
        """What to do about that part once it was UNSURE for the last time; empty where none is asked for."""

    @property
    def standing(self) -> Standing:
        """All of this at one moment, for whoever watches."""

    def is_open(self, now: float) -> bool:
        """Whether a PASS may be told at this moment (monotonic seconds)."""

    def consider(self, inspection: Inspection, now: float) -> None:
        """Take note of a recorded inspection."""

    def saw_empty(self, light: float, now: float) -> None:
        """The trigger is armed: the stage is lit (as a share of the calibration) and seen to be empty."""

    def restart(self, why: str, by: str = "") -> None:
        """Ask again from the beginning, and end a bypass: what was shown is no longer true. `why` is for people.

        by  who wants it; where nobody does, what has failed stays so
        """

    def change(self, parts: Sequence[Master], why: str, by: str = "") -> None:
        """Ask for other parts from now on; for none, where there is no order, and then the gate stays closed."""

    def bypass(self, by: str, reason: str, until: datetime, now: float) -> None:
        """Open the gate unverified for a while. Raises ValueError, a sentence, where that may not be."""


class Verified:
    """The gate of a real stage; closed at first, open for `valid_for` seconds once every part got its verdict.

    parts  what is asked for, in this order; each of them; none while there is no order
    clock  tells whether a part is overdue

    A golden part that is rejected, or a challenge part that is not, locks it: the two may have been exchanged in the
    network, and no further placement can tell. Somebody has to ask for a new beginning, or to put another order,
    bundle or calibration in use, and the log keeps who. Neither drift nor a power cut does (`stay_failed`).
    """

    def __init__(self, valid_for: float, parts: Sequence[Master] = UNNAMED, clock: Clock | None = None) -> None:
        self._valid_for, self._parts, self._clock = valid_for, _both_kinds(parts), clock or SystemClock()
        self.notes: deque[Note] = deque()
        self._bypass: Bypass | None = None
        self._shown: list[tuple[Master, int]] = []  # and in which record
        self._failed = ""
        self._light: float | None = None  # of the empty stage, once it was seen after the parts
        self._since = self._until_at = self._clock.now()
        self.restart("The station has started")

    @property
    def parts(self) -> tuple[Master, ...]:
        """What is asked for, in this order."""
        return self._parts

    @property
    def name(self) -> str:
        if self._bypass:
            return str(self._bypass)
        if not self._is_done:
            return "not verified"
        shown = [f"{part.role} {part.id}".rstrip() + f" in record {record}" for part, record in self._shown]
        return ", ".join([*shown, "then the empty stage"])

    @property
    def asks(self) -> str:
        if bypass := self._bypass:
            return f"Bypassed by {bypass.by} until {bypass.until.astimezone():%H:%M %Z}: {bypass.reason}."
        if self._failed:
            return f"Verification has failed: {self._failed}. {MEND}"
        if not self._parts:
            return NO_ORDER
        if (part := self.wants) is None:
            return "" if self._is_done else EMPTY
        if self._is_overdue(part):
            return self._why + self._overdue(part)
        return f"{self._why}Lay the {part} on the stage."

    @property
    def wants(self) -> Master | None:
        if self._failed or self._bypass or self._all_shown or not self._parts:
            return None
        return self._parts[len(self._shown)]

    @property
    def at_last(self) -> str:
        if (part := self.wants) is None:
            return ""
        return f"{STILL_DUE} {self._overdue(part)}" if self._is_overdue(part) else FAILED

    @property
    def standing(self) -> Standing:
        return Standing(
            since=self._since if self._is_done and not self._bypass else None,
            wants=self.wants,
            steps=self._parts,
            done=len(self._shown),
            bypass_ends=self._bypass.until if self._bypass else None,
        )

    def is_open(self, now: float) -> bool:
        self._run_out(now)
        return not self.notes and (self._bypass is not None or self._is_done)

    def consider(self, inspection: Inspection, now: float) -> None:  # noqa: ARG002 - the seam's
        part = self.wants
        if part is None or self.notes:  # under a bypass nobody verifies by the way, nor before it was asked for
            return
        result = Result.OVERDUE if self._is_overdue(part) else result_of(part, inspection)
        said = f"The {part} in record {inspection.sequence}"
        match result:
            case Result.PASSED:
                self._shown.append((part, inspection.sequence))
                self._why = ""
                said += " was passed by every other gate" if part.verdict is Verdict.PASS else " was rejected"
            case Result.FAILED:
                said = self._failed = f"{said} got {inspection.verdict.value} {inspection.reason.words}"
            case Result.OVERDUE:
                said = f"{said} shows nothing. {self._overdue(part)}"
            case _:
                said = f"{said} shows nothing ({inspection.reason.words}) and is asked for again"
        record = {"record": inspection.sequence, "verdict": inspection.verdict.value, "reason": inspection.reason.value}
        self._note(result, said, step=part.role, part=part.told(), **record)

    def saw_empty(self, light: float, now: float) -> None:
        self._run_out(now)
        if not self._all_shown or self._light is not None or self._failed or self._bypass:
            return
        self._light, self._until = light, now + self._valid_for
        self._since = self._clock.now()
        self._until_at = self._since + timedelta(seconds=self._valid_for)
        parts = [part.told(record=record) for part, record in self._shown]
        said = f"Verified: {self.name}, seen at {light:.0%} of the calibrated light"
        self._note(Result.VERIFIED, said, step="empty", parts=parts, light=light, valid_for_s=self._valid_for)

    def restart(self, why: str, by: str = "") -> None:
        why = why.strip().rstrip(".")
        self._end_bypass(why)
        self._shown, self._light = [], None
        self._until, self._why = 0.0, f"{why}. "
        if by.strip():
            self._failed = ""
        self._note(Result.ASKED, f"Verification is asked for: {why}", why=why, operator=by)

    def change(self, parts: Sequence[Master], why: str, by: str = "") -> None:
        self._parts = _both_kinds(parts)
        self.restart(why, by)

    def stay_failed(self, said: str) -> None:
        """It had failed when the station stopped, and nobody has asked anew; `said` is what it told of that."""
        self._failed = said
        self.restart("It had failed before the station started")

    def bypass(self, by: str, reason: str, until: datetime, now: float) -> None:
        if not self._parts:
            raise ValueError(f"There is no work order, and nothing to bypass. {NO_ORDER}")
        until = until.replace(microsecond=0)  # records show no more of it
        seconds = bypass_seconds(by, reason, until, self._clock.now())
        self._run_out(now)
        if self._is_done and not self._bypass:
            raise ValueError("The station is verified; there is nothing to bypass.")
        if self._failed:
            raise ValueError(f"Verification has failed, which nobody bypasses: {self._failed}. {MEND}")
        self._end_bypass("another takes its place")
        instead_of = self.asks
        self._shown, self._light = [], None  # parts that are shown before and after it verify nothing together
        self._bypass = Bypass(by, reason, until, now + seconds)
        said = f"Verification is {self._bypass}"
        self.notes.append(Note("bypass", said, self._told_bypass("begun", instead_of=instead_of, operator=by)))

    @property
    def _all_shown(self) -> bool:
        return bool(self._parts) and len(self._shown) == len(self._parts)

    @property
    def _is_done(self) -> bool:
        return self._all_shown and self._light is not None and not self._failed

    def _run_out(self, now: float) -> None:
        at = self._clock.now()  # monotonic seconds stand still while a computer sleeps: whichever comes first ends it
        if self._bypass and (now >= self._bypass.ends or at >= self._bypass.until):
            self._end_bypass("its end has come")
        if self._is_done and (now >= self._until or at >= self._until_at):
            self.restart("The time of the last verification has run out")

    def _end_bypass(self, why: str) -> None:
        if self._bypass:
            said = f"The bypass of {self._bypass.by} has ended: {why}"
            self.notes.append(Note("bypass", said, self._told_bypass("ended", why=why)))
            self._bypass = None

    def _told_bypass(self, result: str, **details: Any) -> dict[str, Any]:
        assert self._bypass
        bypass = {"by": self._bypass.by, "reason": self._bypass.reason, "until": _utc(self._bypass.until)}
        return {"result": result, **bypass, **details}

    def _note(self, result: Result, message: str, **details: Any) -> None:
        self.notes.append(Note("verification", message, {"result": result.value, "asks": self.asks, **details}))

    def _is_overdue(self, part: Master) -> bool:
        return part.due is not None and self._clock.now().astimezone(UTC).date() > part.due

    def _overdue(self, part: Master) -> str:
        doubt = "" if self._clock.is_synchronised() else ", by a clock that is not synchronised"
        return f"The {part} was due on {part.due}{doubt}. Have it checked, and give it a new date in station.toml."


class Waived:
    """No gate, where there is no stage to verify; every record says so."""

    asks, at_last, wants = "", "", None
    standing = Standing()

    def __init__(self, why: str) -> None:
        self.name = f"waived: {why}"
        self.notes: deque[Note] = deque()

    def is_open(self, now: float) -> bool:  # noqa: ARG002 - the gate is always open
        return True

    def consider(self, inspection: Inspection, now: float) -> None:
        """A gate that is always open learns nothing."""

    def saw_empty(self, light: float, now: float) -> None:
        """Nor from an empty stage."""

    def restart(self, why: str, by: str = "") -> None:
        """Nothing was shown."""

    def change(self, parts: Sequence[Master], why: str, by: str = "") -> None:
        """Nothing is asked for."""

    def bypass(self, by: str, reason: str, until: datetime, now: float) -> None:  # noqa: ARG002 - the seam's
        raise ValueError("There is no verification here to bypass.")


def _both_kinds(parts: Sequence[Master]) -> tuple[Master, ...]:
    assert not parts or {part.verdict for part in parts} >= {Verdict.PASS, Verdict.REJECT}, "both have to be shown"
    return tuple(parts)


def bypass_seconds(by: str, reason: str, until: datetime, at: datetime) -> float:
    """How long a bypass lasts that is asked for `at` this time. Raises ValueError, a sentence, if it may not be."""
    if not by.strip() or not reason.strip():
        raise ValueError("A bypass needs a name and a reason.")
    seconds = (until - at).total_seconds()
    if not 0 < seconds <= LONGEST_BYPASS:
        raise ValueError(f"A bypass ends within {LONGEST_BYPASS / 3600:.0f} hours from now, not at {_utc(until)}.")
    return seconds


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
