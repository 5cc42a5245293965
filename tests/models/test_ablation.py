"""What a step of the preparation brings is measured on groups that were not learnt."""

from pathlib import Path

import numpy as np
import pytest

from models.ablation import RELEASED, VARIANTS, ablate, accuracy
from models.dataset import Picture, load
from models.examples import Examples


def test_every_variant_is_measured_and_the_rings_are_told_apart(
    rings: Path, pretrained: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.ablation.VARIANTS", (RELEASED, *VARIANTS[1:3]))
    told = dict(ablate(load(rings), pretrained, (3, 0), lambda what, done, total: None))
    assert list(told) == [variant.name for variant in VARIANTS[:3]]
    assert told["as released"] == {3: 1.0, 0: 1.0}


def test_three_part_numbers_are_measured_too() -> None:
    rng = np.random.default_rng(0)
    pictures = tuple(Picture(f"{n}", "ABC"[n % 3], f"{n}", "train") for n in range(60))
    labels = np.array([n % 3 for n in range(60)], np.intp)
    seen = 60 * np.eye(3, 30)[labels][:, None] + rng.normal(0, 3, (60, 12, 30))
    examples = Examples(pictures, np.zeros((60, 2, 2), np.uint8), labels, np.ones(60, bool))
    assert accuracy(seen.astype(np.int8), examples, RELEASED, 0) == 1.0


def test_what_only_the_group_shows_is_of_no_use() -> None:
    """Features that tell the group and nothing else, in groups of one part number each: no better than a guess."""
    rng = np.random.default_rng(0)
    pictures = tuple(Picture(f"{n}", "AB"[n % 2], f"{n % 20}", "train") for n in range(200))
    labels = np.array([n % 2 for n in range(200)], np.intp)
    features = rng.integers(-99, 99, (20, 1, 30))[[n % 20 for n in range(200)]].repeat(12, axis=1).astype(np.int8)
    examples = Examples(pictures, np.zeros((200, 2, 2), np.uint8), labels, np.ones(200, bool))
    assert accuracy(features, examples, RELEASED, 0) < 0.85
