"""A zip of many files is as whole as one of few, and takes no more memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from station.log.zips import zip_of_many

EACH = 50  # bytes of memory that a file may cost: less than its name


def write(to: Path, count: int) -> int:
    """A zip of so many files; the most memory that it took, in bytes."""
    source = to.with_suffix(".jpg")
    source.write_bytes(b"a picture")
    tracemalloc.start()
    try:
        with to.open("wb") as file, zip_of_many(file, to.parent) as made:
            for number in range(count):
                made.write(source, f"pictures/2026/01/05/{number:064}.jpg", ZIP_STORED)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_more_costs_no_memory(tmp_path: Path) -> None:
    write(tmp_path / "warm.zip", 10)
    few, many = write(tmp_path / "few.zip", 100), write(tmp_path / "many.zip", 2100)
    assert many - few < 2000 * EACH


@pytest.mark.parametrize("count", [0, 1, 2100])
def test_it_is_a_zip_as_any_other(tmp_path: Path, count: int) -> None:
    write(tmp_path / "made.zip", count)
    with ZipFile(tmp_path / "made.zip") as file:
        assert file.testzip() is None
        assert file.namelist() == [f"pictures/2026/01/05/{number:064}.jpg" for number in range(count)]
        assert {file.read(name) for name in file.namelist()[:10]} <= {b"a picture"}
    assert {path.name for path in tmp_path.iterdir()} == {"made.zip", "made.jpg"}
