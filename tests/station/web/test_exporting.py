"""Exports have their turns, which come back whatever becomes of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station.errors import LogError
from station.web import exporting
from station.web.asked import asked
from station.web.exporting import AT_ONCE, Exporting
from tests.station.web.test_piped import WRITES

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


def test_one_that_cannot_be_begun_gives_its_turn_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that is full, or too many files that are open: once there is room again, exports are written again."""

    def full() -> Any:
        raise OSError(28, "No space left on device")

    those = Exporting(tmp_path)
    with monkeypatch.context() as once:
        once.setattr(tempfile, "TemporaryFile", full)
        for _ in range(AT_ONCE + 1):
            with pytest.raises(LogError, match="could not be written"):
                those.begin(asked({}), "csv", "Eva")
    assert "No space left on device" in caplog.text, "the journal tells more, as the page says"
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
