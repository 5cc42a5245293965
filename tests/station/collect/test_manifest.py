"""Pictures and their rows: lossless, whole, never a row without its picture, groups on one side of the split."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.dataset import load, read_picture
from station.collect.manifest import Manifest
from station.errors import LogError
from station.types import Gray

KILLS = 6
CHANCE = np.random.default_rng(7)


def picture() -> Gray:
    """No two are alike."""
    return CHANCE.integers(0, 256, (48, 64), np.uint8)


def add(manifest: Manifest, part_number: str = "A", session: str = "monday", specimen: int = 1) -> str:
    return manifest.add(picture(), part_number, session, specimen, "0001 sha256:ab", is_simulated=True).file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shelf" / "set"


def test_the_picture_comes_back_bit_for_bit(folder: Path) -> None:
    kept = picture()
    file = Manifest(folder, is_simulated=True).add(kept, "A", "monday", 1, "0001", is_simulated=True).file
    assert file == "A/monday-1-001.png"
    assert np.array_equal(read_picture(folder / file), kept)


def test_every_row_says_specimen_session_and_whether_it_is_simulated(folder: Path) -> None:
    add(Manifest(folder, is_simulated=True), specimen=3)
    with (folder / "manifest.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "file": "A/monday-3-001.png",
        "part_number": "A",
        "group": "A session monday specimen 3",
        "split": "train",
        "session": "monday",
        "specimen": "3",
        "calibration": "0001 sha256:ab",
        "is_simulated": "true",
    }


placements = st.lists(
    st.tuples(st.sampled_from(["A", "B, 2"]), st.sampled_from(["monday", "tuesday"]), st.integers(1, 6)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(placements, st.integers(0, 25))
def test_any_order_of_placements_with_any_break_gives_a_sound_data_set(
    placements: list[tuple[str, str, int]], broken: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for some in (placements[:broken], placements[broken:]):
            manifest = Manifest(folder, is_simulated=True)
            for placement in some:
                add(manifest, *placement)
        data = load(folder)  # which refuses a group on both sides, and a row without its picture
        assert len({entry.file for entry in data.pictures}) == len(placements)
        for part_number in {part_number for part_number, _, _ in placements}:
            own = [entry for entry in data.pictures if entry.part_number == part_number]
            groups = list(dict.fromkeys(entry.group for entry in own))
            tested = {entry.group for entry in own if entry.split == "test"}
            assert tested == set(groups[4::5])


def test_what_a_person_has_edited_is_kept_and_decides(folder: Path) -> None:
    manifest = Manifest(folder, is_simulated=True)
    for _ in range(3):
        add(manifest)
    path = folder / "manifest.csv"
    head, first, second, third = path.read_text().replace("train", "test").splitlines()
    text = "\n".join([head, first, second.replace("test", "unused"), third])  # an editor left out the last line's end
    path.write_text(text)
    edited = Manifest(folder, is_simulated=True)
    add(edited)
    assert edited.entries[-1].split == "test"
    assert path.read_text().startswith(text)
    assert [entry.split for entry in Manifest(folder, is_simulated=True).entries] == ["test", "unused", "test", "test"]
    assert len(edited.of("A")) == 3


def test_a_spreadsheet_may_have_saved_it(folder: Path) -> None:
    manifest = Manifest(folder, is_simulated=True)
    add(manifest)
    path = folder / "manifest.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").replace(b"true", b"TRUE"))
    add(Manifest(folder, is_simulated=True))
    assert len(load(folder).pictures) == 2


def test_a_failure_between_picture_and_row_leaves_no_row_and_the_name_is_given_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest(folder, is_simulated=True)

    def full(entry: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "_append", full)
        with pytest.raises(LogError, match="look at its disk"):
            add(manifest)
    assert manifest.entries == Manifest(folder, is_simulated=True).entries == []
    assert add(manifest) == "A/monday-1-001.png"
    assert len(load(folder).pictures) == 1


def test_a_disk_that_fails_while_it_is_written_leaves_everything_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest(folder, is_simulated=True)
    add(manifest)
    former = (folder / "manifest.csv").read_bytes()

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("station.collect.manifest.os.fsync", fails)
        for attempt in (lambda: add(manifest), lambda: manifest._append(manifest.entries[0])):
            with pytest.raises(OSError, match="Input/output error"):
                attempt()
    assert (folder / "manifest.csv").read_bytes() == former
    assert not (folder / "A" / "monday-1-002.png").exists()


def killed_while_adding(folder: Path, seed: int, chance: random.Random) -> list[str]:
    """Start a program that adds, kill it at a random moment, and return what it had said was added."""
    command = [sys.executable, "-m", "tests.station.collect.adder", str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as adder:
        assert adder.stdout
        added = [adder.stdout.readline() for _ in range(chance.randrange(1, 20))]
        time.sleep(chance.uniform(0, 0.005))  # the moment is the test: anywhere within an addition
        adder.kill()
        added += adder.stdout.readlines()
    return [line.strip() for line in added if line.endswith("\n")]


def test_killed_at_any_moment_every_row_has_its_whole_picture_and_what_was_added_stays(folder: Path) -> None:
    chance = random.Random(20260105)
    added = [file for seed in range(KILLS) for file in killed_while_adding(folder, seed, chance)]
    rows = [entry.file for entry in Manifest(folder, is_simulated=True).entries]
    assert len(added) >= KILLS
    assert set(added) <= set(rows)
    assert len(load(folder).pictures) == len(rows) == len(set(rows))


def test_what_is_simulated_and_what_is_real_are_never_in_one_data_set(folder: Path) -> None:
    add(Manifest(folder, is_simulated=True))
    with pytest.raises(LogError, match="simulated bench; name another folder with --out"):
        Manifest(folder, is_simulated=False)


def test_pictures_that_somebody_else_has_laid_there_are_left_alone(folder: Path) -> None:
    (folder / "A").mkdir(parents=True)
    (folder / "A" / "mine.png").write_bytes(b"")
    with pytest.raises(LogError, match="pictures without a manifest; name another folder"):
        Manifest(folder, is_simulated=True)
    assert not (folder / "manifest.csv").exists()


@pytest.mark.parametrize("text", ["file,part_number,group,split\n", "", "\xff", 'file,"'])
def test_a_manifest_of_another_kind_is_left_alone(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.csv").write_text(text, encoding="latin-1")
    with pytest.raises(LogError):
        Manifest(folder, is_simulated=True)
    assert (folder / "manifest.csv").read_text(encoding="latin-1") == text


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="file"):
        Manifest(tmp_path / "file", is_simulated=True)


def lacks(folder: Path, *groups: tuple[str, int], each: int = 8) -> str:
    manifest = Manifest(folder, is_simulated=True)
    for part_number, specimen in groups:
        for _ in range(each):
            add(manifest, part_number, specimen=specimen)
    return "\n".join(manifest.lacks("A"))


def test_of_one_specimen_in_one_session_it_says_that_more_is_needed_and_why(folder: Path) -> None:
    said = lacks(folder, ("A", 1), ("B", 1), ("B", 2))
    assert "collect more specimens, or another session" in said
    assert "remembering" in said


def test_of_too_few_pictures_part_numbers_and_test_groups_it_says_so(folder: Path) -> None:
    said = lacks(folder, ("A", 1), ("A", 2), each=2)
    for lack in ("at least two are needed to tell apart", "take at least 8", "set aside for the test"):
        assert lack in said


def test_when_there_is_enough_it_says_nothing_and_the_training_agrees(folder: Path) -> None:
    groups = [(part_number, specimen) for part_number in "AB" for specimen in range(1, 6)]
    assert lacks(folder, *groups, each=2) == ""
    assert load(folder, to_learn=True).part_numbers == ("A", "B")
