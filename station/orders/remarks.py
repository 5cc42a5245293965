"""What a person says of a placement: that the part is in the red bin, or that the verdict is not right.

The record stays as it is. Each is an act that names the record, once; a part that somebody disagrees with is on hold.
"""

from __future__ import annotations

from station.errors import OrderError
from station.log.record import Row
from station.orders.store import Orders
from station.types import Verdict

RED_BIN, OVERRIDE = "red_bin", "override"
REASONS = {
    "right_part": "It is the right part",
    "wrong_part": "It is a wrong part",
    "damaged": "It is damaged or dirty",
    "other": "Something else is wrong",
}


def in_red_bin(orders: Orders, row: Row, by: str) -> bool:
    """The rejected part of this record lies where rejects belong; False if that was said before. Raises OrderError."""
    if row["verdict"] != Verdict.REJECT:
        raise OrderError(f"Record {row['sequence']} is {row['verdict']}; only a rejected part goes into the red bin.")
    said = f"The part of record {row['sequence']} is in the red bin"
    return orders.say(row["inspection_id"], RED_BIN, "", by, [(RED_BIN, said)], **_told(row))


def disagree(orders: Orders, row: Row, reason: str, by: str) -> bool:
    """The verdict of this record is not right, and the part goes on hold; as `in_red_bin`."""
    if reason not in REASONS:
        raise OrderError("Choose a reason from the list.")
    what = f"{row['verdict']} {row['reason']}".rstrip()
    said = f"{by} disagrees with {what} of record {row['sequence']}: {REASONS[reason]}"
    held = f"The part of record {row['sequence']} is on hold: {by} disagrees with {what}"
    acts = [(OVERRIDE, said), ("hold", held)]
    return orders.say(row["inspection_id"], OVERRIDE, reason, by, acts, **_told(row), why=reason)


def _told(row: Row) -> dict[str, object]:
    named = ("verdict", "reason", "part_number", "work_order", "lot")
    return {"record": row["sequence"], "records": [row["sequence"]]} | {name: row[name] for name in named}
