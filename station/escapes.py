"""What is known today of wrong parts that pass: the bound of the bundle's card, and what was laid since to verify.

A challenge part that is presented as the expected one is a trial, as a picture that training held back is. Each counts
once a day at the most: placements of one part within a session are not independent of each other. They are one
specimen all the same, so the sentence says of how many.

A bound lapses with the calibration that its pictures were taken under. Another model has a bound of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from models.bound import Bound
from station.bundles import Bundles
from station.log import queries
from station.types import Reason, Verdict

# a challenge part that failed for another reason than the last gate was stopped by a gate before it
PASSED = (Reason.NONE.value, Reason.NOT_VERIFIED.value)

CHALLENGES = """
SELECT json_extract(events.details, '$.part.id') AS id, json_extract(events.details, '$.part.part_number') AS actual,
  substr(events.at, 1, 10) AS day, inspections.verdict, inspections.reason
FROM events JOIN inspections ON inspections.sequence = json_extract(events.details, '$.record')
WHERE events.kind = 'verification' AND json_extract(events.details, '$.step') = 'challenge'
  AND inspections.model = ? AND inspections.calibration = ? AND inspections.part_number = ?
"""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge part that was laid: its id, what it truly is, on which UTC day, and whether it would have passed."""

    id: str
    actual: str
    day: str
    escaped: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one expected part number.

    bound      of the card, with the trials of later verifications
    later      how many of its trials are theirs
    specimens  how many different challenge parts these were of
    lapsed     why the bound of the card says nothing here; empty when it stands
    """

    part_number: str
    bound: Bound
    later: int = 0
    specimens: int = 0
    lapsed: str = ""

    def sentence(self) -> str:
        """In words, for whoever answers for what is shipped."""
        if self.lapsed:
            return f"How many {self.bound.against} pass as {self.part_number} is not known: {self.lapsed}."
        said = self.bound.sentence(self.part_number)
        if not self.later:
            return said
        return f"{said} {self.later} of the trials are of later verifications, with {self.specimens} challenge part(s)."

    def told(self) -> dict[str, Any]:
        """As JSON."""
        more = {"later": self.later, "specimens": self.specimens, "lapsed": self.lapsed or None}
        return {"part_number": self.part_number, **self.bound.told(), **more, "sentence": self.sentence()}


def known(part_number: str, bound: Bound, calibration: str, challenges: Iterable[Challenge]) -> Known:
    """What is known where this calibration is active. Pure.

    bound       of this part number, from the card of the model in use
    challenges  that were laid with this model and calibration, while this part number was expected
    """
    if bound.calibration and bound.calibration != calibration:
        was, now = bound.calibration.partition(" ")[0], calibration.partition(" ")[0]
        lapsed = (
            f"its bound was measured under calibration {was}, and {now} is active; collect anew, and teach or train"
        )
        return Known(part_number, bound, lapsed=lapsed)
    trials: dict[tuple[str, str], bool] = {}
    for each in challenges:
        if each.actual == bound.against:
            trials[each.id, each.day] = trials.get((each.id, each.day), False) or each.escaped
    days = {day for _, day in trials}
    more = replace(
        bound,
        trials=bound.trials + len(trials),
        escapes=bound.escapes + sum(trials.values()),
        sessions=bound.sessions + len(days),
    )
    return Known(part_number, more, len(trials), len({part for part, _ in trials}))


def of_log(log: sqlite3.Connection, bundles: Bundles) -> Known | None:
    """What is known of what the log's last inspection expected; None before the first. Raises BundleError."""
    last = queries.search(log, queries.Search(), limit=1)
    if not last:
        return None
    model, calibration, part_number = (last[0][name] for name in ("model", "calibration", "part_number"))
    bound = bundles.named(model).bounds[part_number]
    return known(part_number, bound, calibration, challenges(log, model, calibration, part_number))


def challenges(log: sqlite3.Connection, model: str, calibration: str, part_number: str) -> list[Challenge]:
    """The challenge parts that the log tells of, of one model, calibration and expected part number."""
    rows = log.execute(CHALLENGES, [model, calibration, part_number])
    return [
        Challenge(row["id"], row["actual"], row["day"], row["verdict"] == Verdict.PASS or row["reason"] in PASSED)
        for row in rows
    ]
