"""The command: plain sentences, and the exit status that the manual gives."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models import bundle as room
from models.bundle import REFERENCES, Bundle, pack, save
from models.card import dumps
from models.dataset import OTHER, load
from models.provenance import other_data
from tests.models.cli.command import models

BENCH = Path(room.__file__).parent / "released" / "bench"


def test_the_manual_names_the_commands_and_the_exit_status() -> None:
    manual = models("--help").output
    assert all(word in manual for word in ("train", "evaluate", "Exit status", "manifest.csv"))


@pytest.mark.parametrize(
    "arguments",
    [("train",), ("train", "nowhere", "--out", "x"), ("nonsense",), ("evaluate", ".", "--bundle", ".", "--split", "x")],
)
def test_wrong_use_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert models(*arguments).exit_code == 2


def test_a_name_that_is_not_in_utf_8_is_refused_before_anything_is_learnt(rings: Path, tmp_path: Path) -> None:
    told = models("train", rings, "--out", tmp_path / "out", "--name", os.fsdecode(b"j\xf6rg"))
    assert told.exit_code == 2
    assert "j\\xf6rg' is not in UTF-8, nor a file that is there" in told.stderr
    assert not [*tmp_path.iterdir()]


def test_evaluate_gives_figures_as_json(rings: Path) -> None:
    result = models("evaluate", rings, "--bundle", BENCH, "--split", "test,unknown", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["sha256"] == Bundle.load(BENCH).sha256
    assert told["pictures"] == 16


@pytest.mark.parametrize("room", ["evaluate", "trust"])
def test_other_data_than_the_card_names_is_judged_and_told_in_one_line(rings: Path, tmp_path: Path, room: str) -> None:
    told = models(room, rings, "--bundle", BENCH, "--json").stderr
    (note,) = [line for line in told.splitlines() if line.startswith("Note:")]
    assert f"{rings} (sha256 {load(rings).sha256[:12]}) is not the data that bundle bench was made from" in note
    bench = Bundle.load(BENCH)
    save(tmp_path / "b", dumps({**bench.card, "data": {"sha256": load(rings).sha256}}), bench.files)
    assert "Note:" not in models(room, rings, "--bundle", tmp_path / "b", "--json").stderr


def test_look_alikes_in_the_hash_of_the_card_are_no_other_data(rings: Path, tmp_path: Path) -> None:
    bench = Bundle.load(BENCH)
    data = {**bench.card["data"], "learnt": {**bench.card["data"]["learnt"], OTHER: 20}}
    embeddings = pack({**bench.references, OTHER: bench.references["1041-A"]})
    hashes = {**bench.card["files"], REFERENCES: hashlib.sha256(embeddings).hexdigest()}
    save(tmp_path / "b", dumps({**bench.card, "data": data, "files": hashes}), {**bench.files, REFERENCES: embeddings})
    assert not other_data(Bundle.load(tmp_path / "b"), load(rings))


def test_an_accuracy_that_is_not_reached_exits_with_1(rings: Path) -> None:
    assert models("evaluate", rings, "--bundle", BENCH, "--at-least", "0.99").exit_code == 1


def test_a_damaged_bundle_exits_with_3(rings: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(BENCH, tmp_path / "copy")
    (folder / "model.tflite").write_bytes(b"other")
    result = models("evaluate", rings, "--bundle", folder)
    assert result.exit_code == 3
    assert "copy the bundle again" in result.stderr


def test_an_empty_data_set_exits_with_3(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")
    (tmp_path / "empty").mkdir()
    result = models("train", tmp_path / "empty", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "holds no pictures" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_split_without_pictures_exits_with_3(rings: Path) -> None:
    assert models("evaluate", rings, "--bundle", BENCH, "--split", "unused").exit_code == 3


def test_without_the_training_library_it_says_how_to_get_it(rings: Path, tmp_path: Path) -> None:
    """In a process of its own: what is half imported here would stay so for the other tests."""
    without = "import sys; sys.modules['tensorflow'] = None; from models.cli import main; main()"
    command = [sys.executable, "-c", without, "train", str(rings), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "pip install -e .[train]" in done.stderr


def test_a_run_leaves_a_bundle_and_tells_its_held_back_figures(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")
    monkeypatch.setattr("models.small.EPOCH", 64)
    monkeypatch.setattr("models.small.COMPONENTS", 128)
    result = models("train", rings, "--out", tmp_path / "bundle", "--network", "paper", "--epochs", "1")
    assert result.exit_code == 0, result.output
    assert "4 pictures held back" in result.stdout
    Bundle.load(tmp_path / "bundle").self_test()
