"""An export that nobody wants any more is ended, and leaves nothing behind."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from pathlib import Path

from station.web.exporting import _Running

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
