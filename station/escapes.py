"""What is known today of wrong parts that pass: the bound of the bundle's card, and what was laid since to verify.

A challenge part that is presented as the expected one is a trial, as a specimen is whose pictures training held back.
Each counts once, however many shifts it was laid in: a hundred days with one part bound nothing for another. It escapes
if any of its placements would have. A placement that shows nothing (a poor picture, a part whose date is past) is no
trial.

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
from station.masters import Result
from station.types import Reason, Verdict

# a challenge part that failed for another reason than the last gate was stopped by a gate before it
PASSED = (Reason.NONE.value, Reason.NOT_VERIFIED.value)
SHOWS_NOTHING = (Reason.POOR_PICTURE.value, Reason.FAULT.value)

CHALLENGES = """
SELECT json_extract(events.details, '$.part.id') AS id, json_extract(events.details, '$.part.part_number') AS actual,
  substr(events.at, 1, 10) AS day, json_extract(events.details, '$.result') AS result,
  inspections.verdict, inspections.reason
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
    later      how many of its trials are theirs: so many challenge parts
    lapsed     why the bound of the card says nothing here; empty when it stands
    """

    part_number: str
    bound: Bound
    later: int = 0
    lapsed: str = ""

    def sentence(self) -> str:
        """In words, for whoever answers for what is shipped."""
        if self.lapsed:
            return f"How many {self.bound.against} pass as {self.part_number} is not known: {self.lapsed}."
        said = self.bound.sentence(self.part_number)
        if not self.later:
            return said
        return f"{said} {self.later} of the trials are challenge part(s) of later verifications."

    def told(self) -> dict[str, Any]:
        """As JSON."""
        more = {"later": self.later, "lapsed": self.lapsed or None}
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
    own = [each for each in challenges if each.actual == bound.against]
    trials = {each.id: False for each in own} | {each.id: True for each in own if each.escaped}
    more = replace(
        bound,
        trials=bound.trials + len(trials),
        escapes=bound.escapes + sum(trials.values()),
        sessions=bound.sessions + len({each.day for each in own}),
    )
    return Known(part_number, more, len(trials))


def of_log(log: sqlite3.Connection, bundles: Bundles) -> Known | None:
    """What is known of what the log's last inspection expected; None where that is nothing. Raises BundleError."""
    last = queries.search(log, queries.Search(), limit=1)
    if not last or not last[0]["part_number"]:  # before the first, or laid while there was no order
        return None
    model, calibration, part_number = (last[0][name] for name in ("model", "calibration", "part_number"))
    bound = bundles.named(model).bounds[part_number]
    return known(part_number, bound, calibration, challenges(log, model, calibration, part_number))


def challenges(log: sqlite3.Connection, model: str, calibration: str, part_number: str) -> list[Challenge]:
    """The challenge parts that the log tells of, of one model, calibration and expected part number."""
    laid = (
        (Challenge(row["id"], row["actual"], row["day"], _escaped(row["verdict"], row["reason"])), row)
        for row in log.execute(CHALLENGES, [model, calibration, part_number])
    )
    return [each for each, row in laid if each.escaped or _shows(row["result"], row["reason"])]


def _escaped(verdict: str, reason: str) -> bool:
    return verdict == Verdict.PASS or reason in PASSED


def _shows(result: str, reason: str) -> bool:
    """Whether the station has judged the part, and it was known which."""
    return result != Result.OVERDUE and reason not in SHOWS_NOTHING
