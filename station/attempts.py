"""A part that was UNSURE may be laid again, twice; then it is put aside, on hold. Pure.

A golden or challenge part is never on hold: three times UNSURE fails the verification (masters.py), but of one that is
overdue, which shows nothing anyway.

Attempts at one part are no independent trials. Counting them changes no verdict: a REJECT ends the series as a PASS
does, and PASS needs every gate each time. Nobody can see whether it is truly the same part that comes back, so the
count goes by what follows what on the stage.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from station.recipe import Decision
from station.types import Inspection, Note, Reason, Verdict

RETRIES = 2
LAST = 1 + RETRIES
HOLD = "Put the part aside, on hold."
FAILED = (
    "UNSURE three times: verification has failed. "
    "Clean the part, ask for verification again and lay it anew; if it stays UNSURE, call the technician."
)
STILL_DUE = "UNSURE three times: verification has not failed, but is still to be done."
WIPE = "Too close to call again. Wipe the part and lay it in the middle of the stage."


class Attempts:
    """Counts the attempts at one part.

    within  seconds of empty stage within which a part that was UNSURE comes back; what comes later is a new part
    notes   the holds that are still to be recorded, oldest first
    """

    def __init__(self, within: float = 60.0) -> None:
        self._within = within
        self._records: list[int] = []  # of this part's attempts, all of them UNSURE
        self._empty_since: float | None = None
        self._wanted: object = None
        self.notes: deque[Note] = deque()

    def number(self, now: float, wanted: object = None) -> int:
        """Which attempt, 1 to 3, what lies on the stage now (monotonic seconds) is.

        wanted  the golden or challenge part that is asked for, None in production: another one begins anew
        """
        is_late = self._empty_since is not None and now - self._empty_since > self._within
        if is_late or wanted != self._wanted:
            self.forget()
        self._wanted = wanted
        return 1 + len(self._records)

    def saw_empty(self, now: float) -> None:
        """The stage is seen to be empty."""
        if self._empty_since is None:
            self._empty_since = now

    def consider(self, inspection: Inspection) -> None:
        """Take note of a recorded inspection."""
        self._empty_since = None
        if inspection.verdict is not Verdict.UNSURE:
            self.forget()
            return
        self._records.append(inspection.sequence)
        if len(self._records) == LAST:
            if self._wanted is None:  # a golden or challenge part has failed, and is no part to be released
                self.notes.append(_hold(inspection, self._records))
            self.forget()

    def forget(self) -> None:
        """What comes next is another part."""
        self._records = []


def advised(decision: Decision, attempt: int, last: str = HOLD) -> Decision:
    """The same verdict, with what to do about it at this attempt: turn; wipe and centre; lay aside.

    last  what to do about it after the last attempt; of a golden or challenge part the gate says it
    """
    if decision.verdict is not Verdict.UNSURE:
        return decision
    is_close = decision.reason is Reason.TOO_CLOSE
    if attempt >= LAST:
        return replace(decision, advice=last if is_close else f"{last} {decision.advice}")
    return replace(decision, advice=WIPE) if is_close and attempt > 1 else decision


def _hold(last: Inspection, records: list[int]) -> Note:
    told = ", ".join(map(str, records))
    order = last.order
    return Note(
        "hold",
        f"The part of the records {told} is on hold: UNSURE {LAST} times, at last {last.reason.words}.",
        {"records": list(records), "part_number": order.part_number, "work_order": order.work_order, "lot": order.lot},
    )
