"""Golden and challenge parts: what is laid to verify a station, and what each placement of one shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from station.attempts import LAST
from station.types import Inspection, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Master:
    """A golden part, known to be good, or a challenge part, known to be wrong for the order.

    part_number  what it truly is; empty where nobody has said
    verdict      what it has to get: PASS for a golden part, REJECT for a challenge part
    id           what is written on it; empty where station.toml names none
    due          the last day (UTC) on which it may be used without having been checked; None: always
    """

    part_number: str
    verdict: Verdict
    id: str = ""
    due: date | None = None

    @property
    def role(self) -> str:
        """The word for it."""
        return "golden" if self.verdict is Verdict.PASS else "challenge"

    def told(self, **more: Any) -> dict[str, Any]:
        """What an event says of it."""
        due = self.due and self.due.isoformat()
        return {"id": self.id, "role": self.role, "part_number": self.part_number, "due": due, **more}

    def __str__(self) -> str:
        return f"{self.role} part {self.id}".rstrip()


@dataclass(frozen=True, slots=True)
class Standing:
    """How verification stands, for whoever watches.

    since        when the gate was opened by parts that were shown (UTC); None while it is not
    wants        the part that is asked for now
    steps        parts that are asked for, in their order; the empty stage comes after them
    done         how many of them were shown
    bypass_ends  until when (UTC) somebody has opened the gate without them
    """

    since: datetime | None = None
    wants: Master | None = None
    steps: tuple[Master, ...] = ()
    done: int = 0
    bypass_ends: datetime | None = None

    @property
    def is_bypassed(self) -> bool:
        """Whether somebody has opened the gate without them."""
        return self.bypass_ends is not None


UNNAMED = (Master("", Verdict.PASS), Master("", Verdict.REJECT))


def needed(parts: Iterable[Master], expected: str) -> tuple[Master, ...]:
    """What is laid to verify an order: its golden parts, then every challenge part that is no such part.

    Empty where one of the two is missing: then these parts cannot verify this order.
    """
    golden = [part for part in parts if part.verdict is Verdict.PASS and part.part_number == expected]
    challenges = [part for part in parts if part.verdict is Verdict.REJECT and part.part_number != expected]
    return (*golden, *challenges) if golden and challenges else ()


def by_role(parts: Iterable[Master]) -> Mapping[str, tuple[str, ...]]:
    """What is written on them, by "golden" and "challenge"; empty where one of the two is missing."""
    named: dict[str, tuple[str, ...]] = {"golden": (), "challenge": ()}
    for part in parts:
        named[part.role] += (str(part),)
    return named if all(named.values()) else {}


class Result(StrEnum):
    """What came of a step, as the events of kind "verification" tell it."""

    ASKED = "asked"
    PASSED = "passed"
    AGAIN = "again"
    OVERDUE = "overdue"
    FAILED = "failed"
    VERIFIED = "verified"


def result_of(part: Master, inspection: Inspection) -> Result:
    """What a placement of this part shows. UNSURE shows nothing, but not for ever: a third time is a failure."""
    match part.verdict, inspection.reason:
        case (Verdict.PASS, Reason.NOT_VERIFIED):  # every gate but this one
            return Result.PASSED
        case (Verdict.REJECT, Reason.WRONG_PART | Reason.UNKNOWN_PART):
            return Result.PASSED
        case (Verdict.PASS, Reason.WRONG_PART | Reason.UNKNOWN_PART):
            return Result.FAILED
        case (Verdict.REJECT, Reason.NOT_VERIFIED | Reason.NONE):
            return Result.FAILED
    is_last = inspection.verdict is Verdict.UNSURE and inspection.measures.get("attempt", 1) >= LAST
    return Result.FAILED if is_last else Result.AGAIN
