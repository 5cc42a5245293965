"""The log verified at the push of a button: by a program of its own, as nice as can be, that only reads.

`python -m station.web.proving DATA` writes a JSON object a line (see program.py), the report last. A thread of the same
process would share Python's lock with the pages, and every screen would feel it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.errors import LogError
from station.gentle import give_way
from station.log import queries
from station.log.verify import verify
from station.types import Clock
from station.web.program import Heard, Teller
from station.web.sentences import N_

STEPS: Mapping[str, str] = {
    "": N_("Begins"),
    "Chain": N_("Chain"),
    "Signatures": N_("Signatures"),
    "Tables": N_("Tables"),
    "Database": N_("Database"),
    "Pictures": N_("Pictures"),
}
BROKE_OFF = N_("The verification broke off; try again, and ask the technician if it comes back.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    report    what was found, once it is over; trouble, a sentence, where it could not be
    begun_at  local time; None before the first
    """

    is_running: bool = False
    step: str = ""
    done: int = 0
    total: int = 0
    report: Mapping[str, Any] | None = None
    trouble: str = ""
    begun_at: datetime | None = None
    by: str = ""


class Proving:
    """One verification at a time; the last result is kept until the next."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data, self._clock = data, clock
        self._turn = threading.Lock()
        self._program = Heard()
        self.progress = Progress()

    def begin(self, by: str) -> bool:
        """Whether it was begun: not while one runs."""
        with self._turn:
            if self.progress.is_running:
                return False
            self.progress = Progress(is_running=True, begun_at=self._clock.now().astimezone(), by=by)
        threading.Thread(target=self._run, name="proving", daemon=True).start()
        return True

    def close(self) -> None:
        """End what runs; nothing is lost, it only reads."""
        self._program.close()

    def _run(self) -> None:
        begun = self.progress
        told: dict[str, Any] = {}
        for told in self._program.lines("station.web.proving", str(self._data.absolute())):
            if "step" in told:
                self.progress = Progress(True, told["step"], told["done"], told["total"], None, "", begun.begun_at)
        self.progress = Progress(
            report=told.get("report"),
            trouble=told.get("trouble", "" if "report" in told else BROKE_OFF),
            begun_at=begun.begun_at,
            by=begun.by,
        )


def main(data: Path) -> None:
    """Verify, and say so line by line; who may have signed says STATION_KEYS, as to `station log verify`."""
    give_way()
    teller = Teller()
    try:
        with queries.reading(data) as rows:
            report = verify(rows, data, teller, trusted=os.environ.get("STATION_KEYS", "").split())
    except LogError as trouble:
        teller.say(trouble=str(trouble))
        return
    teller.say(report=asdict(report) | {"is_whole": report.is_whole, "first_broken": report.first_broken})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
