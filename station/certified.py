"""What a certificate counts, page by page: a lot of a million parts takes no more memory than one of a thousand. Pure.

Lists are of what differs (models, operators), and of people's acts, which are few. Of the records themselves the newest
are listed; a hash over all of them stands for the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

from station.log.record import Row

LISTED = 2000  # records that are listed one by one, the newest
RECORD = ("sequence", "serial", "verdict", "reason", "record_hash")
JUDGED_BY = ("model", "part_number", "calibration")
OF_ALL = {
    "station": "station",
    "part_numbers": "part_number",
    "work_orders": "work_order",
    "lots": "lot",
    "operators": "operator",
    "models": "model",
    "recipes": "recipe",
    "calibrations": "calibration",
}
ACTS = {"held": "hold", "released": "release", "escapes": "escape"}


class Certified:
    """Takes the records in, oldest first, each page with what was done about its records."""

    def __init__(self) -> None:
        self.first = 0  # sequence of the first record
        self.judged_by: dict[tuple[str, ...], None] = {}  # what the parts were judged with
        self._seen = {name: dict[str, None]() for name in (*OF_ALL, "verifications")}
        self._counts, self._kinds, self._reasons = Counter[str](), Counter[str](), Counter[str]()
        self._masters = self._records = 0
        self._acts: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in ACTS}
        self._listed: deque[list[Any]] = deque(maxlen=LISTED)
        self._all = hashlib.sha256()
        self._is_simulated, self._is_synchronised = False, True
        self._times = ["", ""]

    def add(self, page: Sequence[Row], acts: Mapping[int, list[Row]]) -> None:
        """One more page."""
        for row in page:
            self._add(row, acts.get(row["sequence"], []))

    def _add(self, row: Row, acts: Sequence[Row]) -> None:
        self.first = self.first or row["sequence"]
        self._records += 1
        for name, column in OF_ALL.items():
            self._note(name, row[column])
        self._is_simulated |= row["is_simulated"]
        self._is_synchronised &= row["clock_synchronised"]
        times = sorted(filter(None, [*self._times, row["acquired_at"]]))  # a clock may have been set back
        self._times = [times[0], times[-1]]
        record = [row[name] for name in RECORD]
        self._listed.append(record)
        self._all.update(line(record))
        if any(act["kind"] == "verification" for act in acts):
            self._masters += 1
        else:
            self._add_part(row, acts)

    def _add_part(self, row: Row, acts: Sequence[Row]) -> None:
        self._counts[row["verdict"]] += 1
        self._kinds.update({act["kind"] for act in acts})
        if row["reason"]:
            self._reasons[row["reason"]] += 1
        self._note("verifications", row["verification"])
        self.judged_by[tuple(row[name] for name in JUDGED_BY)] = None
        for name, kind in ACTS.items():
            self._acts[name] |= {act["sequence"]: _act(row, act) for act in acts if act["kind"] == kind}

    def _note(self, name: str, value: str) -> None:
        if value:
            self._seen[name][value] = None

    def told(self) -> dict[str, Any]:
        """For the certificate."""
        return {
            "is_simulated": self._is_simulated,
            "clock_synchronised": self._is_synchronised,
            "first_at": self._times[0],
            "last_at": self._times[1],
            "counts": self._told_counts(),
            "reasons": dict(self._reasons),
            **{name: list(values) for name, values in self._seen.items()},
            **{name: list(found.values()) for name, found in self._acts.items()},
            "records": list(self._listed),
            "records_left_out": self._records - len(self._listed),
            "records_sha256": self._all.hexdigest(),
        }

    def _told_counts(self) -> dict[str, int]:
        verdicts = self._counts
        named = {"inspected": verdicts.total(), "passed": verdicts["PASS"], "rejected": verdicts["REJECT"]}
        named |= {"unsure": verdicts["UNSURE"], "released": self._kinds["release"], "escapes": self._kinds["escape"]}
        return named | {"verification_parts": self._masters}


def line(record: Sequence[Any]) -> bytes:
    """What is hashed of a record, for `records_sha256`: its RECORD as JSON without spaces, and the end of a line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _act(row: Row, act: Row) -> dict[str, Any]:
    """By whom and why."""
    named = {"record": row["sequence"], "serial": row["serial"], "at": act["at"], "by": act["operator"]}
    return named | {"reason": act["details"].get("reason", act["message"])}
