"""A folder of experiments: what is done is kept, and what does not belong together is refused."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from models.experiment.folder import Folder
from models.experiment.outcome import Settings
from models.experiment.protocol import Counts
from tests.models.experiment.conftest import outcome


def test_what_an_experiment_left_is_read_as_it_was_written(folder: Folder) -> None:
    folder.finish(outcome(3, (0.1, 1 / 3, 1e-9, 0.9)), b"network")
    assert folder.outcome(3) == outcome(3, (0.1, 1 / 3, 1e-9, 0.9))
    assert folder.outcome(2) is None
    assert folder.outcomes(10) == [folder.outcome(3)]
    assert folder.file(3, "tflite").read_bytes() == b"network"


def test_a_score_that_is_no_number_is_still_none_when_read(folder: Folder) -> None:
    folder.finish(outcome(1, (math.nan, 0.2, 0.8, 0.9)), b"")
    read = folder.outcome(1)
    assert read
    assert math.isnan(read.scores[0])
    assert read.confusion == outcome(1, (math.nan, 0.2, 0.8, 0.9)).confusion


def test_what_it_was_told_is_read_as_it_was_written(folder: Folder, settings: Settings) -> None:
    folder.begin(settings)
    assert folder.settings() == settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": 5}, "of epochs 4, not 5"),
        ({"seed": 2, "protocol": "paper"}, "of protocol honest, not paper and of seed 1, not 2"),
        ({"counts": Counts()}, "of counts"),
        ({"data": "0" * 64}, "on other pictures"),
        ({"precision": "bfloat16"}, "of precision float32, not bfloat16"),
    ],
)
def test_other_settings_or_other_data_are_refused(
    folder: Folder, settings: Settings, change: dict[str, object], said: str
) -> None:
    with pytest.raises(FileExistsError, match=f"{said}.*name another folder"):
        folder.begin(replace(settings, **change))  # type: ignore[arg-type] # each fits its field
    assert folder.settings() == settings


def test_a_series_that_names_no_precision_goes_on_in_float32(folder: Folder, settings: Settings) -> None:
    path = folder.path / "experiment.json"
    told = json.loads(path.read_text())
    del told["precision"]
    path.write_text(json.dumps(told))
    assert folder.settings().precision == "float32"
    with pytest.raises(FileExistsError, match="of precision"):
        folder.begin(replace(settings, precision="bfloat16"))


def test_a_precision_that_nobody_knows_is_refused(folder: Folder) -> None:
    path = folder.path / "experiment.json"
    path.write_text(path.read_text().replace("float32", "float8"))
    with pytest.raises(OSError, match=r"experiment\.json is damaged or of another version"):
        folder.settings()


def test_a_folder_of_something_else_is_refused(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(FileExistsError, match="holds no experiments"):
        Folder(tmp_path).begin(settings)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_two_do_not_work_in_one_folder(folder: Folder) -> None:
    both = pytest.raises(BlockingIOError, match="other experiments run in")
    with folder.held(), both, Folder(folder.path).held():
        pass
    with folder.held():
        pass


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"experiment": 1}', b"\xff"])
def test_a_damaged_file_is_named(folder: Folder, content: bytes) -> None:
    folder.file(1, "json").write_bytes(content)
    with pytest.raises(OSError, match=r"01\.json is damaged"):
        folder.outcome(1)
