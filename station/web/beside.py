"""The screens of `station run`, beside the loop: whatever becomes of them, the loop goes on and says so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from station.bay import FOR_PAGES, Bay
from station.errors import DeviceError
from station.loop import Station
from station.web.apart import Handed, apart
from station.web.spoken import Wanted

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds between two tries to serve
FAREWELL = 10.0  # seconds that the server may take to end


class Screens:
    """Serves as long as it is entered, and again where that has failed; `look` is for the loop.

    names  host names under which browsers may call the station, besides those of loopback and `host`
    """

    def __init__(
        self, station: Station, data: Path, host: str, port: int, names: Sequence[str] = (), bay: Bay | None = None
    ) -> None:
        self._bay = bay
        self._station, self._data, self._host, self._port = station, data, host, port
        self._names = (*names, host)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="screens", daemon=True)
        self._trouble = self._told = ""

    def __enter__(self) -> Screens:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(FAREWELL)

    def look(self, station: Station) -> None:
        """Tell the screen and the log when the server is in trouble, and when it no longer is. Raises LogError."""
        if (trouble := self._trouble) == self._told:
            return
        station.log.note("screens", trouble or "The screens are served again", port=self._port)
        station.screen.notice(f"The screens are not served: {trouble}" if trouble else "")
        self._told = trouble

    def _work(self) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                self._serve()
            except Exception as trouble:  # a library that is not there, a port that is taken, or a fault of the pages
                wait = wait if self._trouble else FIRST_WAIT  # they were served since the last trouble
                self._trouble = str(trouble) or repr(trouble)
                log.error("the screens are not served: %s", trouble, exc_info=not isinstance(trouble, DeviceError))
                self._stop.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def _serve(self) -> None:
        wanted = Wanted(self._data, self._host, self._port, self._names, keeps_journal=True)
        with apart(self._station, wanted, {"bay": Handed(self._bay, FOR_PAGES)} if self._bay else None) as pages:
            if address := pages.wait(self._stop.is_set):
                log.warning("The screens are at %s", address)
                self._trouble = ""
            while not self._stop.wait(0.5):
                pages.check()
