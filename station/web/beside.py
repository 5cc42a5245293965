"""The screens of `station run` and of the demo: whatever becomes of them, the loop goes on and says so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from urllib.parse import urlsplit

from station.errors import DeviceError
from station.loop import Station
from station.web.apart import Handed, apart
from station.web.spoken import Wanted

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds between two tries to serve
LOOK = 0.5  # seconds between two looks at whether they are served
FAREWELL = 10.0  # seconds that the server may take to end


def told_in_the_journal(address: str) -> None:
    """Where the screens are, for whoever looks after a station."""
    log.warning("The screens are at %s", address)


class Screens:
    """Serves as long as it is entered, and again where that has failed; `look` is for the loop.

    handed   name → what the pages may call of this process
    served   is told the address each time that they are served
    insists  whether they must be served the first time: entering waits for that, and raises what was in the way
    """

    def __init__(
        self,
        station: Station,
        wanted: Wanted,
        handed: Mapping[str, Handed] | None = None,
        served: Callable[[str], None] = told_in_the_journal,
        insists: bool = False,
    ) -> None:
        self._station, self._wanted, self._handed = station, wanted, handed
        self._served, self._insists = served, insists
        self._stop, self._begun = threading.Event(), threading.Event()
        self._refused: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="screens", daemon=True)
        self._trouble = self._told = ""
        self._served_at: float | None = None

    def __enter__(self) -> Screens:
        self._thread.start()
        if self._insists:
            self._wait()
        return self

    def _wait(self) -> None:
        try:
            self._begun.wait()
            if self._refused is not None:
                raise self._refused
        except BaseException:  # Ctrl-C too: who is not entered is not left either
            self._end()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._stop.set()
        self._thread.join(FAREWELL)

    def look(self, station: Station) -> None:
        """Tell the screen and the log when the server is in trouble, and when it no longer is. Raises LogError."""
        if (trouble := self._trouble) == self._told:
            return
        station.log.note("screens", trouble or "The screens are served again", port=self._wanted.port)
        station.screen.notice(f"The screens are not served: {trouble}" if trouble else "")
        self._told = trouble

    def _work(self) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            self._served_at = None
            try:
                self._serve()
            except Exception as trouble:  # a library that is not there, a port that is taken, or a fault of the pages
                if self._insists and not self._begun.is_set():
                    self._refused = trouble
                    self._begun.set()
                    return
                if self._served_at is not None and time.monotonic() - self._served_at > LONGEST_WAIT:
                    wait = FIRST_WAIT  # this trouble has nothing to do with the last
                self._trouble = str(trouble) or repr(trouble)
                log.error("the screens are not served: %s", trouble, exc_info=not isinstance(trouble, DeviceError))
                self._stop.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def _serve(self) -> None:
        with apart(self._station, self._wanted, self._handed) as pages:
            if address := pages.wait(self._stop.is_set):
                self._served_at = time.monotonic()
                port = urlsplit(address).port or self._wanted.port
                self._wanted = replace(self._wanted, port=port)  # browsers look for them there again
                self._served(address)
                self._trouble = ""
                self._begun.set()
            while not self._stop.wait(LOOK):
                pages.check()
