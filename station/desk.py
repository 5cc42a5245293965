"""What a supervisor does about a record: release a held part, enter an escape, approve a bundle, say how long to keep.

Nothing that was recorded is changed: each is an event of its own, with a reason, and refers to the record by `record`
among its details. It goes the way of every person's act: into the accounts first, and from there into the log by its
only writer; where no station runs, at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from station.accounts import Accounts, Once
from station.errors import AccountError, LogError
from station.log import queries
from station.log.alerts import ACKNOWLEDGED, alerts
from station.log.keeping import Terms
from station.log.record import Row
from station.log.store import is_in_use
from station.proposals import APPROVAL, PROPOSAL, REFUSAL, proposals
from station.types import Clock, SystemClock
from station.witness import MASTER, RELEASE, drain, recorded

PATIENCE = 10.0  # seconds until a running station has come between two placements

ANSWERED = Once((APPROVAL, REFUSAL), "of", "Somebody has answered this proposal already.")
NOTED = Once((ACKNOWLEDGED,), "of", "Somebody has taken note of this alert already.")


@dataclass(frozen=True, slots=True)
class Left:
    """An act that was left for the log.

    store, number, id  by which the log tells that it took it
    """

    store: str
    number: int
    id: str


class Desk:
    """The acts in one data folder. Every method raises AccountError, a sentence, for what may not be, or LogError."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self._data = data
        self._clock = clock or SystemClock()
        self._accounts = Accounts(data, self._clock)

    def release(self, record: int, by: str, reason: str) -> Left:
        """Let a part go that was rejected, unsure or held."""
        row, acts = self._record(record)
        if row["verdict"] == "PASS" and not any(act["kind"] == "override" for act in acts):
            raise AccountError(f"Record {record} is a PASS: there is nothing to release.")
        if any(act["kind"] == "verification" for act in acts):
            raise AccountError(MASTER.format(record=record))
        before = f"The part of record {record} was released before; `station log show {record}`."
        once = Once((RELEASE,), "of", before)
        if any(act["kind"] == RELEASE for act in acts):
            raise AccountError(before)
        was = f"{row['verdict']} {row['reason']}"
        told = f"The part of record {record} ({was}) was released"
        return self._leave(RELEASE, told, by, reason, row, once, was=was)

    def escape(self, record: int, by: str, reason: str, part_number: str = "") -> Left:
        """A part that passed turned out to be wrong; `part_number` is what it truly is, where that is known."""
        row, acts = self._record(record)
        if row["verdict"] != "PASS" and not any(act["kind"] == RELEASE for act in acts):
            raise AccountError(f"Record {record} is no PASS and was not released: its part cannot have escaped.")
        known = [act["details"].get("actual_part_number") for act in acts if act["kind"] == "escape"]
        if known and (not part_number or part_number in known):
            raise AccountError(
                f"The part of record {record} is an escape already; enter it again only to say what it truly is."
            )
        told = f"The part of record {record} is an escape"
        return self._leave("escape", told, by, reason, row, actual_part_number=part_number or None)

    def propose(self, bundle: str, sha256: str, part_numbers: Sequence[str], by: str, reason: str) -> Left:
        """A staged bundle, with its recipe, should be used: a supervisor answers."""
        told: dict[str, Any] = {"bundle": bundle, "sha256": sha256, "part_numbers": list(part_numbers)}
        return self._leave(PROPOSAL, f"The bundle {bundle} is proposed", by, reason, None, **told)

    def approve(self, bundle: str, sha256: str, by: str, reason: str, proposal: int | None = None) -> Left:
        """A bundle, with its recipe, may be used; `proposal` is the event by which somebody proposed it."""
        told, meant = self._answered(proposal), {"bundle": bundle, "sha256": sha256}
        if proposal is not None and not meant.items() <= told.items():
            raise AccountError(f"The proposal {proposal} is of another bundle; load the page again.")
        told |= meant
        once = None if proposal is None else ANSWERED
        return self._leave(APPROVAL, f"The bundle {bundle} was approved", by, reason, None, once, **told)

    def refuse(self, proposal: int, by: str, reason: str) -> Left:
        """A bundle that was proposed is not used."""
        told = self._answered(proposal)
        return self._leave(REFUSAL, f"The bundle {told['bundle']} was refused", by, reason, None, ANSWERED, **told)

    def retain(self, terms: Terms, by: str, reason: str) -> Left:
        """How long pictures are kept from now on, whatever station.toml says."""
        return self._leave("retention", f"Pictures are kept {terms}", by, reason, None, **asdict(terms))

    def acknowledge(self, event: int, by: str, remark: str = "") -> Left:
        """Take note of the alert that began with this event."""
        with queries.reading(self._data) as rows:
            found = next((alert for alert in alerts(rows) if alert.event == event), None)
            of = queries.hash_of(rows, event)
        if found is None:
            raise AccountError(f"There is no alert {event}; `station log alerts` lists them.")
        if not found.is_open:
            raise AccountError(f"{found.by} has taken note of this alert already.")
        if not by.strip():
            raise AccountError("Somebody takes note of it by name.")
        said = f"{by} has taken note: {found.message}" + (f": {remark.strip()}" if remark.strip() else "")
        more = {"alert": event, "of": of, "about": found.kind, "reason": remark.strip()}
        return Left(*self._accounts.note(ACKNOWLEDGED, said, by, NOTED, **more))

    def note(self, kind: str, message: str, by: str, reason: str, **details: Any) -> Left:
        """Any other act with a reason."""
        return self._leave(kind, message, by, reason, None, **details)

    def recorded(self, left: Left, patience: float = PATIENCE) -> int | None:
        """The sequence of the event that tells of an act; None if the station has not come to it in time."""
        until = time.monotonic() + patience
        while (found := self._found(left)) is None:
            if time.monotonic() > until:
                return None
            if is_in_use(self._data):
                time.sleep(0.05)
                continue
            try:
                drain(self._data, self._clock)
            except LogError:
                if not is_in_use(self._data):  # else a station has just started, and takes it instead
                    raise
        return found

    def _found(self, left: Left) -> int | None:
        with queries.reading(self._data) as rows:
            return recorded(rows, left.store, left.number, left.id)

    def _answered(self, proposal: int | None) -> dict[str, Any]:
        """What an answer tells of its proposal. Raises AccountError where there is none that waits for one."""
        if proposal is None:
            return {}
        with queries.reading(self._data) as rows:
            found = next((each for each in proposals(rows) if each.event == proposal), None)
            of = queries.hash_of(rows, proposal)
        if found is None:
            raise AccountError(f"There is no proposal {proposal}; `station model list` shows what waits.")
        if found.answer:
            raise AccountError(f"{found.answered_by} has answered this proposal already.")
        told = {"proposal": proposal, "of": of, "proposed_by": found.by}
        return told | {"bundle": found.bundle, "sha256": found.sha256}

    def _record(self, record: int) -> tuple[Row, list[Row]]:
        with queries.reading(self._data) as rows:
            row = queries.show(rows, str(record))
            if row is None:
                raise AccountError(f"There is no inspection {record} in {self._data}; `station log search` finds it.")
            return row, queries.acts_about(rows, record)

    def _leave(
        self, kind: str, message: str, by: str, reason: str, row: Row | None, once: Once | None = None, **details: Any
    ) -> Left:
        if not by.strip() or not reason.strip():
            raise AccountError("It needs a name and a reason: both are asked for years later.")
        if row is not None:
            named = ("part_number", "work_order", "lot", "serial", "is_simulated")
            details |= {"record": row["sequence"], "of": row["record_hash"], **{name: row[name] for name in named}}
        told = f"{message}: {reason.strip()}"
        return Left(*self._accounts.note(kind, told, by, once, reason=reason.strip(), **details))
