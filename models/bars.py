"""Progress, for people who wait."""

from __future__ import annotations

import sys
from typing import Any

import click


class Bars:
    """A progress bar for each thing that is done in turn; called with what, steps done, steps in all."""

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self.close()
            self._what, self._bar = what, click.progressbar(length=total, label=what.ljust(30), file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def close(self) -> None:
        """End the last one."""
        if self._bar is not None:
            self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(None, None, None)
            self._bar = None
