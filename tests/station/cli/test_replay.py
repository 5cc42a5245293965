"""`station replay`: every picture is one placement, down the very path of the line. Bad pictures lose nothing."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result

from station.assembly import BENCH
from station.log import queries
from station.log.store import TraceabilityLog
from station.simulation.dataset import write
from station.types import Pictures, SystemClock
from tests.station.cli.command import lines, station
from tests.station.factories import inspection


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "pictures"
    assert len(list(write(folder, count=6, seed=5))) == 18
    return folder


def closing_log(folder: Path) -> closing[TraceabilityLog]:
    return closing(TraceabilityLog(folder, SystemClock()))


def replay(folder: Path, *options: object, bundle: Path = BENCH, expect: str = "1041-A") -> Result:
    return station("replay", folder, "--bundle", bundle, "--expect", expect, "--json", *options)


def test_each_picture_gives_one_line_and_one_record_that_says_what_was_waived(pictures: Path, tmp_path: Path) -> None:
    told = lines(replay(pictures, "--data", tmp_path))
    assert len(told) == 19
    with queries.reading(tmp_path) as log:
        rows = queries.search(log, queries.Search())
    assert len(rows) == 18
    assert {row["verification"] for row in rows} == {"waived: replay has no stage"}
    assert {row["calibration"] for row in rows} == {"waived: no stage"}


def test_what_really_lies_there_comes_from_the_manifest(pictures: Path) -> None:
    told = lines(replay(pictures))
    assert {line["actual_part_number"] for line in told[:-1]} == {"1041-A", "1041-B", "1042"}
    assert told[-1]["wrong_parts_passed"] == 0
    assert told[-1]["predicted_rightly"] == 1.0


def test_a_split_shows_its_pictures_only(pictures: Path) -> None:
    told = lines(replay(pictures, "--split", "unknown"))
    assert {line["actual_part_number"] for line in told[:-1]} == {"1042"}


def test_without_labels_nothing_is_said_of_what_really_lies_there(pictures: Path, tmp_path: Path) -> None:
    shutil.copy(sorted((pictures / "1041-A").iterdir())[0], tmp_path / "loose.jpg")
    told = lines(replay(tmp_path))
    assert told[0]["file"] == "loose.jpg"
    assert "actual_part_number" not in told[0]


def test_an_unreadable_picture_is_a_recorded_reject_and_the_others_go_on(pictures: Path, tmp_path: Path) -> None:
    folder, data = tmp_path / "pictures", tmp_path / "data"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"this is no picture")
    (folder / "b.jpg").write_bytes(b"")
    shutil.copy(sorted((pictures / "1041-A").iterdir())[0], folder / "c.jpg")
    result = replay(folder, "--data", data)
    told = lines(result)
    assert result.exit_code == 3
    assert [(line["verdict"], line["reason"]) for line in told[:2]] == [("REJECT", "fault")] * 2
    assert told[2]["predicted_part_number"] == "1041-A"
    with queries.reading(data) as log:
        assert len(queries.search(log, queries.Search())) == 3


@pytest.mark.parametrize("kind", ["16 bit", "RGBA", "gray", "rotated by EXIF"])
def test_a_picture_of_another_kind_is_judged_as_what_it_shows(pictures: Path, tmp_path: Path, kind: str) -> None:
    original = sorted((pictures / "1041-A").iterdir())[0]
    gray = cv2.imread(str(original), cv2.IMREAD_GRAYSCALE)
    assert gray is not None
    match kind:
        case "16 bit":
            cv2.imwrite(str(tmp_path / "p.png"), gray.astype(np.uint16) * 257)
        case "RGBA":
            cv2.imwrite(str(tmp_path / "p.png"), cv2.cvtColor(gray, cv2.COLOR_GRAY2BGRA))
        case "gray":
            cv2.imwrite(str(tmp_path / "p.png"), gray)
        case "rotated by EXIF":
            (tmp_path / "p.jpg").write_bytes(turned(original.read_bytes()))
    told = lines(replay(tmp_path))
    assert told[0]["predicted_part_number"] == "1041-A"
    assert told[0]["reason"] not in ("fault", "poor_picture")


def turned(jpeg: bytes) -> bytes:
    """The JPEG with an EXIF header that says: rotate by 180 degrees."""
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


def test_a_folder_without_pictures_or_none_at_all_is_one_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        result = replay(folder)
        assert result.exit_code == 3
        assert str(folder) in result.stderr


def test_a_split_that_no_picture_has_is_one_sentence(pictures: Path) -> None:
    result = replay(pictures, "--split", "tset")
    assert result.exit_code == 3
    assert "tset" in result.stderr


def test_a_bundle_for_other_part_numbers_names_those_it_knows(pictures: Path) -> None:
    result = replay(pictures, expect="4711")
    assert result.exit_code == 3
    assert "1041-A, 1041-B" in result.stderr


@pytest.mark.parametrize("name", ["model.tflite", "references.npz"])
def test_a_bundle_that_was_changed_is_refused_and_nothing_is_written(pictures: Path, tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(BENCH, bundle)
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 0x01
    (bundle / name).write_bytes(bytes(content))
    result = replay(pictures, "--data", tmp_path / "data", bundle=bundle)
    assert result.exit_code == 3
    assert not (tmp_path / "data").exists()


def test_the_records_of_a_real_station_are_not_mixed_with_a_replay(pictures: Path, tmp_path: Path) -> None:
    with closing_log(tmp_path) as log:
        log.append(inspection(station="station-1", score=0.9, distance=0.1), Pictures(b"patch", b"frame"))
    result = replay(pictures, "--data", tmp_path)
    assert result.exit_code == 3
    assert "station-1" in result.stderr


def test_a_data_folder_in_use_is_one_sentence(pictures: Path, tmp_path: Path) -> None:
    with closing_log(tmp_path):
        result = replay(pictures, "--data", tmp_path)
    assert result.exit_code == 3
    assert "Another station" in result.stderr
