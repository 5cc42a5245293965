"""`station teach`: what it leaves can be put in use, and what it cannot do it says in a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import pytest

from models.bundle import Bundle, save
from models.card import dumps
from models.dataset import load
from models.parity import Parity
from models.release import refusals
from models.teach import teach
from station.assembly import BENCH
from tests.models.scenes import stage, write_close_set, write_set
from tests.station.cli.command import lines, station


@pytest.fixture(scope="module")
def teacher(rings: Path, pretrained: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a backbone, which knows other part numbers."""
    data, folder = load(rings), tmp_path_factory.mktemp("teacher") / "teacher"
    told = {
        "name": "teacher",
        "backbone": {"name": "EfficientNet-Lite0", "weights_sha256": "0" * 64},
        "parity": Parity(20, 0.02, 0.001, changed=0).told() | {"on": "the teacher's pictures"},
    }
    save(folder, *teach(data, data.of("train"), pretrained, told, lambda what, done, total: None))
    return folder


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    return write_set(tmp_path / "new", {"1077-A": 0.2, "1077-B": 0.6}, pictures=14)


def test_ten_photographs_make_a_bundle_that_can_be_put_in_use(teacher: Path, photographs: Path, tmp_path: Path) -> None:
    told = station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    assert told.exit_code == 0, told.stderr
    assert "100.0% were taken for what they are" in told.stdout
    assert "0 of 6 specimens did, which shows 39.4% with 95% confidence. It takes 143 more" in told.stdout
    assert f"station model use {tmp_path / 'b'}" in told.stdout
    bundle = Bundle.load(tmp_path / "b")
    assert bundle.part_numbers == ("1077-A", "1077-B")
    assert bundle.card["backbone"] == Bundle.load(teacher).card["backbone"]
    assert station("model", "use", tmp_path / "b", "--data", _data(tmp_path)).exit_code == 0


def test_the_parity_is_that_of_the_backbone_s_release_and_is_said_to_be_so(
    teacher: Path, photographs: Path, tmp_path: Path
) -> None:
    station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    station("teach", photographs, "--from", tmp_path / "b", "--out", tmp_path / "c")
    of = f"the release of the backbone, bundle teacher sha256:{Bundle.load(teacher).sha256}"
    for taught in (Bundle.load(tmp_path / "b"), Bundle.load(tmp_path / "c")):
        assert taught.card["parity"] == {"of": of, **Bundle.load(teacher).card["parity"]}
        assert refusals(taught) == []


def test_where_the_backbone_was_never_held_against_another_no_parity_is_made_up(
    teacher: Path, photographs: Path, tmp_path: Path
) -> None:
    known = Bundle.load(teacher)
    old = {name: value for name, value in known.card.items() if name != "parity"}
    save(tmp_path / "old", dumps(old), known.files)
    assert station("teach", photographs, "--from", tmp_path / "old", "--out", tmp_path / "b").exit_code == 0
    taught = Bundle.load(tmp_path / "b")
    assert "parity" not in taught.card
    assert any("never held against" in refusal for refusal in refusals(taught))


def _data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_what_was_taught_judges_down_the_path_of_the_line(teacher: Path, photographs: Path, tmp_path: Path) -> None:
    station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    replay = station(
        "replay", photographs, "--bundle", tmp_path / "b", "--expect", "1077-A", "--split", "test", "--json"
    )
    *rows, _ = lines(replay)
    assert {(row["actual_part_number"], row["predicted_part_number"]) for row in rows} == {
        ("1077-A", "1077-A"),
        ("1077-B", "1077-B"),
    }
    assert all(row["verdict"] != "PASS" for row in rows if row["actual_part_number"] == "1077-B")


def test_the_figures_come_as_json_too(teacher: Path, photographs: Path, tmp_path: Path) -> None:
    (told,) = lines(station("teach", photographs, "--from", teacher, "--out", tmp_path / "b", "--json"))
    assert told["sha256"] == Bundle.load(tmp_path / "b").sha256
    assert told["held_back"]["accuracy"] == 1.0


def test_that_nobody_will_see_whether_a_part_is_whole_is_said_aloud(
    teacher: Path, photographs: Path, tmp_path: Path
) -> None:
    close = write_close_set(tmp_path / "close")
    assert "nobody will see whether" in station("teach", close, "--from", teacher, "--out", tmp_path / "b").stdout
    (told,) = lines(station("teach", close, "--from", teacher, "--out", tmp_path / "b", "--json"))
    assert told["is_whole_region"]
    usual = station("teach", photographs, "--from", teacher, "--out", tmp_path / "c").stdout
    assert "nobody will see whether" not in usual


def test_a_bundle_without_a_backbone_cannot_teach(photographs: Path, tmp_path: Path) -> None:
    told = station("teach", photographs, "--from", BENCH, "--out", tmp_path / "b")
    assert told.exit_code == 3
    assert "has no pretrained backbone" in told.stderr
    assert not (tmp_path / "b").exists()


def test_every_mistake_of_the_photographs_is_named_and_nothing_is_written(
    teacher: Path, photographs: Path, tmp_path: Path
) -> None:
    (photographs / "1077-A" / "00.png").unlink()
    shutil.copy(photographs / "1077-A" / "05.png", photographs / "1077-B" / "05.png")
    told = station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    assert told.exit_code == 3
    assert "1077-A/00.png cannot be read" in told.stderr
    assert "are one picture with two part numbers" in told.stderr
    assert not (tmp_path / "b").exists()


def test_pictures_of_an_empty_stage_teach_nothing(teacher: Path, photographs: Path, tmp_path: Path) -> None:
    for index in range(12):
        cv2.imwrite(str(photographs / "1077-A" / f"{index:02}.png"), stage(160, 120, seed=900 + index))
    told = station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    assert told.exit_code == 3
    assert "show one whole part: 1077-A has none; lay it in full view" in told.stderr


def test_what_is_in_the_way_is_not_written_over(teacher: Path, photographs: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    told = station("teach", photographs, "--from", teacher, "--out", tmp_path / "b")
    assert told.exit_code == 3
    assert "is no bundle; name another folder" in told.stderr
    assert (tmp_path / "b" / "notes.txt").read_text() == "mine"
