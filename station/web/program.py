"""Another program of this very station, and of this very version of it; and one that says how far it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import station

HERE = str(Path(station.__file__).parents[1])
EVERY = 0.2  # seconds between two words of progress


def started(module: str, *arguments: str, **streams: Any) -> subprocess.Popen[Any]:
    """`python -m module arguments`; `streams` are those of Popen. Raises OSError."""
    paths = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-P", "-m", module, *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths}, **streams)  # noqa: S603 - our own


class Heard:
    """One that writes a JSON object a line: {"step", "done", "total"} on its way, what came of it last."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._is_closed = False

    def lines(self, module: str, *arguments: str) -> Iterator[dict[str, Any]]:
        """What it writes, as it comes; nothing more where it dies, cannot be started or is closed."""
        with suppress(OSError, ValueError):  # ValueError: half a line, or a NUL, of which no program can be told
            with self._turn:
                if self._is_closed:
                    return
                self._process = started(
                    module, *arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )
            with self._process as process:
                assert process.stdout
                yield from map(json.loads, process.stdout)

    def close(self) -> None:
        """End what runs, and begin nothing more: it only reads."""
        with self._turn:
            self._is_closed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


class Teller:
    """The other end: how far this program is, not too often.

    to  where it says so, if standard output is for what it makes
    """

    def __init__(self, to: TextIO | None = None) -> None:
        self._to, self._said = to or sys.stdout, 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        """For whoever takes a progress bar."""
        if (now := time.monotonic()) - self._said >= EVERY:
            self._said = now
            self.say(step=step, done=done, total=total)

    def say(self, **told: object) -> None:
        """One line."""
        self._to.write(json.dumps(told) + "\n")
        self._to.flush()
