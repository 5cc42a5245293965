"""An export that nobody wants any more is ended, and leaves nothing behind."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station.errors import LogError
from station.web import exporting
from station.web.asked import asked
from station.web.exporting import AT_ONCE, Exporting, _Running

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
    running = _Running(process, io.BytesIO(), turns)
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
    monkeypatch.setattr(exporting, "PATIENCE", 0.5)
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=-1, stderr=subprocess.DEVNULL)
    turns = threading.BoundedSemaphore(1)
    assert turns.acquire(blocking=False)
    running = _Running(process, io.BytesIO(), turns)
    pieces = running.rest(running.read())
    assert not has_begun or next(pieces)
    del running, pieces
    assert process.poll() is None, "nobody waited"
    assert turns.acquire(timeout=10), "another export may begin, once it has ended"
    assert process.poll() is not None


SILENT = "import time; time.sleep(600)"


def never_writes(*_: str, **streams: Any) -> subprocess.Popen[bytes]:
    """Where `station log export` is begun: a program that has not come to its first byte."""
    return subprocess.Popen([sys.executable, "-c", SILENT], **streams)


def test_those_that_have_not_begun_to_write_end_with_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for their first piece sees them end at the same moment, and gives no turn back a second time."""
    monkeypatch.setattr(exporting, "started", never_writes)
    those = Exporting(tmp_path)
    begun = [those.begin(asked({"lot": f"L{n}"}), "zip", "Eva") for n in range(AT_ONCE)]
    those.close()
    assert all(each.over.wait(10) for each in begun)
    assert all(those.begin(asked({"lot": f"L{n}"}), "zip", "Eva") for n in range(AT_ONCE)), "all turns are free"
    with pytest.raises(LogError):
        those.begin(asked({}), "csv", "Eva")
    those.close()


def test_one_that_cannot_be_begun_gives_its_turn_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, or too many files that are open: once there is room again, exports are written again."""

    def full() -> Any:
        raise OSError(28, "No space left on device")

    those = Exporting(tmp_path)
    with monkeypatch.context() as once:
        once.setattr(tempfile, "TemporaryFile", full)
        for _ in range(AT_ONCE + 1):
            with pytest.raises(LogError, match="could not be written"):
                those.begin(asked({}), "csv", "Eva")
    monkeypatch.setattr(exporting, "started", never_writes)
    with closing(those):
        assert those.begin(asked({}), "zip", "Eva")


def test_one_that_waits_to_be_fetched_is_not_put_aside_for_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page says that it waits for ten minutes."""
    programs = iter([WRITES, "raise SystemExit(1)", WRITES])

    def one(*_: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", next(programs), str(tmp_path)], **streams)

    monkeypatch.setattr(exporting, "started", one)
    begun = []
    with closing(Exporting(tmp_path)) as those:
        for lot in ("L1", "L2", "L3"):
            last = those.begin(asked({"lot": lot}), "zip", "Eva")
            assert last.over.wait(10)
            begun.append(last)
        assert [bool(each.trouble) for each in begun] == [False, True, False]
        assert [those.find(each.mark) for each in begun] == begun
