"""Progress, for people who wait."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import click

T = TypeVar("T")


class Bars:
    """A progress bar for each thing that is done in turn; called with what, steps done, steps in all.

    Nobody waits before a file or a journal: where standard error is no terminal, nothing is written there.
    """

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
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

    def along(self, what: str, items: Iterable[T], total: int) -> Iterator[T]:
        """The items, one after the other, with a bar of their own."""
        try:
            for done, item in enumerate(items, start=1):
                self(what, done, total)
                yield item
        finally:
            self.close()
