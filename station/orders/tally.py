"""How much of the running order is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from station.types import Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """So many passed of so many; a quantity of 0 is without end, as of the order that station.toml fixes.

    Beyond its quantity nothing of an order passes: the line reads reject until it is closed, or another is begun.
    """

    quantity: int = 0
    passed: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the quantity is reached."""
        return 0 < self.quantity <= self.passed

    @property
    def asks(self) -> str:
        """What there is to do about it; empty while parts are wanted."""
        if not self.is_full:
            return ""
        return f"The order is complete: {self.passed} of {self.quantity} passed. Close it, or choose another."

    def counted(self, verdict: Verdict) -> Tally:
        """With one more placement."""
        return replace(self, passed=self.passed + (verdict is Verdict.PASS))

    def held(self) -> Tally:
        """With a passed part put on hold, which is not one of the quantity any more."""
        return replace(self, passed=max(0, self.passed - 1))
