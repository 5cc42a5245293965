"""Small pictures of known examples: one a row, kept once however often they are turned, and small indeed."""

from __future__ import annotations

import numpy as np
import pytest

from models.known import SIDE, Small, pack, unpack
from models.preprocess import Gray
from tests.models.scenes import lay_ring, stage


def patch(seed: int = 0) -> Gray:
    return lay_ring(stage(224, 224, seed=seed), (112, 90), 60)


def test_every_example_survives_the_file_in_its_order() -> None:
    examples = {"a/b": [Small.of(patch(1)), Small.of(patch(2), 90.0)], "none": [], "c": [Small.of(patch(1), 45.0)]}
    assert unpack(pack(examples), tuple(examples)) == examples


def test_a_picture_is_turned_when_it_is_shown() -> None:
    upright, turned = Small.of(patch()).pixels(), Small.of(patch(), 90.0).pixels()
    assert upright.shape == (SIDE, SIDE)
    assert np.array_equal(turned, np.rot90(upright))


def test_a_picture_that_is_known_at_eight_angles_is_kept_once() -> None:
    example = Small.of(patch())
    once, often = pack({"a": [example]}), pack({"a": [Small(example.jpeg, 45.0 * n) for n in range(8)]})
    assert len(often) - len(once) < len(example.jpeg)


def test_a_thousand_of_them_take_less_than_two_megabytes() -> None:
    """On a stage as noisy as a camera's."""
    examples = [Small.of(lay_ring(stage(224, 224, seed=n, noise=8.0), (112, 112), 90)) for n in range(50)]
    assert len({each.jpeg for each in examples}) == 50
    assert len(pack({"a": examples})) * 20 < 2e6


@pytest.mark.parametrize("jpeg", [b"", b"no picture"])
def test_what_is_no_picture_is_refused_when_it_is_shown(jpeg: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be decoded"):
        Small(jpeg).pixels()
