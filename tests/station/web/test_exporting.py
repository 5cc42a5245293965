"""Exports have their turns, which come back whatever becomes of them, and wait for whoever asked for them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from station.errors import LogError
from station.web import exporting
from station.web.asked import asked
from station.web.exporting import AT_ONCE, STEPS, Export, Exporting
from tests.station.web.desk import MANY, desk
from tests.station.web.site import Site
from tests.station.web.test_piped import WRITES

SILENT = "import time; time.sleep(600)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with desk(tmp_path_factory.mktemp("desk")) as site:
        yield site


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
    assert "No space left on device" in caplog.text, "the technician finds it in the journal"
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


def test_a_third_export_at_once_waits_its_turn(site: Site) -> None:
    those = Exporting(site.folder)
    two = [fetched(those, those.begin(asked({}), "csv", "Eva")) for _ in range(2)]
    with pytest.raises(LogError, match="wait for one"):
        those.begin(asked({}), "csv", "Eva")
    del two  # who leaves gives their turn back
    third = list[Export]()

    def begins() -> bool:
        with suppress(LogError):
            third.append(those.begin(asked({}), "csv", "Eva"))
        return bool(third)

    Site.until(begins)
    whole = b"".join(fetched(those, third[0]))
    assert whole.count(b"\n") == MANY + 1


def fetched(those: Exporting, export: Export) -> Iterator[bytes]:
    """The pieces of one, once it has begun."""
    assert export.over.wait(60)
    pieces = those.take(export.mark)
    assert pieces is not None
    return pieces


def test_one_that_waits_is_handed_out_again_only_while_it_reaches_as_far_as_one_that_is_made_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = iter([WRITES, SILENT])

    def one(*_: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", next(programs), str(tmp_path)], **streams)

    monkeypatch.setattr(exporting, "started", one)
    with closing(Exporting(tmp_path)) as those:
        ready = those.begin(asked({}), "zip", "Eva", (1, 7))
        assert ready.over.wait(10)
        assert those.begin(asked({}), "zip", "Eva", (1, 7)) is ready
        further = those.begin(asked({}), "zip", "Eva", (1, 8))
        assert further is not ready
        assert those.begin(asked({}), "zip", "Eva", (1, 9)) is further, "the log is proved once for who asks and asks"


def test_what_an_export_says_of_how_far_it_is_comes_to_its_page(site: Site) -> None:
    with closing(Exporting(site.folder)) as those:
        export = those.begin(asked({}), "zip", "Eva")
        assert export.over.wait(60)
        export.look()
        assert export.step in STEPS
        assert export.step
        assert 0 < export.done <= export.total


def test_an_export_that_nobody_fetches_gives_its_turn_to_who_asks_for_another(site: Site) -> None:
    with closing(Exporting(site.folder)) as those:
        forgotten = [those.begin(asked({"lot": f"L{n}"}), "sqlite", "Eva") for n in range(2)]
        assert all(each.over.wait(60) for each in forgotten)
        assert not any(each.trouble for each in forgotten)
        assert those.begin(asked({}), "csv", "Eva").over.wait(60)
        assert those.take(forgotten[0].mark) is None
        assert those.find(forgotten[1].mark) is forgotten[1]
    assert not list(site.folder.glob(".export-*")), "what was not fetched leaves nothing behind"


def test_an_export_that_waits_too_long_is_cleared_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "WAITS", 0.0)
    with closing(Exporting(site.folder)) as those:
        export = those.begin(asked({}), "sqlite", "Eva")
        Site.until(lambda: those.find(export.mark) is None, 60)
        Site.until(lambda: not list(site.folder.glob(".export-*")))
