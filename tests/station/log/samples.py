"""Inspections and pictures that a log can keep, as small as they come."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from station.log import queries
from station.log.record import uuid7
from station.log.verify import Report, verify
from station.types import Inspection, Pictures
from tests.station.factories import AT, inspection


class StoppedClock:
    """A clock that says what it is told."""

    def __init__(self) -> None:
        self.at = AT

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> Any:
        return self.at

    def is_synchronised(self) -> bool:
        return True

    def sleep(self, seconds: float) -> None:
        raise AssertionError("the log never waits")


def judged(**changes: Any) -> Inspection:
    """An inspection of its own; PASS unless the changes say otherwise."""
    at = changes.get("acquired_at", AT)
    return inspection(**{"inspection_id": uuid7(at), "score": 0.9, "distance": 0.1} | changes)


def pictures(number: int = 0) -> Pictures:
    """The log never decodes them, so any bytes will do."""
    return Pictures(b"\x89PNG patch %d " % number * 500, b"\xff\xd8 frame %d " % number * 2000)


def sha256(content: bytes | None) -> str:
    assert content is not None
    return hashlib.sha256(content).hexdigest()


def archived(data: Path) -> set[str]:
    """The hashes of all pictures that bear a name, each checked against its content."""
    paths = [path for path in (data / "pictures").glob("[0-9]*/*/*/*") if path.is_file()]
    for path in paths:
        assert sha256(path.read_bytes()) == path.stem, f"{path} is torn"
    return {path.stem for path in paths}


def proof(data: Path, **options: Any) -> Report:
    """What `verify` finds of the log in a data folder; `options` are its own."""
    with queries.reading(data) as rows:
        return verify(rows, data, **options)
