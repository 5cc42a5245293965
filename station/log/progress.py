"""How far something is that takes its time, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable

Tick = Callable[[str, int, int], None]  # what is done, steps done, steps in all; 0 where nobody knows


def silent(what: str, done: int, total: int) -> None:
    """A progress bar that nobody looks at."""
