"""What the program has to say is one line an event, with a level that journald knows."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from station import journal
from station.journal import priority


@pytest.fixture
def root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_error_with_its_traceback_is_one_line(root: None) -> None:
    out = io.StringIO()
    journal.keep(out, {})
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("station.x").exception("it\nfailed")
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert (told["level"], told["from"], told["message"]) == ("error", "station.x", "it\nfailed")
    assert "ValueError" in told["error"]


def test_in_the_journal_a_line_begins_with_its_level(root: None) -> None:
    out = io.StringIO()
    journal.keep(out, {"JOURNAL_STREAM": "8:1"})
    logging.getLogger("station.x").warning("mind")
    assert out.getvalue().startswith('<4>{"level": "warning"')


@pytest.mark.parametrize(("level", "number"), [(10, 7), (20, 6), (30, 4), (40, 3), (50, 3)])
def test_levels_are_those_of_syslog(level: int, number: int) -> None:
    assert priority(level) == number
