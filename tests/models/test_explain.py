"""An explanation shows what a network really goes by: tried on networks of which that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import explain as room
from models.bundle import KNOWN, Bundle
from models.classifier import Prediction
from models.explain import PLACES, Map, heat, nearest
from models.known import Small, pack
from models.preprocess import Gray
from models.trust import distance
from tests.models.scenes import lay_ring, stage

BENCH = Path(room.__file__).parent / "released" / "bench"
PART = "1041-A"
STAGE, PLACE = 150, 224 / PLACES  # gray level; pixels


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return replace(Bundle.load(BENCH), references=dict.fromkeys([PART, "1041-B"], np.array([[1, 0]], np.float32)))


class Spot:
    """A network that goes by one place alone, bright or not; it says so by its score, or by its distance."""

    def __init__(self, at: tuple[int, int], by_score: bool = True, against: bool = False) -> None:
        self.at, self.by_score, self.against = at, by_score, against

    def classify(self, seen: Gray) -> Prediction:
        there = float(seen[self.at[0] - 4 : self.at[0] + 4, self.at[1] - 4 : self.at[1] + 4].mean() > STAGE + 20)
        good = (1.0 - there if self.against else there) if self.by_score else 1.0
        angle = 0.0 if there or self.by_score else 0.5
        return Prediction(np.array([good, 1 - good], np.float32), np.array([np.cos(angle), np.sin(angle)], np.float32))


def spotted(at: tuple[int, int]) -> Gray:
    patch = np.full((224, 224), STAGE, np.uint8)
    patch[at[0] - 6 : at[0] + 6, at[1] - 6 : at[1] + 6] = 250
    return patch


def off(found: Map, at: tuple[int, int]) -> float:
    """How far the greatest change lies from there, pixels."""
    places = np.argwhere(found == found.max())
    return float(np.hypot(*((places.mean(axis=0) + 0.5) * PLACE - at)))


@pytest.mark.parametrize("at", [(60, 150), (20, 20), (200, 112)])
def test_the_score_falls_most_where_the_network_looks(bundle: Bundle, at: tuple[int, int]) -> None:
    found = heat(Spot(at), bundle, spotted(at), PART, lambda *_: None)
    assert found.tells_score
    assert found.score.dtype == np.float32
    assert off(found.score, at) <= PLACE
    assert found.score.max() == 1.0
    middles = (np.indices((PLACES, PLACES)) + 0.5) * PLACE
    far = np.hypot(*(middles - np.array(at)[:, None, None])) > 3 * PLACE
    assert (found.score[far] == 0).all()


def test_what_speaks_against_the_part_is_negative(bundle: Bundle) -> None:
    found = heat(Spot((60, 60), against=True), bundle, spotted((60, 60)), PART, lambda *_: None)
    assert found.score.min() < -0.5
    assert not found.tells_score


def test_a_network_that_stays_sure_tells_its_places_by_the_distance(bundle: Bundle) -> None:
    found = heat(Spot((60, 60), by_score=False), bundle, spotted((60, 60)), PART, lambda *_: None)
    assert not found.tells_score
    assert off(found.distance, (60, 60)) <= PLACE


def test_every_place_is_covered_in_turn_and_progress_is_told(bundle: Bundle) -> None:
    told: list[int] = []
    heat(Spot((60, 60)), bundle, spotted((60, 60)), PART, lambda _, done, __: told.append(done))
    assert told == list(range(1, PLACES**2 + 1))


def test_the_three_nearest_are_those_whose_mean_is_the_distance_of_the_gates() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(40, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    references = {"a": rows[:10], "b": rows[10:]}
    embedding = rows[20]
    near = nearest(embedding, references, None)
    assert near[0].part_number == "b"
    assert near[0].distance == pytest.approx(0.0, abs=1e-6)
    assert [each.distance for each in near] == sorted(each.distance for each in near)
    assert np.mean([each.distance for each in nearest(embedding, {"b": rows[10:]}, None)]) == pytest.approx(
        distance(embedding, rows[10:])
    )


def test_each_neighbour_is_shown_by_its_own_picture() -> None:
    references = {"a": np.eye(4, dtype=np.float32)[:2], "b": np.eye(4, dtype=np.float32)[2:]}
    pictures = {
        part: [Small.of(np.full((224, 224), 10 + 100 * n + 40 * row, np.uint8)) for row in range(2)]
        for n, part in enumerate("ab")
    }
    near = nearest(np.array([0.1, 0.3, 0.2, 0.9], np.float32), references, pictures)
    shown = [each.picture.mean() for each in near if each.picture is not None]
    assert [each.part_number for each in near] == ["b", "a", "b"]
    assert shown == pytest.approx([150, 50, 110], abs=3)


def test_a_bundle_without_pictures_still_explains() -> None:
    patch = lay_ring(stage(224, 224), (112, 112), 60)
    explanation = room.explain(Bundle.load(BENCH), patch, PART, lambda *_: None)
    if KNOWN not in Bundle.load(BENCH).files:
        assert [each.picture for each in explanation.nearest] == [None] * 3
    assert len(explanation.nearest) == 3


def test_pictures_that_are_not_of_the_references_are_refused() -> None:
    bench = Bundle.load(BENCH)
    one = Small.of(np.zeros((224, 224), np.uint8))
    other = replace(bench, files={**bench.files, KNOWN: pack({part: [one] for part in bench.part_numbers})})
    with pytest.raises(ValueError, match="not those of its known examples"):
        other.pictures()


@pytest.mark.parametrize("content", [b"", b"PK nonsense", pack({"1041-A": [Small(b"x")]})[:-40]])
def test_pictures_that_cannot_be_read_are_refused(content: bytes) -> None:
    bench = Bundle.load(BENCH)
    with pytest.raises(ValueError, match="not those of its known examples"):
        replace(bench, files={**bench.files, KNOWN: content}).pictures()


def test_pictures_of_every_reference_are_found() -> None:
    bench = Bundle.load(BENCH)
    one = Small.of(np.full((224, 224), 99, np.uint8))
    known = {part: [one] * len(rows) for part, rows in bench.references.items()}
    assert replace(bench, files={**bench.files, KNOWN: pack(known)}).pictures() == known
