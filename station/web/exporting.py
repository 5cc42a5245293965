"""An export for a browser, written by a program of its own: `station log export`, which gives way to the line.

What it prints goes to the browser piece by piece; nothing is kept whole. Who leaves before the end ends the program.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from station.errors import LogError
from station.web.asked import Asked
from station.web.program import started
from station.web.sentences import N_

FORMATS: Mapping[str, tuple[str, str]] = {  # kind of media, and what a browser keeps it under
    "csv": ("text/csv", "records.csv"),
    "jsonl": ("application/jsonl", "records.jsonl"),
    "epcis": ("application/json", "records.epcis.json"),
    "sqlite": ("application/vnd.sqlite3", "records.db"),
    "zip": ("application/zip", "records.zip"),
}
OPTIONS: Mapping[str, str] = {
    "image_sha256": "image",
    "predicted_part_number": "predicted",
}  # else as they are asked for
AT_ONCE = 2
PIECE = 1 << 16  # bytes
PATIENCE = 5.0  # seconds that one may take to clear away what it has begun
TOO_MANY = N_("Two exports are being written already; wait for one of them.")
BROKE_OFF = N_("The export could not be written; the journal tells more.")


class Exporting:
    """Exports of one data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def pieces(self, wanted: Asked, kind: str) -> Iterator[bytes]:
        """What is sent; begun at once, so that what cannot be done is told on a page. Raises LogError."""
        if not self._turns.acquire(blocking=False):
            raise LogError(TOO_MANY)
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program that writes into it
        try:
            process = self._begin(wanted, kind, errors)
        except BaseException:
            self._turns.release()
            errors.close()
            raise
        running = _Running(process, errors, self._turns)
        first = running.read()
        if not first and process.wait() != 0:
            trouble = running.trouble()
            running.close()
            raise LogError(trouble)
        return running.rest(first)

    def _begin(self, wanted: Asked, kind: str, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        told = [f"--{OPTIONS.get(name, name).replace('_', '-')}={text}" for name, text in wanted.told.items()]
        command = ["log", "export", "--data", str(self._data.absolute()), "--format", kind, "--out", "-", *told]
        try:
            return started("station", *command, stdout=subprocess.PIPE, stderr=errors)
        except (OSError, ValueError) as trouble:  # ValueError: no program can be told of a NUL
            raise LogError(BROKE_OFF) from trouble


class _Running:
    """One of them. It is over when its end was read, or when nobody wants it any more."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], turns: threading.BoundedSemaphore) -> None:
        self._process, self._errors, self._turns = process, errors, turns
        assert process.stdout
        self._out = process.stdout

    def read(self) -> bytes:
        return os.read(self._out.fileno(), PIECE)

    def rest(self, first: bytes) -> Iterator[bytes]:
        """Raises LogError where the program failed on its way: then the browser hears of no end."""
        try:
            while first:
                yield first
                first = self.read()
            if self._process.wait() != 0:
                raise LogError(self.trouble())
        finally:
            self.close()

    def trouble(self) -> str:
        """What the program said is wrong, a sentence."""
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else BROKE_OFF

    def close(self) -> None:
        """End it, whatever it does; once is enough."""
        if self._out.closed:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # it has a copy of the rows to clear away
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._out.close()
        self._errors.close()
        self._turns.release()

    def __del__(self) -> None:  # of who left before the first piece
        self.close()
