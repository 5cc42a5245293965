"""A disk that somebody can fill: the log behind it is the real one."""

from __future__ import annotations

from typing import Any

from station.types import Inspection, Log, Pictures


class SimulatedDisk:
    """A Log over another, on a disk that may be full.

    is_full  True: nothing can be written, and `trouble` is raised as the log itself would
    """

    def __init__(self, log: Log, trouble: Exception) -> None:
        self._log, self._trouble = log, trouble
        self.is_full = False

    def append(self, inspection: Inspection, pictures: Pictures) -> Inspection:
        self._write()
        return self._log.append(inspection, pictures)

    def note(self, kind: str, message: str, **details: Any) -> None:
        self._write()
        self._log.note(kind, message, **details)

    def _write(self) -> None:
        if self.is_full:
            raise self._trouble
