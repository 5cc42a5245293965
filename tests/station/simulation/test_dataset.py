"""`python -m station.simulation OUT`: pictures and a manifest, the same again for the same seed."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import cv2
from click.testing import CliRunner, Result

from station.simulation.__main__ import command

COUNT = 25


def run(out: Path, *options: str) -> Result:
    return CliRunner().invoke(command, [str(out), "--count", str(COUNT), "--size", "160", "90", *options])


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_manifest_names_every_picture_once(tmp_path: Path) -> None:
    result = run(tmp_path / "set")
    assert result.exit_code == 0, result.output
    named = [row["file"] for row in rows(tmp_path / "set")]
    assert sorted([*named, "manifest.csv"]) == sorted(contents(tmp_path / "set"))
    assert len(named) == 3 * COUNT
    for row in rows(tmp_path / "set"):
        assert row["file"].startswith(row["part_number"] + "/")
        picture = cv2.imread(str(tmp_path / "set" / row["file"]), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (90, 160, 3)


def test_no_group_stands_on_both_sides_of_the_split_and_the_unknown_part_on_neither(tmp_path: Path) -> None:
    run(tmp_path / "set")
    splits: dict[str, set[str]] = {}
    for row in rows(tmp_path / "set"):
        splits.setdefault(row["group"], set()).add(row["split"])
        assert (row["split"] == "unknown") == (row["part_number"] == "1042")
    assert all(len(sides) == 1 for sides in splits.values())
    for part_number in ("1041-A", "1041-B"):
        sides = [row["split"] for row in rows(tmp_path / "set") if row["part_number"] == part_number]
        assert sides.count("test") == 4
        assert sides.count("train") == COUNT - 4


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("first", "3"), ("again", "3"), ("other", "4")):
        assert run(tmp_path / name, "--seed", seed).exit_code == 0
    first, again, other = (contents(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert not set(first.values()) & {digest for name, digest in other.items() if name.endswith(".jpg")}


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "choose a new folder" in result.output
    assert contents(tmp_path).keys() == {"mine.txt"}


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file" / "set")
    assert result.exit_code == 3
    assert "cannot be written" in result.output
