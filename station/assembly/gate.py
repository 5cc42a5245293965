"""What verifies the station: golden and challenge parts, as station.toml names them."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from station.errors import ConfigError
from station.log import queries
from station.masters import UNNAMED, Master, needed
from station.orders.store import NOTHING, wanted
from station.types import Clock, Order, Verdict
from station.verification import Verified

if TYPE_CHECKING:
    from station.config import Configuration


def make_verification(configuration: Configuration, clock: Clock) -> Verified:
    """The gate, with the golden and challenge parts of the order; where none are configured, with unnamed ones."""
    expected = configuration.order.part_number
    hours = configuration.verification.hours
    return Verified(hours * 3600.0, masters(configuration, expected) if expected else (), clock)


def named(configuration: Configuration) -> list[Master]:
    """All golden and challenge parts of station.toml, whatever is run."""
    table = configuration.verification.part
    return [Master(part.part_number, Verdict(part.verdict), part.id, part.due) for part in table]


def masters(configuration: Configuration, expected: str) -> tuple[Master, ...]:
    """The golden and challenge parts that verify an order. Raises ConfigError where those that are named cannot."""
    every = named(configuration)
    parts = needed(every, expected)
    if every and not parts:
        raise ConfigError(
            [f"station.toml names no golden part {expected}, or no challenge part beside it; add [[verification.part]]"]
        )
    return parts or UNNAMED


def stay_failed(verification: Verified, data: Path, order: Order) -> None:
    """A verification of this order that had failed when the station stopped is failed still. Raises LogError."""
    if failed := had_failed(data, order):
        verification.stay_failed(failed)


def had_failed(data: Path, order: Order) -> str | None:
    """What the log tells of this order's verification that failed, and that nobody asked anew for. Raises LogError."""
    with queries.reading(data) as rows:
        failed = queries.failed_verification(rows)
        shown = failed and queries.show(rows, str(failed["details"].get("record", 0)))
    of = shown and (shown["part_number"], shown["work_order"])
    is_another = bool(of and order.part_number and of != (order.part_number, order.work_order))
    return failed["message"] if failed and not is_another else None


def order_at_start(configuration: Configuration) -> Order:
    """The order that the station runs when it is started now: the one that ran, else that of station.toml."""
    table, want = configuration.order, NOTHING
    with suppress(sqlite3.Error, OSError):  # who uses the orders says so
        want = wanted(configuration.data)
    if want.order:
        return Order(want.order.part_number, want.order.work_order, want.order.lot, operator=table.operator)
    if want != NOTHING:  # it was closed, and no other begun
        return Order("", operator=table.operator)
    return Order(table.part_number, table.work_order, table.lot, operator=table.operator)
