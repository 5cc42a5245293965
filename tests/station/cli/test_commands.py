"""What holds for every command, whichever it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.station.cli.command import station

ODD = os.fsdecode(b"j\xf6rg")  # as a terminal in Latin-1 types it


@pytest.mark.parametrize(
    "words",
    [
        ("model", "propose", ".", "--reason", "better", "--by", ODD),
        ("calibration", "use", "1", "--reason", ODD),
        ("order", "begin", f"--by={ODD}", "W1"),
    ],
)
def test_what_is_not_in_utf_8_is_refused_before_anything_is_done(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = station(*words, "--data", tmp_path)
    assert told.exit_code == 2
    assert "j\\xf6rg' is not in UTF-8, nor a file that is there; set the terminal to UTF-8" in told.stderr
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("form", ["{}", "--data={}"])
def test_a_folder_that_is_there_may_be_called_by_any_bytes(tmp_path: Path, form: str) -> None:
    (tmp_path / ODD).mkdir()
    words = [form.format(tmp_path / ODD)] if "=" in form else ["--data", tmp_path / ODD]
    told = station("log", "search", *words)
    assert told.exit_code == 3
    assert "There is no log in" in told.stderr
