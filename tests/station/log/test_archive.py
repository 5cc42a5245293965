"""Whatever bears a picture's hash for a name is that picture, whole and on disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from station.errors import LogError
from station.log.archive import Archive
from station.types import Pictures
from tests.station.factories import AT
from tests.station.log.samples import archived, pictures, sha256


@pytest.fixture
def archive(data: Path) -> Archive:
    archive = Archive(data)
    data.mkdir()
    archive.prepare()
    return archive


def test_patch_and_frame_lie_under_their_hash_in_the_folder_of_the_day(archive: Archive, data: Path) -> None:
    given = pictures()
    patch, frame = archive.keep(given, AT)
    assert (patch, frame) == (sha256(given.patch), sha256(given.frame))
    assert (data / f"pictures/2026/01/05/{patch}.png").read_bytes() == given.patch
    assert (data / f"pictures/2026/01/05/{frame}.jpg").read_bytes() == given.frame


def test_the_day_is_the_day_in_utc(archive: Archive, data: Path) -> None:
    archive.keep(pictures(), datetime(2026, 1, 5, 0, 30, tzinfo=timezone(timedelta(hours=2))))
    assert [path.name for path in (data / "pictures/2026/01").iterdir()] == ["04"]


def test_a_frame_that_was_no_picture_leaves_no_file_and_no_hash(archive: Archive, data: Path) -> None:
    assert archive.keep(Pictures(None, None), AT) == (None, None)
    assert archived(data) == set()


def test_the_same_picture_twice_is_kept_once(archive: Archive, data: Path) -> None:
    first = archive.keep(pictures(), AT)
    [inode] = [path.stat().st_ino for path in data.glob("pictures/2026/01/05/*.png")]
    assert archive.keep(pictures(), AT) == first
    assert [path.stat().st_ino for path in data.glob("pictures/2026/01/05/*.png")] == [inode]
    assert len(archived(data)) == 2


@pytest.mark.parametrize("torn", [b"", b"\x89PNG", bytes(len(pictures().patch or b""))])
def test_a_torn_file_of_the_right_name_is_not_taken_for_the_picture(archive: Archive, data: Path, torn: bytes) -> None:
    patch, _ = archive.keep(pictures(), AT)
    path = data / f"pictures/2026/01/05/{patch}.png"
    path.write_bytes(torn)
    archive.keep(pictures(), AT)
    assert path.read_bytes() == pictures().patch


def test_pictures_are_found_by_their_hash_whatever_the_day(archive: Archive) -> None:
    patch, frame = archive.keep(pictures(), AT)
    later, _ = archive.keep(pictures(), AT + timedelta(days=400))
    assert patch is not None
    assert frame is not None
    assert patch == later
    found = archive.path_of(patch)
    assert found is not None
    assert found.parts[-4:] == ("2027", "02", "09", f"{patch}.png")
    assert archive.path_of(frame) is not None
    assert archive.path_of("0" * 64) is None


def test_nothing_has_a_name_before_its_bytes_are_on_disk_nor_is_done_before_the_name_is(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def watched_fsync(descriptor: int) -> None:
        fsync(descriptor)
        steps.append(f"on disk {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

    def watched_rename(source: Path, target: Path) -> None:
        rename(source, target)
        steps.append(f"named {target.name}")

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "rename", watched_rename)
    patch, frame = archive.keep(pictures(), AT)
    first_of_the_day, steps = steps[:4], steps[4:]
    assert first_of_the_day == ["on disk 01", "on disk 2026", "on disk pictures", "on disk data"]
    assert steps == [
        f"on disk {patch}.png",
        f"on disk {frame}.jpg",
        f"named {patch}.png",
        f"named {frame}.jpg",
        "on disk 05",
    ]


def test_what_a_crash_left_half_written_is_thrown_away(archive: Archive, data: Path) -> None:
    left = data / "pictures/incoming/half.png"
    left.write_bytes(b"\x89PNG")
    archive.prepare()
    assert not left.exists()


def test_a_write_that_fails_leaves_no_name_and_no_litter(
    archive: Archive, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.keep(pictures(), AT)  # the folders of the day are there
    monkeypatch.setattr(os, "fsync", _broken_disk)
    with pytest.raises(OSError, match="broken"):
        archive.keep(pictures(1), AT)
    assert sha256(pictures(1).patch) not in archived(data)
    assert list((data / "pictures/incoming").iterdir()) == []


def test_free_space_is_that_of_the_data_folder(archive: Archive, data: Path) -> None:
    found = os.statvfs(data)
    assert archive.free_space == pytest.approx(found.f_bavail * found.f_frsize, rel=0.1)


def _broken_disk(descriptor: int) -> None:
    raise OSError("broken")


def test_old_years_sort_as_years(archive: Archive, data: Path) -> None:
    archive.keep(pictures(), datetime(1, 1, 1, tzinfo=UTC))
    assert (data / "pictures/0001/01/01").is_dir()


@pytest.mark.parametrize("days", [0, 1, 400])
def test_a_picture_is_read_whatever_day_it_was_first_kept_under(archive: Archive, days: int) -> None:
    patch, frame = archive.keep(pictures(), AT)
    assert patch
    assert frame
    assert archive.read(patch, AT + timedelta(days=days)) == pictures().patch
    assert archive.read(frame, AT + timedelta(days=days)) == pictures().frame


def test_a_picture_that_is_gone_reads_as_none_and_a_changed_one_is_refused(archive: Archive, data: Path) -> None:
    patch, _ = archive.keep(pictures(), AT)
    assert patch
    path = data / f"pictures/2026/01/05/{patch}.png"
    path.write_bytes(b"another picture")
    with pytest.raises(LogError, match="not the picture that was archived"):
        archive.read(patch, AT)
    path.unlink()
    assert archive.read(patch, AT) is None
