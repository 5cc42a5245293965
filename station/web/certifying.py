"""A certificate made for the page: by a program of its own, as nice as can be, that only reads.

`python -m station.web.certifying DATA ABOUT VALUE AT` writes a JSON object a line (see program.py), the certificate
last. The whole log is proved first, which takes minutes where there are millions of records.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from station.certificate import Told, certificate
from station.errors import LogError
from station.gentle import give_way
from station.log import queries
from station.log.record import time_text
from station.web.making import Making
from station.web.program import Heard, Teller
from station.web.sentences import N_

STEPS: Mapping[str, str] = {
    "": N_("Waits for another certificate"),
    "Begins": N_("Begins"),
    "Records": N_("Reads the records"),
    "Chain": N_("Proves the log"),
}
FRESH = 600.0  # seconds; what was made longer ago may have been added to since
BROKE_OFF = N_("The certificate could not be made; try again, and ask the technician if it comes back.")


@dataclass(slots=True, eq=False)
class Certificate(Making):
    """One that is made, or was.

    told     the certificate, once there is one
    ended    when it was made, in monotonic seconds
    is_seen  whether a page has shown it
    """

    about: str
    value: str
    told: Told | None = None
    ended: float = 0.0
    is_seen: bool = False

    @property
    def is_waited_for(self) -> bool:
        """Whether it is being made, or was just now for somebody who has gone on meanwhile."""
        is_fresh = self.told is not None and not self.is_seen and time.monotonic() - self.ended < FRESH
        return is_fresh or self.is_running


class Certifying:
    """Makes them one after the other: two would only keep each other waiting for the disk."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._turn = threading.Lock()
        self._program = Heard()

    def begin(self, about: str, value: str, at: datetime) -> Certificate:
        """Returns at once; `over` is set when it is made."""
        making = Certificate(about, value)
        threading.Thread(target=self._make, args=(making, at), name="certifying", daemon=True).start()
        return making

    def close(self) -> None:
        """End what runs; nothing is lost, it only reads."""
        self._program.close()

    def _make(self, making: Certificate, at: datetime) -> None:
        arguments = (str(self._data.absolute()), making.about, making.value, time_text(at))
        with self._turn:
            making.step = "Begins"
            for told in self._program.lines("station.web.certifying", *arguments):
                making.hear(told)
                making.told, making.trouble = told.get("certificate"), told.get("trouble", "")
        if making.told is None:
            making.trouble = making.trouble or BROKE_OFF
        making.ended = time.monotonic()
        making.over.set()


def main(data: Path, about: str, value: str, at: str) -> None:
    """Make it, and say so line by line."""
    give_way()
    teller = Teller()
    try:
        with queries.reading(data) as rows:
            told = certificate(rows, data, {about: value}, datetime.fromisoformat(at), tick=teller)
    except LogError as trouble:
        teller.say(trouble=str(trouble))
        return
    teller.say(certificate=told)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
