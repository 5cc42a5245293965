"""A training run, on a few drawn rings: whole, seeded, and the same again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")

from models import small as room
from models.bundle import Bundle, save
from models.dataset import DataSetError, load
from models.evaluate import figures, judge_all
from models.network import network
from models.plan import Plan
from models.release import refusals
from models.train import train
from tests.models.scenes import stage, write_set


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Less of everything: the drawn rings are easy, and the suite has to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "EPOCH", 128)
        patch.setattr(room, "COMPONENTS", 256)
        yield


def _quiet(what: str, done: int, total: int) -> None:
    assert what
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def files(rings: Path) -> tuple[str, dict[str, bytes]]:
    return train(load(rings), Plan("rings", "paper", epochs=6), _quiet)


@pytest.fixture(scope="module")
def bundle(files: tuple[str, dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundles") / "rings"
    save(folder, *files)
    return Bundle.load(folder)


def test_what_was_trained_tells_the_parts_apart(bundle: Bundle, rings: Path) -> None:
    data = load(rings)
    told = figures([*judge_all(bundle, data, data.of("test"))], bundle.part_numbers)
    assert told["accuracy"] == 1.0


def test_a_part_that_was_never_learnt_lies_farther_away(bundle: Bundle, rings: Path) -> None:
    data = load(rings)
    told = figures([*judge_all(bundle, data, data.of("test", "unknown"))], bundle.part_numbers)
    assert told["unknown_auroc"] > 0.9


def test_the_released_network_answers_as_it_did_in_training(bundle: Bundle) -> None:
    bundle.self_test()


def test_the_card_says_how_it_was_made(bundle: Bundle, rings: Path) -> None:
    card = bundle.card
    assert card["made_by"] == (
        "python -m models train rings --out BUNDLE --name rings --network paper"
        " --epochs 6 --seed 0 --augmentation stage"
    )
    assert card["data"]["sha256"] == load(rings).sha256
    assert card["data"]["learnt"] == card["data"]["held_back"] | {"ring-4": 8, "ring-7": 8}
    assert card["held_back"]["pictures"] == 4
    assert {part: told["pictures"] for part, told in card["held_back"]["by_part_number"].items()} == {
        "ring-4": 2,
        "ring-7": 2,
    }
    assert [row[0] for row in card["held_back_by_group"]["rows"].values()] == [2, 2]


def test_the_card_says_what_int8_changed(bundle: Bundle) -> None:
    told = bundle.card["parity"]
    assert (told["pictures"], told["changed"], told["share"]) == (4, 0, 0.0)
    assert 0 < told["mean"] <= told["largest"] < 0.1
    assert told["on"] == "the pictures held back from training"


def test_what_was_trained_may_be_released(bundle: Bundle) -> None:
    assert refusals(bundle) == []


def test_the_same_run_gives_the_same_bytes(files: tuple[str, dict[str, bytes]], rings: Path) -> None:
    assert train(load(rings), Plan("rings", "paper", epochs=6), _quiet) == files


def test_three_look_alikes_end_in_a_softmax(tmp_path: Path) -> None:
    data = load(write_set(tmp_path / "three", {"a": 0.2, "b": 0.5, "c": 0.8}))
    card, files = train(data, Plan("three", "paper", epochs=10), _quiet)
    bundle = Bundle.of(card, files)
    assert bundle.part_numbers == ("a", "b", "c")
    told = figures([*judge_all(bundle, data, data.of("test"))], bundle.part_numbers)
    assert told["accuracy"] == 1.0


def test_pictures_that_show_nothing_are_not_learnt_from(tmp_path: Path, rings: Path) -> None:
    folder = Path(shutil.copytree(rings, tmp_path / "set"))
    for index in range(5):
        cv2.imwrite(str(folder / "ring-4" / f"{index:02}.png"), stage(160, 120, seed=index))
    with pytest.raises(DataSetError, match="one whole part: ring-4 has 5 training pictures"):
        train(load(folder), Plan("x", "paper"), _quiet)


def test_the_network_has_the_paper_s_layers() -> None:
    model = network(2)
    shapes = [layer.output.shape[1:] for layer in model.layers]
    blocks = [(224, 224, 8), (112, 112, 8), (112, 112, 16), (56, 56, 16), (56, 56, 32), (28, 28, 32)]
    assert shapes[1:8] == [*blocks, (25088,)]
    assert shapes[-1] == (1,)


def test_every_picture_is_shown_before_any_is_shown_again() -> None:
    batches = [*room._batches(pictures=50, batches=5, rng=np.random.default_rng(0))]
    shown = np.concatenate(batches)
    assert [len(batch) for batch in batches] == [32] * 5
    assert all(len(set(shown[start : start + 50])) == 50 for start in (0, 50, 100))


def test_every_known_example_keeps_its_own_picture(bundle: Bundle) -> None:
    """Turned back, and large again, the network sees in it what it knows of the example; not to the bit."""
    pictures, classifier = bundle.pictures(), bundle.classifier()
    assert pictures
    for part, rows in bundle.references.items():
        seen = [
            classifier.classify(np.asarray(cv2.resize(each.pixels(), (224, 224)), np.uint8)) for each in pictures[part]
        ]
        assert {each.degrees for each in pictures[part]} == {*range(0, 360, 45)}
        own = np.mean([float(row @ each.embedding) for row, each in zip(rows, seen, strict=True)])
        others = np.mean([float(row @ each.embedding) for row in rows for each in seen])
        assert own > others + 0.1
