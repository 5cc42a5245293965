"""What verifies the station: golden and challenge parts, as station.toml names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station.errors import ConfigError
from station.masters import UNNAMED, Master, needed
from station.types import Clock, Verdict
from station.verification import Verified

if TYPE_CHECKING:
    from station.config import Configuration


def make_verification(configuration: Configuration, clock: Clock) -> Verified:
    """The gate, with the golden and challenge parts of the order; where none are configured, with unnamed ones."""
    expected = configuration.order.part_number
    hours = configuration.verification.hours
    return Verified(hours * 3600.0, masters(configuration, expected) if expected else (), clock)


def masters(configuration: Configuration, expected: str) -> tuple[Master, ...]:
    """The golden and challenge parts that verify an order. Raises ConfigError where those that are named cannot."""
    table = configuration.verification.part
    parts = needed([Master(part.part_number, Verdict(part.verdict), part.id, part.due) for part in table], expected)
    if table and not parts:
        raise ConfigError(
            [f"station.toml names no golden part {expected}, or no challenge part beside it; add [[verification.part]]"]
        )
    return parts or UNNAMED
