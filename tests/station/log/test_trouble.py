"""A disk that is full or read-only costs a sentence, never a record (promise 2)."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from station import service
from station.errors import LogError
from station.log import queries
from station.log.alerts import alerts
from station.log.figures import gaps
from station.log.queries import Search
from station.log.store import TraceabilityLog
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.log.conftest import SmallDisk
from tests.station.log.samples import StoppedClock, archived, judged, pictures


def test_a_disk_that_gets_full_at_any_byte_loses_nothing_and_recovers(small_disk: SmallDisk) -> None:
    data = small_disk.folder / "data"
    kept: list[str] = []
    refused = 0
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        for number, room in enumerate(range(0, 160_000, 4096)):
            small_disk.fill(room)
            try:
                kept.append(log.append(judged(), pictures(number)).inspection_id)
            except LogError as trouble:
                refused += 1
                assert re.search(small_disk.sentence, str(trouble))  # noqa: PT017 - not each of them is refused
            small_disk.empty()
            kept.append(log.append(judged(), pictures(1000 + number)).inspection_id)
    assert 5 < refused < 40
    with queries.reading(data) as connection:
        found = queries.search(connection, Search(), limit=1000)
        assert queries.damage(connection) is None
    assert [row["inspection_id"] for row in reversed(found)] == kept
    assert {row[name] for row in found for name in ("image_sha256", "frame_sha256")} <= archived(data)


def test_a_station_whose_disk_was_full_notes_it_once_there_is_room_again(small_disk: SmallDisk) -> None:
    rig = OnTheBench(small_disk.folder / "data")
    begun, filled = rig.clock.monotonic(), False

    def stop() -> bool:
        nonlocal filled
        at = rig.clock.monotonic() - begun
        if at > 0.5 and not filled:
            small_disk.fill(0)
            filled = True
            rig.bench.place(EXPECTED)
        if at > 6.0:
            small_disk.empty()
        return at > 16.0

    service.serve(rig.station, stop)
    rig.close()
    with queries.reading(rig.folder) as rows:
        events = queries.events(rows)[::-1]
        [gap] = [gap for gap in gaps(rows) if gap.kind == "fault"]
        [alert] = alerts(rows)
    assert [event["kind"] for event in events] == ["start", "fault", "start", "stop"]
    assert re.search(small_disk.sentence, gap.why)
    seconds = [
        (datetime.fromisoformat(events[1]["at"]) - datetime.fromisoformat(at)).total_seconds()
        for at in (gap.begin, alert.since)
    ]
    assert min(seconds) > 3.0, "it began when the disk was full, not when there was room to say so"
    assert alert.until == gap.end == events[2]["at"]


def test_a_disk_that_is_full_at_the_start_is_named(small_disk: SmallDisk) -> None:
    small_disk.fill(0)
    with pytest.raises(LogError, match=small_disk.sentence):
        TraceabilityLog(small_disk.folder / "data", StoppedClock())


@contextmanager
def without_privilege() -> Iterator[None]:
    """Root writes everywhere: be somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_that_cannot_be_written_is_named(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with without_privilege(), pytest.raises(LogError, match="cannot be written: run as the user"):
        TraceabilityLog(open_folder / "data", StoppedClock())
    with without_privilege(), pytest.raises(LogError, match="cannot be written: run as the user"):
        TraceabilityLog(open_folder, StoppedClock())
    open_folder.chmod(0o755)


@pytest.mark.parametrize("closed", ["station.db*", "pictures/incoming"])
@pytest.mark.parametrize("is_being_read", [True, False])
def test_what_cannot_be_written_is_named_at_the_start(open_folder: Path, closed: str, is_being_read: bool) -> None:
    log = TraceabilityLog(open_folder, StoppedClock())
    with closing(sqlite3.connect(open_folder / "station.db")) as reader:
        reader.execute("SELECT * FROM events").fetchall()
        if not is_being_read:
            reader.close()
        log.close()
        every = [open_folder, *open_folder.rglob("*")]
        for path in every:
            path.chmod(0o777)
        for path in open_folder.glob(closed):
            path.chmod(0o555)
        with without_privilege(), pytest.raises(LogError, match="cannot be written: run as the user"):
            TraceabilityLog(open_folder, StoppedClock())
        for path in every:
            path.chmod(0o777)


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(LogError, match="move it aside"):
        TraceabilityLog(tmp_path / "data", StoppedClock())


def test_a_log_that_may_not_be_looked_into_is_named(open_folder: Path) -> None:
    TraceabilityLog(open_folder, StoppedClock()).close()
    open_folder.chmod(0)
    with without_privilege(), pytest.raises(LogError, match="run as the user"), queries.reading(open_folder):
        pass
    open_folder.chmod(0o755)


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.EDQUOT, "make room"),
        (errno.EROFS, "mounted writable"),
        (errno.ESTALE, "plugged in and mounted"),
        (errno.EISDIR, "move it aside"),
        (errno.EIO, "the disk and its cable"),
    ],
)
def test_every_trouble_of_a_disk_names_its_mend(
    tmp_path: Path, number: int, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def troubled(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        fsync = os.fsync
        monkeypatch.setattr(os, "fsync", troubled)
        with pytest.raises(LogError, match=f"{re.escape(str(tmp_path))}.*: .*{mend}"):
            log.append(judged(), pictures())
        monkeypatch.setattr(os, "fsync", fsync)
        assert log.append(judged(), pictures()).sequence == 1
