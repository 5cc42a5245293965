"""What opens and closes the last gate: golden part passes, challenge part rejects, the empty stage says no part.

    GOLDEN ──every other gate passed──► CHALLENGE ──seen as the wrong part that it is──► DONE
       │                                    │
       └─ seen as a wrong part ─► FAILED ◄──┘ passed

All the while the line reads reject. The empty stage needs no step of its own: without it the trigger never arms again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from station.types import Inspection, Reason


class Step(StrEnum):
    """What is asked for next; the text is for the person at the stage."""

    GOLDEN = "Lay the golden part on the stage."
    CHALLENGE = "Lay the challenge part on the stage."
    DONE = ""
    FAILED = "Verification has failed. Look at the order, the bundle and the parts, then start the station again."


class Verification(Protocol):
    """The last gate."""

    @property
    def name(self) -> str:
        """What a record says of it."""

    @property
    def asks(self) -> str:
        """What the person at the stage has to do for it; empty when nothing."""

    def is_open(self, now: float) -> bool:
        """Whether a PASS may be told at this moment (monotonic seconds)."""

    def consider(self, inspection: Inspection, now: float) -> None:
        """Take note of a recorded inspection."""

    def restart(self, why: str = "") -> None:
        """Ask again from the beginning, and say why: what was shown is no longer true."""


class Verified:
    """The gate of a real stage; closed at first, open for `valid_for` seconds once both parts were told apart.

    A golden part that is taken for another, or a challenge part that is not, locks it: the two may have been exchanged
    in the network, and no further placement can tell.
    """

    def __init__(self, valid_for: float) -> None:
        self._valid_for = valid_for
        self._step = Step.GOLDEN
        self._why = ""  # it is asked for again
        self._until = 0.0
        self._golden = self._challenge = 0

    @property
    def name(self) -> str:
        if self._step is Step.DONE:
            return f"golden in record {self._golden}, challenge in record {self._challenge}"
        return "not verified"

    @property
    def asks(self) -> str:
        return f"{self._why} {self._step}".strip() if self._step is Step.GOLDEN else self._step.value

    def is_open(self, now: float) -> bool:
        if self._step is Step.DONE and now >= self._until:
            self._step, self._why = Step.GOLDEN, ""
        return self._step is Step.DONE

    def consider(self, inspection: Inspection, now: float) -> None:
        passed = inspection.reason is Reason.NOT_VERIFIED  # every gate but this one
        wrong = inspection.reason is Reason.WRONG_PART
        match self._step:
            case Step.GOLDEN if passed:
                self._step, self._golden = Step.CHALLENGE, inspection.sequence
            case Step.CHALLENGE if wrong:
                self._step, self._challenge = Step.DONE, inspection.sequence
                self._until = now + self._valid_for
            case Step.GOLDEN if wrong:
                self._step = Step.FAILED
            case Step.CHALLENGE if passed:
                self._step = Step.FAILED

    def restart(self, why: str = "") -> None:
        self._step, self._why = Step.GOLDEN, why


class Waived:
    """No gate, where there is no stage to verify; every record says so."""

    asks = ""

    def __init__(self, why: str) -> None:
        self.name = f"waived: {why}"

    def is_open(self, now: float) -> bool:  # noqa: ARG002 - the gate is always open
        return True

    def consider(self, inspection: Inspection, now: float) -> None:
        """A gate that is always open learns nothing."""

    def restart(self, why: str = "") -> None:
        """Nothing was shown."""
