"""`python -m models quantize`, on drawn rings."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models import parity, precisions, small
from models.quantize import PRECISIONS
from tests.models.cli.command import models

pytestmark = pytest.mark.usefixtures("threads")


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[None]:
    """Less of everything: the suite has to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small, "EPOCH", 64)
        patch.setattr(small, "COMPONENTS", 160)
        patch.setattr(small, "RANGES", 16)
        patch.setattr(precisions, "ROUNDS", 2)
        yield


def _run(*arguments: object) -> Result:
    return models("quantize", *arguments)


def test_each_precision_is_told_and_written(rings: Path, tmp_path: Path) -> None:
    result = _run(rings, "--epochs", 3, "--split", "test,unknown", "--out", tmp_path, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (told["network"], told["split"]) == ("fast", "test,unknown")
    for precision in PRECISIONS:
        each = told["precisions"][precision]
        assert each["pictures"] == 4  # the unknown disc is nothing that a decision could name
        assert each["bytes"] == len((tmp_path / f"fast-{precision}.tflite").read_bytes())


def test_a_table_for_people_names_every_precision(rings: Path) -> None:
    result = _run(rings, "--epochs", 1)
    assert "4 pictures held back from training" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines()[2:6]] == [*PRECISIONS]


def test_the_answer_is_no_when_decisions_change(rings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precisions, "compare", lambda learnt, shrunk: parity.Parity(len(learnt), 0.1, 0.1, changed=1))
    result = _run(rings, "--epochs", 1)
    assert result.exit_code == 1
    assert "int8" in result.stdout
    assert "1 of 4 held-out pictures" in result.stderr


def test_wrong_use_exits_with_2_and_a_set_in_trouble_with_3(rings: Path, tmp_path: Path) -> None:
    assert _run(rings, "--split", "tests").exit_code == 2
    assert _run(rings, "--network", "transfer").exit_code == 2
    assert _run(tmp_path).exit_code == 3
    nothing = _run(rings, "--split", "unused")
    assert nothing.exit_code == 3
    assert "no pictures of the split unused" in nothing.stderr
