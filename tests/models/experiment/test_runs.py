"""A series in processes of its own: none is left over, and what was interrupted goes on to the same figures."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models.experiment.folder import Folder
from models.experiment.outcome import Outcome, Settings
from models.experiment.runs import run


def _workers(folder: Folder) -> str:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if "experiment.worker" in line and str(folder.path) in line)


def _figures(folder: Folder) -> list[Outcome]:
    return [replace(outcome, seconds=0) for outcome in folder.outcomes(9)]


def test_a_series_that_was_ended_goes_on_to_the_same_figures(rings: Path, settings: Settings, tmp_path: Path) -> None:
    whole, ended = Folder(tmp_path / "whole"), Folder(tmp_path / "ended")
    for folder in (whole, ended):
        folder.begin(replace(settings, epochs=20))
        (folder.path / "runs").mkdir()
    ticks: list[tuple[int, int]] = []
    run(whole, rings, 2, 2, lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (40, 40)
    assert sorted(path.suffix for path in (whole.path / "runs").iterdir()) == [".json", ".json", ".tflite", ".tflite"]

    def end(done: int, _: int) -> None:
        if done >= 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run(ended, rings, 1, 2, end)
    assert _workers(ended) == ""
    assert not _figures(ended)
    assert ended.file(1, "checkpoint").is_file()
    run(ended, rings, 1, 1, lambda *_: None)
    assert _figures(ended) == _figures(whole)[:1]
    assert _figures(whole)[0].scores != _figures(whole)[1].scores


def test_what_is_done_is_not_done_again(rings: Path, folder: Folder) -> None:
    from tests.models.experiment.conftest import outcome

    for number in (1, 2):
        folder.finish(outcome(number), b"")
    run(folder, rings, 2, 2, lambda *_: pytest.fail("nothing is left to be learnt"))


def test_other_pictures_than_at_the_beginning_end_it(rings: Path, settings: Settings, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "series")
    folder.begin(replace(settings, data="0" * 64))
    with folder.held(), pytest.raises(OSError, match=r"experiment 1 ended early \(.*has changed since"):
        run(folder, rings, 1, 1, lambda *_: None)
    assert not folder.outcomes(1)
