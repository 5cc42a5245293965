"""Values that tests need whole and do not care about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from station.types import Inspection, Order, Reason, TriggerSource, Verdict

AT = datetime(2026, 1, 5, 6, 7, 8, 123456, tzinfo=UTC)

INSPECTION = Inspection(
    inspection_id="019b8c6f-0000-7000-8000-000000000000",
    acquired_at=AT,
    decided_at=AT,
    station="test",
    order=Order("A", work_order="4711"),
    trigger=TriggerSource.PRESENCE,
    verdict=Verdict.PASS,
    reason=Reason.NONE,
)


def inspection(**changes: Any) -> Inspection:
    """A PASS, or what the changes make of it."""
    return replace(INSPECTION, **changes)
