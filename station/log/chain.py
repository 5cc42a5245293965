"""The hash chain: what is hashed of a record, and how one record holds on to the one before. Pure.

Inspections, events and signed heads stand in one chain, in the order of their sequence; a head stands behind the record
that it signs.

    content      JSON array: table, every column but the reals and the two hashes, in the order of the schema; behind it
                 a JSON array of the reals. No spaces, text as it is, a real as the shortest decimal that reads back
    record_hash  SHA-256 of prev_hash, a line feed, content; hexadecimal
    prev_hash    the hash of what stands before it: a record's, or a head's; 64 zeros where nothing does

SQLite writes the same text by itself (`content_sql`), several times as fast; `content` is what counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

ZEROS = "0" * 64  # before the first record
HASHES = ("prev_hash", "record_hash")
REALS: Mapping[str, tuple[str, ...]] = {
    "inspections": ("score", "distance", "decision_ms"),
    "events": (),
    "heads": (),
}
TEXTS: Mapping[str, tuple[str, ...]] = {
    "inspections": (
        "sequence",
        "inspection_id",
        "acquired_at",
        "decided_at",
        "station",
        "operator",
        "work_order",
        "lot",
        "serial",
        "part_number",
        "predicted_part_number",
        "verdict",
        "reason",
        "advice",
        "measures",
        "image_sha256",
        "frame_sha256",
        "trigger",
        "source",
        "model",
        "recipe",
        "calibration",
        "verification",
        "is_simulated",
        "clock_synchronised",
    ),
    "events": ("sequence", "at", "clock_synchronised", "kind", "message", "operator", "details"),
    "heads": ("sequence", "number", "at", "why", "record_hash", "public_key", "signature"),
}
SIGNED = TEXTS["heads"][:-1]  # all of a head but its signature

FIRST = "chain_begun"  # the kind of event of a chain that does not begin at 1


def content(table: str, row: Mapping[str, Any]) -> str:
    """What is hashed of a row, whose columns are named as in the schema."""
    return _texts([table, *(row[column] for column in TEXTS[table])]) + reals([row[name] for name in REALS[table]])


def content_sql(table: str) -> str:
    """The SQL expression for the part of `content` before the reals."""
    return f"json_array('{table}', {', '.join(TEXTS[table])})"


def reals(values: Sequence[float | None]) -> str:
    """The part of `content` behind the others; nothing where a table has no reals."""
    return f"[{','.join('null' if value is None else repr(float(value)) for value in values)}]" if values else ""


def link(before: str, told: str) -> str:
    """The hash of a record: of the hash before it and of its content."""
    return hashlib.sha256(f"{before}\n{told}".encode("utf-8", "surrogatepass")).hexdigest()


def begins(table: str, told: str) -> bool:
    """Whether an element may begin a chain though its sequence is not 1: by its kind, not by a name in it.

    told  its content
    """
    return table == "events" and json.loads(told)[1 + TEXTS["events"].index("kind")] == FIRST


def to_sign(head: Mapping[str, Any]) -> bytes:
    """What the station signs of a head."""
    return _texts(["heads", *(head[column] for column in SIGNED)]).encode()


def tail_to_sign(sequence: int, end: str, public_key: str) -> bytes:
    """What the station signs with every commit: where the chain ends."""
    return _texts(["tail", sequence, end, public_key]).encode()


def _texts(values: Sequence[Any]) -> str:
    plain = [int(value) if isinstance(value, bool) else value for value in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
