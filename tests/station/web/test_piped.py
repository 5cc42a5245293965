"""A program that nobody wants any more is ended, and leaves nothing behind."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from station.web import piped
from station.web.piped import BROKE_OFF, Piped

WRITES = """
import sys, tempfile
with tempfile.TemporaryDirectory(dir=sys.argv[1], prefix=".export-"):
    while True:
        sys.stdout.buffer.write(bytes(1 << 16))
"""


def test_one_that_is_broken_off_clears_away_its_copy_of_the_rows(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=-1, stderr=subprocess.DEVNULL)
    turns = threading.BoundedSemaphore(1)
    assert turns.acquire(blocking=False)
    running = Piped(process, io.BytesIO(), turns)
    assert running.read()
    assert len(list(tmp_path.glob(".export-*"))) == 1
    running.close()
    assert process.poll() is not None
    assert not list(tmp_path.glob(".export-*"))
    assert turns.acquire(blocking=False), "another export may begin"


STUBBORN = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    sys.stdout.buffer.write(bytes(1 << 16))
"""


@pytest.mark.parametrize("has_begun", [True, False])
def test_who_leaves_one_does_not_wait_for_its_end(monkeypatch: pytest.MonkeyPatch, has_begun: bool) -> None:
    """It is the thread that serves all screens which finds that a browser has left."""
    monkeypatch.setattr(piped, "PATIENCE", 0.5)
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=-1, stderr=subprocess.DEVNULL)
    turns = threading.BoundedSemaphore(1)
    assert turns.acquire(blocking=False)
    running = Piped(process, io.BytesIO(), turns)
    pieces = running.rest(running.read())
    assert not has_begun or next(pieces)
    del running, pieces
    assert process.poll() is None, "nobody waited"
    assert turns.acquire(timeout=10), "another export may begin, once it has ended"
    assert process.poll() is not None


def test_one_that_ends_without_a_word_is_told_to_the_journal(caplog: pytest.LogCaptureFixture) -> None:
    """As its page says: one that the kernel ends, where memory is short, says nothing itself."""
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"], stdout=-1)
    turns = threading.BoundedSemaphore(1)
    assert turns.acquire(blocking=False)
    with tempfile.TemporaryFile() as errors:
        running = Piped(process, errors, turns)
        assert not running.read()
        assert running.failed() == BROKE_OFF
    assert "ended with status 7" in caplog.text
