"""The bench's own time: it passes only when somebody waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


class SimulatedClock:
    """A Clock that jumps instead of waiting, so that hours of bench pass in minutes and always alike.

    start  UTC of monotonic second 0
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0

    def monotonic(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def is_synchronised(self) -> bool:
        return False  # nobody can trust a made-up time

    def sleep(self, seconds: float) -> None:
        self._elapsed += max(0.0, seconds)
