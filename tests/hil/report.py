"""What was shown, one JSON object a line, so that a machine that loses its power loses no result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNHEARD = 666  # the record that the host does not acknowledge


class Report:
    """A growing list of what was shown, in a file that guest and host share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def showing(self, what: str) -> Iterator[dict[str, Any]]:
        """Whatever is put into the dictionary is a figure; an exception is what went wrong."""
        figures: dict[str, Any] = {}
        trouble = ""
        try:
            yield figures
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        with self._path.open("a") as lines:
            lines.write(json.dumps({"what": what, "figures": figures, "trouble": trouble}) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """All that was shown so far."""
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []


def require(condition: bool, otherwise: str) -> None:
    """An assertion that says in words what was seen instead."""
    if not condition:
        raise AssertionError(otherwise)
