"""`python -m models experiment`: in what a series learns, without any learning."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from models.cli import main
from models.dataset import load
from models.experiment.folder import Folder
from models.experiment.outcome import Settings
from models.experiment.processor import Precision
from models.experiment.protocol import pair
from tests.models.experiment.conftest import outcome


@pytest.fixture(autouse=True)
def nothing_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(folder: Folder, *_: Any) -> None:
        folder.finish(outcome(1), b"")

    monkeypatch.setattr("models.cli.experiment.run", run)
    monkeypatch.setattr("models.cli.experiment.find_spec", lambda _: True)


def _run(rings: Path, out: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["experiment", str(rings), "--out", str(out), "--runs", "1", "--json", *words])


def _precision(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return str(json.loads(result.stdout)["settings"]["precision"])


@pytest.mark.parametrize("fastest", ["float32", "bfloat16"])
def test_a_new_series_learns_in_what_the_processor_is_fastest_in_unless_told(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fastest: Precision
) -> None:
    monkeypatch.setattr("models.cli.experiment.fastest", lambda: fastest)
    assert _precision(_run(rings, tmp_path / "untold")) == fastest
    assert _precision(_run(rings, tmp_path / "told", "--precision", "float32")) == "float32"


@pytest.mark.parametrize("begun", ["float32", "bfloat16"])
def test_a_series_goes_on_in_its_own_whatever_the_processor(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: Precision
) -> None:
    other = "float32" if begun == "bfloat16" else "bfloat16"
    monkeypatch.setattr("models.cli.experiment.fastest", lambda: other)
    data = load(rings)
    Folder(tmp_path / "out").begin(Settings(data.sha256, pair(data), precision=begun))
    assert _precision(_run(rings, tmp_path / "out")) == begun
    refused = _run(rings, tmp_path / "out", "--precision", other)
    assert refused.exit_code == 3
    assert f"of precision {begun}, not {other}" in refused.stderr
