"""A program whose output goes to a browser piece by piece: read, left, ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

from station.errors import LogError
from station.web.sentences import N_

log = logging.getLogger(__name__)

PIECE = 1 << 16  # bytes
TOLD = 1 << 12  # bytes of what it has said that are read, the newest
PATIENCE = 5.0  # seconds that one may take to clear away what it has begun
BROKE_OFF = N_("The export could not be written; try again, and ask the technician if it comes back.")


class Piped:
    """One that has a turn, and gives it back when it is over: when its end was read, or nobody wants it any more.

    errors  a file of its own, into which it says how far it is (program.Teller), and why it failed
    """

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], turns: threading.BoundedSemaphore) -> None:
        self._process, self._errors, self._turns = process, errors, turns
        self._ending = threading.Lock()  # whoever waits for its first piece, and whoever gives it up, both end it
        assert process.stdout
        self._out = process.stdout

    def read(self) -> bytes:
        """The next piece; waits for it. Nothing at its end; ValueError where it was closed before."""
        return os.read(self._out.fileno(), PIECE)

    def rest(self, first: bytes) -> Iterator[bytes]:
        """All pieces, `first` before the others.

        Raises LogError where the program failed on its way: then the browser hears of no end.
        """
        try:
            while first:
                yield first
                first = self.read()
            if self._process.wait() != 0:
                raise LogError(self._trouble())
        finally:
            self.leave()

    def failed(self) -> str:
        """Why it ended without a piece, a sentence; empty where there is none to be had."""
        is_wrong = self._process.wait() != 0
        trouble = self._trouble() if is_wrong else ""
        self.close()
        return trouble

    def progress(self) -> Iterator[dict[str, Any]]:
        """What it has said of how far it is, the newest last."""
        for line in self._said():
            with suppress(ValueError):  # a sentence, or half a line
                yield json.loads(line)

    def _trouble(self) -> str:
        if said := [line for line in self._said() if not line.startswith("{")]:
            return said[-1]
        log.error("an export ended with status %s, and said nothing", self._process.returncode)
        return BROKE_OFF

    def _said(self) -> list[str]:
        with self._ending:
            if self._errors.closed:
                return []
            size = os.fstat(self._errors.fileno()).st_size
            told = os.pread(self._errors.fileno(), TOLD, max(0, size - TOLD))  # its program goes on where it was
        return told.decode("utf-8", "replace").strip().splitlines()

    def leave(self) -> None:
        """End it, and wait for that elsewhere: who leaves may be the one thread that serves all screens."""
        if self._process.poll() is None:
            with suppress(RuntimeError):  # the pages end, and no thread begins any more
                threading.Thread(target=self.close, name="leaving", daemon=True).start()
                return
        self.close()

    def close(self) -> None:
        """End it, whatever it does; once is enough."""
        with self._ending:
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
        self.leave()
