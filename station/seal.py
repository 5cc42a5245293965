"""Signs the head of the chain now and then: every minute, and when an order is closed, always between two placements.

What is recorded in between is bound by the chain, and signed with the next head; the log itself signs when it is
closed, and never lets more than a thousand records pass without (see log/store.py).
"""

from __future__ import annotations

from station.log.store import TraceabilityLog
from station.loop import Station
from station.types import Order

EVERY = 60.0  # seconds


class Seal:
    """Looks at the clock and at the order; costs nothing while there is nothing new to sign."""

    def __init__(self, log: TraceabilityLog) -> None:
        self._log = log
        self._next = 0.0
        self._order: Order | None = None

    def look(self, station: Station) -> None:
        """Sign if it is time. Raises LogError, and then the next look tries again."""
        now, former = station.clock.monotonic(), self._order
        if former is not None and _named(former) != _named(station.order):
            self._log.sign(f"close of order {former.work_order or former.part_number}")
        elif now >= self._next and self._log.unsigned:
            self._log.sign("interval")
        else:
            self._order = station.order
            return
        self._order, self._next = station.order, now + EVERY


def _named(order: Order | None) -> tuple[str, str, str] | None:
    """What makes an order this one; who works at it, and on which serial, does not close it."""
    return None if order is None else (order.work_order, order.part_number, order.lot)
