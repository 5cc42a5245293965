"""What a verdict is made with comes from one bundle, and its name tells which."""

from __future__ import annotations

from pathlib import Path

from models.bundle import Bundle
from station.assembly import BENCH, EXPECTED
from station.bundles import load_bundle
from station.model import Model
from tests.station.releases import release


def test_all_of_it_is_the_bundles(tmp_path: Path) -> None:
    bundle = load_bundle(BENCH)
    model = Model.of(bundle, EXPECTED)
    assert model.name == f"bench sha256:{bundle.sha256}"
    assert model.classifier.part_numbers == bundle.part_numbers
    assert (model.preparation, model.references) == (bundle.preparation, bundle.references)
    assert model.recipe.part_number == EXPECTED
    assert model.recipe.score_thresholds == bundle.score_thresholds
    assert model.recipe.distance_limits == bundle.distance_limits
    assert model.profile is None


def test_two_releases_of_one_name_have_recipes_of_two_names(tmp_path: Path) -> None:
    again = release(tmp_path, "bench", score_thresholds=dict.fromkeys(Bundle.load(BENCH).part_numbers, 0.99))
    names = {Model.of(load_bundle(folder), EXPECTED).recipe.name for folder in (BENCH, again)}
    assert len(names) == 2
