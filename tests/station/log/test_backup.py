"""A copy is whole before it is called one; what it takes the place of is set aside; numbers are never given twice."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from station.errors import LogError
from station.log import instead, queries
from station.log.backup import backup, restore, salvage
from station.log.chain import FIRST
from station.log.keys import KEY, fingerprint, read_key
from station.log.store import TraceabilityLog
from station.log.verify import Report
from tests.station.log.samples import StoppedClock, archived, judged, pictures, proof


def fill(data: Path, count: int = 40) -> None:
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        for number in range(count):
            log.append(judged(), pictures(number))
        log.note("stop", "stopped")


def test_a_backup_is_whole_and_leaves_the_key_where_it_is(data: Path, tmp_path: Path) -> None:
    fill(data)
    report = backup(data, tmp_path / "copy")
    assert (report.breaks, report.records, report.kept) == ([], 40, 80)
    assert archived(tmp_path / "copy") == archived(data)
    assert not (tmp_path / "copy" / KEY).exists()


def test_a_copy_of_a_picture_is_on_disk_before_it_has_its_name_and_the_name_before_the_backup_is_called_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(data, 1)
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        fsync(descriptor)
        steps.append(f"on disk {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

    def watched_replace(source: Path, target: Path) -> Path:
        steps.append(f"named {target.name}")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    assert backup(data, tmp_path / "copy").is_whole
    for picture in archived(data):
        kind = "png" if (tmp_path / "copy/pictures/2026/01/05" / f"{picture}.png").exists() else "jpg"
        steps.index(f"on disk .{picture}.{kind}", 0, steps.index(f"named {picture}.{kind}"))
    last = max(at for at, step in enumerate(steps) if step.startswith("named") and step != "named station.db")
    names = {"on disk 05", "on disk 01", "on disk 2026", "on disk pictures", "on disk copy"}
    assert names <= {*steps[last : steps.index("named station.db")]}


@pytest.mark.parametrize("step", ["Copying", "Pictures", "Chain"])
def test_a_backup_that_breaks_off_leaves_the_earlier_one_whole(
    data: Path, tmp_path: Path, clock: StoppedClock, step: str
) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    with closing(TraceabilityLog(data, clock)) as log:
        log.append(judged(), pictures(7))

    def dies(now: str, *_: int) -> None:
        if now == step:
            raise OSError(errno.EIO, "the disk has died")

    with pytest.raises(LogError):
        backup(data, tmp_path / "copy", dies)
    shutil.rmtree(data)
    assert restore(tmp_path / "copy", data, clock, "Eva", "the disk has died").last == 4
    assert proof(data, trusted=proof(data).keys).breaks == []


def test_a_log_that_was_changed_takes_not_the_place_of_the_last_whole_copy(data: Path, tmp_path: Path) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    with closing(sqlite3.connect(data / "station.db", isolation_level=None)) as rows:
        (sql,) = rows.execute("SELECT sql FROM sqlite_schema WHERE name = 'inspections_are_not_changed'").fetchone()
        rows.execute("DROP TRIGGER inspections_are_not_changed")
        rows.execute("UPDATE inspections SET operator = 'nobody' WHERE sequence = 2")
        rows.execute(sql)
    for _ in range(2):
        report = backup(data, tmp_path / "copy")
        assert (report.is_whole, report.first_broken) == (False, 2)
        assert report.breaks[0].sentence.startswith("The earlier copy stays in")
    assert proof(tmp_path / "copy").is_whole
    assert proof(tmp_path / "copy/not-whole", pictures=False).first_broken == 2


def test_a_log_that_was_begun_anew_takes_not_the_place_of_the_last_copy_of_the_old_one(
    data: Path, tmp_path: Path
) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    (data / "station.db").unlink()
    fill(data, 7)
    assert proof(data).is_whole, "it is, in itself"
    for _ in range(2):
        report = backup(data, tmp_path / "copy")
        assert report.breaks[0].sentence.startswith("The earlier copy stays in")
        assert "is not in this log" in report.breaks[1].sentence
    assert proof(tmp_path / "copy").last == 4
    assert proof(tmp_path / "copy/not-whole", pictures=False).last == proof(data).last


def test_a_log_that_was_put_back_from_its_copy_takes_the_place_of_it(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    fill(data, 3)
    with closing(TraceabilityLog(data, clock)) as log:
        log.append(judged(), pictures(7))
        backup(data, tmp_path / "copy")  # behind its last record stands no head
    restore(tmp_path / "copy", data, clock, "Eva", "the disk failed")
    assert backup(data, tmp_path / "copy").is_whole
    assert proof(tmp_path / "copy").last == proof(data).last > 5


def test_a_log_with_a_picture_less_or_another_key_takes_the_place_of_its_last_copy(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    picture = f"{min(archived(data))}.*"
    for folder in (data, tmp_path / "copy"):
        next((folder / "pictures").rglob(picture)).unlink()
    (data / KEY).unlink()
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("start", "ready")
    report = backup(data, tmp_path / "copy")
    assert len(report.breaks) == 2
    assert proof(tmp_path / "copy").last == report.last
    assert not (tmp_path / "copy/not-whole").exists()


def test_a_backup_is_whole_where_both_keys_are_known_since_the_loss_of_a_disk(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    fill(data, 3)
    known = [fingerprint(read_key(data).public)]
    (data / KEY).unlink()
    with closing(TraceabilityLog(data, clock)) as log:
        log.note("start", "ready")  # under no head yet
        known.append(fingerprint(read_key(data).public))
        assert not backup(data, tmp_path / "copy", trusted=known[:1]).is_whole
        assert not backup(data, tmp_path / "copy").is_whole
        assert backup(data, tmp_path / "copy", trusted=known).is_whole


def test_a_backup_of_a_station_that_goes_on_recording_is_of_one_moment(data: Path, tmp_path: Path) -> None:
    fill(data)
    stop, reports = threading.Event(), list[Report]()
    with closing(TraceabilityLog(data, StoppedClock())) as log:
        number = 100

        def copy() -> None:
            reports.extend(backup(data, tmp_path / "copy") for _ in range(3))
            stop.set()

        thread = threading.Thread(target=copy)
        thread.start()
        while not stop.is_set():
            number += 1
            log.append(judged(), pictures(number))
        thread.join()
    assert [report.breaks for report in reports] == [[], [], []]
    assert reports[0].last <= reports[1].last <= reports[2].last


def test_a_backup_tells_of_the_purge_that_came_while_it_was_made(data: Path, tmp_path: Path) -> None:
    fill(data)
    with closing(TraceabilityLog(data, StoppedClock())) as log:

        def purged(step: str, *_: int) -> None:
            if step == "Copying" and archived(data):
                log.note("purge", "The pictures of passed parts were let go", what="passed", through=1000)
                shutil.rmtree(data / "pictures")

        report = backup(data, tmp_path / "copy", tick=purged)
    assert (report.breaks, report.kept, report.purged) == ([], 0, 80)


def test_a_backup_is_not_made_into_the_log_itself(data: Path) -> None:
    fill(data, 1)
    with pytest.raises(LogError, match="another folder"):
        backup(data, data)
    assert proof(data).is_whole


def test_a_log_is_put_back_and_what_was_there_is_set_aside(data: Path, tmp_path: Path, clock: StoppedClock) -> None:
    fill(data, 5)
    backup(data, tmp_path / "copy")
    fill(data, 3)
    shutil.rmtree(data / "pictures")
    restored = restore(tmp_path / "copy", data, clock, "Eva", "the disk failed")
    assert restored.last == 6
    assert restored.aside
    with queries.reading(restored.aside) as rows:
        assert queries.newest(rows) == 10
    report = proof(data)
    assert (report.breaks, report.last, report.kept) == ([], 7, 10)
    with queries.reading(data) as rows:
        [told] = queries.events(rows, kinds=["restore"])
    assert (told["operator"], told["details"]["former"]["sequence"]) == ("Eva", 10)


@pytest.mark.parametrize("is_started", [False, True])
def test_after_the_loss_of_a_disk_a_backup_is_put_back_on_another_computer_which_signs_with_a_key_of_its_own(
    data: Path, tmp_path: Path, clock: StoppedClock, is_started: bool
) -> None:
    fill(data, 5)
    backup(data, tmp_path / "copy")
    former, new = fingerprint(read_key(data).public), tmp_path / "new"
    shutil.rmtree(data)
    if is_started:
        fill(new, 1)
    restored = restore(tmp_path / "copy", new, clock, "Eva", "the disk has died")
    assert (restored.last, restored.aside is not None) == (6, is_started)
    report = proof(new, trusted=(former, fingerprint(read_key(new).public)))
    assert (report.breaks, report.records, report.kept, len(report.keys)) == ([], 5, 10, 2)
    assert "another key signs" in proof(new).breaks[0].sentence, "who does not know of it is told"
    backup(new, tmp_path / "second")
    shutil.rmtree(new)
    assert restore(tmp_path / "second", new, clock, "Eva", "that one too").last == report.last


def test_a_backup_that_somebody_went_on_with_under_a_key_of_his_own_is_refused_or_told_of(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    with closing(TraceabilityLog(tmp_path / "copy", clock)) as forged:
        forged.append(judged(), pictures(7))
    known, other = (fingerprint(read_key(folder).public) for folder in (data, tmp_path / "copy"))
    (tmp_path / "copy" / KEY).unlink()
    with pytest.raises(LogError, match="signed by another key"):
        restore(tmp_path / "copy", data, clock, "Eva", "the disk failed", trusted=[known])
    assert restore(tmp_path / "copy", data, clock, "Eva", "the disk failed").keys == (known, other)
    with queries.reading(data) as rows:
        (told,) = queries.events(rows, kinds=["restore"])
    assert told["details"]["signed_by"] == [known, other]


def test_a_backup_that_is_not_whole_is_not_put_back(data: Path, tmp_path: Path, clock: StoppedClock) -> None:
    fill(data, 5)
    backup(data, tmp_path / "copy")
    next((tmp_path / "copy/pictures").rglob("*.png")).unlink()
    with pytest.raises(LogError, match="not whole"):
        restore(tmp_path / "copy", data, clock, "Eva", "the disk failed")
    assert proof(data).last == 6


def test_one_picture_less_keeps_no_log_from_being_put_back_where_somebody_says_so(
    data: Path, tmp_path: Path, clock: StoppedClock
) -> None:
    fill(data, 5)
    backup(data, tmp_path / "copy")
    shutil.rmtree(data)
    next((tmp_path / "copy/pictures").rglob("*.png")).unlink()
    with pytest.raises(LogError, match="where there is none, say --despite-pictures"):
        restore(tmp_path / "copy", data, clock, "Eva", "the disk has died")
    restore(tmp_path / "copy", data, clock, "Eva", "the disk has died", despite_pictures=True)
    with queries.reading(data) as rows:
        (told,) = queries.events(rows, kinds=["restore"])
        assert told["details"]["lacking_pictures"] == 1
    report = proof(data, trusted=proof(data).keys)
    assert [each.step for each in report.breaks] == ["pictures"]
    with closing(sqlite3.connect(tmp_path / "copy/station.db", isolation_level=None)) as rows:
        rows.execute("DROP TRIGGER inspections_are_not_changed")
        rows.execute("UPDATE inspections SET operator = 'nobody' WHERE sequence = 2")
    with pytest.raises(LogError, match="Record 2 is not as it was recorded"):
        restore(tmp_path / "copy", data, clock, "Eva", "again", despite_pictures=True)


def test_under_a_running_station_nothing_is_put_back(data: Path, tmp_path: Path, clock: StoppedClock) -> None:
    fill(data, 2)
    backup(data, tmp_path / "copy")
    with closing(TraceabilityLog(data, clock)), pytest.raises(LogError, match="stop it first"):
        restore(tmp_path / "copy", data, clock, "Eva", "why not")


@pytest.mark.parametrize("damage", ["a page of records", "the header", "nothing at all"])
def test_of_a_damaged_log_is_saved_what_can_be_read_and_a_new_chain_names_the_old_end(
    data: Path, clock: StoppedClock, damage: str
) -> None:
    fill(data)
    path = data / "station.db"
    content = bytearray(path.read_bytes())
    if damage == "a page of records":
        at = content.rindex(b"presence")  # among the inspections
        content[at // 4096 * 4096 : at // 4096 * 4096 + 4096] = b"\xa5" * 4096
    elif damage == "the header":
        content[:4096] = bytes(4096)
    path.write_bytes(content)
    restored = salvage(data, clock, "Eva", "the disk failed")
    assert restored.aside
    assert (restored.aside / "damaged/station.db").read_bytes() == bytes(content)
    with queries.reading(restored.aside) as rows:
        kept = queries.newest(rows)
    assert (kept, restored.last) == ((0, 0) if damage == "the header" else (41, 41))
    assert bool(restored.lost) == (damage == "a page of records")
    with closing(TraceabilityLog(data, clock)) as log:
        assert log.append(judged(), pictures()).sequence == restored.last + 2
    report = proof(data)
    assert (report.breaks, report.first) == ([], restored.last + 1 if restored.last else 0)
    with queries.reading(data) as rows:
        [told] = queries.events(rows, kinds=[FIRST])
    assert told["details"]["ended_at"] == restored.last


def test_a_damaged_log_is_salvaged_from_wherever_it_is_named(
    data: Path, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(data)
    monkeypatch.chdir(data)
    assert salvage(Path(), clock, "Eva", "the disk failed").last == 41


@pytest.mark.parametrize("act", ["restore", "salvage"])
def test_killed_at_any_step_the_old_log_or_the_new_one_is_there_and_the_next_try_ends_it(
    data: Path, tmp_path: Path, act: str
) -> None:
    fill(data, 3)
    backup(data, tmp_path / "copy")
    fill(data, 2)
    if act == "salvage":  # so damaged that nothing of it can be read
        (data / "station.db").write_bytes(b"x" * 8192)
    source = tmp_path / "copy" if act == "restore" else "-"
    command = [sys.executable, "-m", "tests.station.log.killed_restore", str(data), str(source)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert told["kills"] > 10
    assert not {"none", "broken"} & set(told["found"])
    assert {"old"} < set(told["found"])
    assert told["kept"]


def test_what_was_committed_and_not_yet_in_the_old_file_outlives_a_new_log_that_does_not_get_its_place(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(data, 3)
    with closing(TraceabilityLog(data, StoppedClock())) as log:  # its WAL as a power cut leaves it
        log.append(judged(), pictures(7))
        shutil.copytree(data, tmp_path / "cut")
    cut = tmp_path / "cut"
    before = {name: (cut / name).read_bytes() for name in ("station.db", "station.db-wal")}
    assert before["station.db-wal"]

    def full(*_: object) -> None:
        raise OSError("no room")

    with instead.beside(cut) as folder:
        instead.keep_old(cut, folder, StoppedClock().now())
        (folder / "station.db").write_bytes(b"new")
        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no room"):
            instead.put(cut, folder)
        monkeypatch.undo()
    assert {name: (cut / name).read_bytes() for name in before} == before
    assert not (cut / instead.BESIDE).exists()
