"""An export for a browser, written by a program of its own: `station log export`, which gives way to the line.

What it prints goes to the browser piece by piece; nothing is kept whole. One that proves the log first may take minutes
until its first byte: meanwhile a page shows how far it is, and then it waits to be fetched. Who leaves before the end
ends the program.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from station.errors import LogError
from station.web.asked import Asked
from station.web.making import Making, Shelf
from station.web.piped import BROKE_OFF, Piped
from station.web.program import started
from station.web.sentences import N_

log = logging.getLogger(__name__)

FORMATS: Mapping[str, tuple[str, str]] = {  # kind of media, and what a browser keeps it under
    "csv": ("text/csv", "records.csv"),
    "jsonl": ("application/jsonl", "records.jsonl"),
    "epcis": ("application/json", "records.epcis.json"),
    "sqlite": ("application/vnd.sqlite3", "records.db"),
    "zip": ("application/zip", "records.zip"),
}
PROVED = frozenset({"sqlite", "zip"})  # those that prove the log before their first byte
STEPS: Mapping[str, str] = {
    "": N_("Begins"),
    "Chain": N_("Proves the log"),
    "Copying": N_("Copies the records"),
    "Pictures": N_("Copies the pictures"),
}
OPTIONS: Mapping[str, str] = {
    "image_sha256": "image",
    "predicted_part_number": "predicted",
}  # else as they are asked for
AT_ONCE = 2
KEPT = 8  # those that wait to be fetched, and those that failed, until their page has said why
WAITS = 600.0  # seconds that one waits to be fetched
TOO_MANY = N_("Two exports are being written already; wait for one of them.")


@dataclass(slots=True, eq=False)
class Export(Making):
    """One whose first piece is made, or was: `over` is set then.

    by       who asked for it
    reach    the first and the last record of it, at least, where it proves the log
    running  its program
    is_gone  set once it was fetched, or given up
    """

    wanted: Asked
    kind: str
    by: str
    running: Piped
    reach: tuple[int, int] | None = None
    first: bytes = b""
    is_gone: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """See how far it is."""
        for told in self.running.progress():
            self.hear(told)


class Exporting:
    """Exports of one data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._shelf = Shelf[Export](KEPT)

    def begin(self, wanted: Asked, kind: str, by: str, reach: tuple[int, int] | None = None) -> Export:
        """Begin one. Raises LogError.

        Who asks again for one that is being proved gets that; one that waits for him, only if it would reach no further
        if it was made now.
        """
        with self._shelf.turn:
            for same in self._shelf.all():
                is_same = (same.wanted.told, same.kind, same.by) == (wanted.told, kind, by)
                is_whole = same.is_running or same.reach == reach
                if is_same and is_whole and kind in PROVED and not same.trouble:
                    return same
            if not self._turns.acquire(blocking=False):
                self._give_up()
            export = Export(wanted, kind, by, self._run(wanted, kind), reach)
            self._shelf.put(export)
        threading.Thread(target=self._await, args=(export.mark,), name="exporting", daemon=True).start()
        return export

    def find(self, mark: str) -> Export | None:
        """One that nobody has fetched yet."""
        return self._shelf.find(mark)

    def take(self, mark: str) -> Iterator[bytes] | None:
        """What is sent of one that is over, for one reader; None where it was fetched or given up. Raises LogError."""
        export = self._shelf.take(mark)
        if export is None:
            return None
        export.is_gone.set()
        if export.trouble:
            raise LogError(export.trouble)
        return export.running.rest(export.first)

    def close(self) -> None:
        """End what nobody has fetched."""
        for export in self._shelf.all():
            self._drop(export)

    def _give_up(self) -> None:
        """Take the turn of one that lies there and waits. Raises LogError where all are at work."""
        for export in self._shelf.all():
            if export.kind in PROVED and not export.is_running:
                self._drop(export)
                if self._turns.acquire(blocking=False):
                    return
        raise LogError(TOO_MANY)

    def _drop(self, export: Export) -> None:
        if self._shelf.take(export.mark):  # else somebody reads it
            export.is_gone.set()
            export.running.close()

    def _run(self, wanted: Asked, kind: str) -> Piped:
        """Its program, which has a turn; what cannot be started gives that back. Raises LogError."""
        told = [f"--{OPTIONS.get(name, name).replace('_', '-')}={text}" for name, text in wanted.told.items()]
        command = ["log", "export", "--data", str(self._data.absolute()), "--format", kind, "--out", "-", "--progress"]
        with ExitStack() as undone:
            undone.callback(self._turns.release)
            try:
                errors = undone.enter_context(tempfile.TemporaryFile())
                process = started("station", *command, *told, stdout=subprocess.PIPE, stderr=errors)
            except (OSError, ValueError) as trouble:  # ValueError: no program can be told of a NUL
                log.exception("an export could not be begun")
                raise LogError(BROKE_OFF) from trouble
            undone.pop_all()  # it is the program's now: turn and file
        return Piped(process, errors, self._turns)

    def _await(self, mark: str) -> None:
        """Until there is a first piece, and then until somebody fetches it."""
        if (export := self.find(mark)) is None:
            return
        with suppress(ValueError):  # closed this moment
            export.first = export.running.read()
        if not export.first:
            export.trouble = export.running.failed()
        export.over.set()
        is_gone = export.is_gone
        del export  # who fetches it, and leaves, ends it
        if not is_gone.wait(WAITS) and (export := self.find(mark)):
            self._drop(export)
