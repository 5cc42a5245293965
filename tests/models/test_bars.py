"""A progress bar is for people who wait: before a terminal it is drawn, into a file nothing is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from models.bars import Bars


def use(bars: Bars) -> None:
    """Two things done in turn, then a third, item by item."""
    for what in ("Reading", "Learning"):
        for done in range(4):
            bars(what, done, 3)
    assert list(bars.along("Judging", "abc", 3)) == ["a", "b", "c"]


def read(far: int) -> Iterator[str]:
    """What came to the far end of a terminal whose near end is closed."""
    with suppress(OSError):  # the end, on Linux
        while piece := os.read(far, 4096):
            yield piece.decode()
    os.close(far)


def test_into_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "said").open("w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        use(Bars())
    assert (tmp_path / "said").read_text() == ""


def test_before_a_terminal_each_thing_has_a_bar_that_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = os.openpty()
    with os.fdopen(near, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        use(Bars())
    drawn = "".join(read(far))
    for what in ("Reading", "Learning", "Judging"):
        assert f"{what:30}  [####################################]" in drawn
