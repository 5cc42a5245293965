"""`python -m models release`: what passes the checks is copied as it is, and what does not is refused in words."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from models import parity
from models.bundle import EXPECTED, Bundle, save
from models.card import dumps
from models.cli import release as room
from models.release import RELEASED
from tests.models.cli.command import models

BENCH = RELEASED / "bench"


def _run(*arguments: object) -> Result:
    return models("release", *arguments)


def _bundle(folder: Path, files: dict[str, bytes] | None = None, **card: Any) -> Path:
    """The bench's bundle with other entries of its card, saved in a folder."""
    bench = Bundle.load(BENCH)
    contents = {**bench.files, **(files or {})}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    save(folder, dumps({**bench.card, **card, "files": hashes}), contents)
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_released_is_what_was_trained_file_by_file(tmp_path: Path) -> None:
    trained = _bundle(tmp_path / "trained")
    (trained / "notes.txt").write_text("no part of it")
    told = _run(trained, "--to", tmp_path / "new" / "released")
    assert told.exit_code == 0, told.stderr
    files = _contents(trained)
    del files["notes.txt"]
    assert _contents(tmp_path / "new" / "released") == files
    assert "parity: int8 changed 0 of" in told.stdout
    assert f"station model use {tmp_path / 'new' / 'released'}" in told.stdout


def test_by_itself_it_stands_among_the_released_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "RELEASED", tmp_path / "released")
    told = json.loads(_run(_bundle(tmp_path / "b", name="shafts"), "--json").stdout)
    assert told["released"] == str(tmp_path / "released" / "shafts")
    assert told["sha256"] == Bundle.load(tmp_path / "released" / "shafts").sha256
    assert told["refusals"] == []


@pytest.mark.parametrize("name", ["../up", "/etc", "", ".hidden", "a/b"])
def test_a_name_that_no_folder_can_have_is_wrong_use(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RELEASED", tmp_path / "released")
    told = _run(_bundle(tmp_path / "b", name=name))
    assert told.exit_code == 2
    assert "--to" in told.stderr
    assert not (tmp_path / "released").exists()


def test_where_too_many_decisions_changed_the_answer_is_no(tmp_path: Path) -> None:
    trained = _bundle(tmp_path / "b", parity=parity.Parity(400, 0.3, 0.01, changed=3).told())
    told = _run(trained, "--to", tmp_path / "released")
    assert told.exit_code == 1
    assert "3 of 400 held-out pictures (0.75%, where 0.5% may change)" in told.stderr
    assert not (tmp_path / "released").exists()
    as_json = _run(trained, "--to", tmp_path / "released", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["released"] is None
    assert len(json.loads(as_json.stdout)["refusals"]) == 1


@pytest.mark.parametrize("file", ["model.tflite", "references.npz", "selftest/00.png", EXPECTED, "card.toml"])
def test_a_damaged_bundle_exits_with_3(tmp_path: Path, file: str) -> None:
    folder = Path(shutil.copytree(BENCH, tmp_path / "b"))
    (folder / file).write_bytes(b"")
    told = _run(folder, "--to", tmp_path / "released")
    assert told.exit_code == 3
    assert "copy the bundle again" in told.stderr
    assert not (tmp_path / "released").exists()


@pytest.mark.parametrize("size", ["224", 0, -1, 224.0, True, [224]])
def test_a_size_that_no_patch_can_have_exits_with_3(tmp_path: Path, size: object) -> None:
    told = _run(_bundle(tmp_path / "b", preparation={"window": 416, "size": size}), "--to", tmp_path / "released")
    assert told.exit_code == 3
    assert f"the size of a patch is {size!r}, not a whole number of pixels" in told.stderr
    assert not (tmp_path / "released").exists()


@pytest.mark.parametrize("size", [100, 10**9, 10**30])
def test_a_size_that_the_network_does_not_take_exits_with_3(tmp_path: Path, size: int) -> None:
    told = _run(_bundle(tmp_path / "b", preparation={"window": 416, "size": size}), "--to", tmp_path / "released")
    assert told.exit_code == 3
    assert f"it takes patches of 224 pixels, and not of {size}" in told.stderr


def test_a_bundle_without_self_test_pictures_of_every_part_number_exits_with_3(tmp_path: Path) -> None:
    expected = json.loads(Bundle.load(BENCH).files[EXPECTED])
    trained = _bundle(tmp_path / "b", {EXPECTED: json.dumps({**expected, "1041-B": {}}).encode()})
    told = _run(trained, "--to", tmp_path / "released")
    assert told.exit_code == 3
    assert "no self-test picture of 1041-B" in told.stderr


def test_a_newer_bundle_of_the_same_data_and_network_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    _run(_bundle(tmp_path / "old"), "--to", tmp_path / "released")
    newer = _bundle(tmp_path / "newer", made_by="another seed")
    assert _run(newer, "--to", tmp_path / "released").exit_code == 0
    assert Bundle.load(tmp_path / "released").sha256 == Bundle.load(newer).sha256


@pytest.mark.parametrize("card", [{"network": "transfer"}, {"data": {"sha256": "0" * 64}}])
def test_a_bundle_of_another_kind_is_replaced_when_it_is_said(tmp_path: Path, card: dict[str, Any]) -> None:
    _run(_bundle(tmp_path / "old"), "--to", tmp_path / "released")
    before = _contents(tmp_path / "released")
    other = _bundle(tmp_path / "other", **card)
    refused = _run(other, "--to", tmp_path / "released")
    assert refused.exit_code == 1
    assert "say --replace" in refused.stderr
    assert _contents(tmp_path / "released") == before
    assert _run(other, "--to", tmp_path / "released", "--replace").exit_code == 0
    assert Bundle.load(tmp_path / "released").sha256 == Bundle.load(other).sha256


def test_a_damaged_bundle_in_its_place_is_replaced_when_it_is_said(tmp_path: Path) -> None:
    trained = _bundle(tmp_path / "b")
    _run(trained, "--to", tmp_path / "released")
    (tmp_path / "released" / "model.tflite").write_bytes(b"other")
    refused = _run(trained, "--to", tmp_path / "released")
    assert refused.exit_code == 1
    assert "that is damaged" in refused.stderr
    assert _run(trained, "--to", tmp_path / "released", "--replace").exit_code == 0
    Bundle.load(tmp_path / "released").self_test()


def test_what_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "notes.txt").write_text("mine")
    told = _run(_bundle(tmp_path / "b"), "--to", tmp_path / "precious", "--replace")
    assert told.exit_code == 3
    assert "is no bundle; name another folder" in told.stderr
    assert (tmp_path / "precious" / "notes.txt").read_text() == "mine"


def test_released_again_in_its_own_place_it_is_checked_and_left(tmp_path: Path) -> None:
    folder = _bundle(tmp_path / "b")
    when = (folder / "card.toml").stat().st_mtime_ns
    assert _run(folder, "--to", folder).exit_code == 0
    assert (folder / "card.toml").stat().st_mtime_ns == when
