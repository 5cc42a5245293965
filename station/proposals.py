"""Bundles that a technician proposes and a supervisor answers for, as the log tells of them.

A recipe (thresholds, gates) is part of its bundle, so who approves a bundle approves the recipe. The proposal is an act
in the log, and so is the answer; the bundle itself lies staged in the data folder from the proposal on.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from station.log import queries
from station.people import Person, Role

PROPOSAL, APPROVAL, REFUSAL = "proposal", "approval", "proposal_refused"
LOOKED_AT = 200  # newest proposals and answers
MAY_APPROVE = frozenset({Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One bundle that somebody proposed.

    event   its sequence in the log
    bundle  the folder among the staged ones
    at      UTC, as text
    answer  approval or proposal_refused; empty while nobody has answered
    """

    event: int
    bundle: str
    sha256: str
    part_numbers: tuple[str, ...]
    by: str
    at: str
    reason: str
    answer: str = ""
    answered_by: str = ""
    answered_at: str = ""
    answered_why: str = ""


def proposals(rows: sqlite3.Connection) -> list[Proposal]:
    """Newest first."""
    found: dict[int, Proposal] = {}
    for event in reversed(queries.events(rows, limit=LOOKED_AT, kinds=(PROPOSAL, APPROVAL, REFUSAL))):
        details, answered = event["details"], event["details"].get("proposal")
        if event["kind"] == PROPOSAL:
            named = (details["bundle"], details["sha256"], tuple(details["part_numbers"]))
            found[event["sequence"]] = Proposal(
                event["sequence"], *named, event["operator"], event["at"], details["reason"]
            )
        elif answered in found:
            told = {"answered_by": event["operator"], "answered_at": event["at"], "answered_why": details["reason"]}
            found[answered] = replace(found[answered], answer=event["kind"], **told)
    return sorted(found.values(), key=lambda each: -each.event)


def acts_at_once(person: Person | None) -> bool:
    """Whether somebody's wish needs nobody else: a supervisor's, and that of who has no account, only the computer."""
    return person is None or (person.role in MAY_APPROVE and person.is_enabled)
