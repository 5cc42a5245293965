"""One inspection ↔ one row. What is written here is what years later can be read back."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from station.types import Clock, Inspection, Order, Reason, TriggerSource, Verdict

Row = dict[str, Any]

_ORDER = tuple(Order.__dataclass_fields__)
_OWN = tuple(name for name in Inspection.__dataclass_fields__ if name not in ("sequence", "order"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime) -> str:
    """An identifier that sorts by its time, down to the microsecond (RFC 9562, 5.7, with 6.2 method 3)."""
    milliseconds, rest = divmod(at - _EPOCH, timedelta(milliseconds=1))
    fraction = rest.microseconds * 4096 // 1000  # 12 bits below the millisecond
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)))


def time_text(at: datetime) -> str:
    """UTC, microseconds, `2026-01-05T06:07:08.123456Z`; sorts as it reads. Raises ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"the time {at} does not say its zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_row(inspection: Inspection) -> Row:
    """The values of the columns, but for sequence and hashes, which the log gives.

    A number that is not finite becomes NULL: SQLite and JSON know no NaN, and the schema refuses a PASS without it.
    """
    row: Row = {name: getattr(inspection, name) for name in _OWN}
    row |= {name: getattr(inspection.order, name) for name in _ORDER}
    row |= {
        "acquired_at": time_text(inspection.acquired_at),
        "decided_at": time_text(inspection.decided_at),
        "score": _finite(inspection.score),
        "distance": _finite(inspection.distance),
        "measures": json.dumps(
            {name: _finite(value) for name, value in inspection.measures.items()}, ensure_ascii=False
        ),
    }
    return {column: _text(value) if isinstance(value, str) else value for column, value in row.items()}


def event_row(clock: Clock, kind: str, message: str, operator: str, details: Mapping[str, Any]) -> Row:
    """The same for an event of now. A start, stop or fault has no operator."""
    return {
        "at": time_text(clock.now()),
        "clock_synchronised": clock.is_synchronised(),
        "kind": kind,
        "message": _text(message),
        "operator": _text(operator),
        "details": _text(_json(details)),
    }


def from_row(columns: Mapping[str, Any]) -> Row:
    """A row as SQLite gives it → one that JSON takes: booleans, and objects where JSON text was kept."""
    row = dict(columns)
    for column in {"is_simulated", "clock_synchronised"} & row.keys():
        row[column] = bool(row[column])
    for column in {"measures", "details"} & row.keys():
        row[column] = json.loads(row[column])
    return row


def happened_at(event: Row) -> str:
    """When it happened: a fault that the log could not take at once is recorded later."""
    return str(event["details"].get("happened_at", event["at"]))


def to_inspection(row: Row) -> Inspection:
    """The inspection that a row of `from_row` tells of; a measure that was not finite comes back as NaN."""
    fields = {name: row[name] for name in ("sequence", *_OWN)} | {
        "order": Order(**{name: row[name] for name in _ORDER}),
        "acquired_at": datetime.fromisoformat(row["acquired_at"]),
        "decided_at": datetime.fromisoformat(row["decided_at"]),
        "trigger": TriggerSource(row["trigger"]),
        "verdict": Verdict(row["verdict"]),
        "reason": Reason(row["reason"]),
        "measures": {name: math.nan if value is None else value for name, value in row["measures"].items()},
    }
    return Inspection(**fields)


def _json(values: Mapping[str, Any]) -> str:
    """JSON text, whatever the values: what JSON does not know is told by its name, and no number is NaN."""
    known = json.loads(json.dumps(values, default=str), parse_constant=lambda _: None)
    return json.dumps(known, ensure_ascii=False)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _text(value: str) -> str:
    """A file name may hold bytes that are no UTF-8; they are kept as readable escapes."""
    return value.encode("utf-8", "backslashreplace").decode()
