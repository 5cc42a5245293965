"""The part is found wherever it lies, and is never scaled."""

import csv
import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import read_picture
from models.preprocess import Gray, Preparation, cut, find, prepare
from tests.models.scenes import STAGE, lay_ring, stage

FASTENERS = Path(__file__).parents[3] / "shared" / "data" / "fasteners"
PHOTOGRAPHS = pytest.mark.skipif(not FASTENERS.is_dir(), reason="the photographs of ../shared/data are not here")
PREPARATION = Preparation(window=100)


@given(
    x=st.integers(50, 270),
    y=st.integers(50, 190),
    radius=st.integers(15, 35),
    step=st.integers(50, 90),
    brighter=st.booleans(),
)
def test_a_part_is_found_wherever_it_lies_and_whether_it_is_darker_or_brighter(
    x: int, y: int, radius: int, step: int, brighter: bool
) -> None:
    finding = find(lay_ring(stage(), (x, y), radius, STAGE + step if brighter else STAGE - 40 - step))
    assert (finding.count, finding.touches_edge) == (1, False)
    assert abs(finding.centre[0] - x) <= 2
    assert abs(finding.centre[1] - y) <= 2
    assert all(2 * radius - 4 <= side <= 2 * radius + 8 for side in finding.extent)


@pytest.mark.parametrize("odd", [{"window": -1}, {"window": "416"}, {"window": 416.0}, {"window": 416, "size": 0}])
def test_a_side_that_nothing_can_have_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a whole number of pixels"):
        Preparation(**odd)


def test_a_window_wider_than_any_picture_is_refused_before_memory_is_made_for_it() -> None:
    with pytest.raises(ValueError, match="more than any picture"):
        Preparation(10**9)


@given(x=st.integers(60, 260), y=st.integers(60, 180))
def test_the_patch_does_not_depend_on_where_the_part_lies(x: int, y: int) -> None:
    plain = np.full((240, 320), STAGE, np.uint8)
    middle = prepare(lay_ring(plain, (160, 120), 25), PREPARATION).pixels
    there = prepare(lay_ring(plain, (x, y), 25), PREPARATION).pixels
    assert np.mean(cv2.absdiff(middle, there) > 40) < 0.03  # a pixel or two at the part's edges


def test_a_part_twice_as_large_is_twice_as_large_in_the_patch() -> None:
    dark = [np.sum(prepare(lay_ring(stage(), (150, 110), r), PREPARATION).pixels < 100) for r in (15, 30)]
    assert dark[1] == pytest.approx(4 * dark[0], rel=0.05)


@pytest.mark.parametrize("level", [20, 80, 150, 240])
@pytest.mark.parametrize("size", [(150, 150), (320, 240), (720, 720), (1280, 720)])
def test_an_empty_stage_shows_nothing_under_any_light(level: int, size: tuple[int, int]) -> None:
    empty = stage(*size, level=level)
    finding = find(empty)
    assert not finding.found
    assert finding.count == 0
    assert prepare(empty, PREPARATION).pixels.shape == (224, 224)  # the middle, so that the network can be run


def test_a_step_of_light_at_the_rim_of_the_picture_is_no_part() -> None:
    gray = stage()
    gray[:2], gray[:, :1] = 10, 10  # the dark line that some cameras leave
    assert not find(gray).found


def test_two_parts_are_two() -> None:
    assert find(lay_ring(lay_ring(stage(), (90, 80), 25), (220, 160), 25)).count == 2


def test_pieces_that_lie_close_are_one_part() -> None:
    gray = stage()
    for y in range(40, 200, 24):
        gray[y : y + 16, 150:162] = 40
    finding = find(gray)
    assert finding.count == 1
    assert finding.extent[1] == pytest.approx(160, abs=8)


@pytest.mark.parametrize("bore", [0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_bore_is_no_second_part(bore: float) -> None:
    finding = find(lay_ring(stage(), (160, 120), 50, bore=bore))
    assert finding.count == 1
    assert finding.extent == pytest.approx((100, 100), abs=6)


def test_dust_is_no_second_part() -> None:
    gray = lay_ring(stage(), (90, 120), 25)
    gray[60:64, 250:254] = 20
    assert find(gray).count == 1


@pytest.mark.parametrize("centre", [(5, 120), (315, 120), (160, 5), (160, 235)])
def test_a_part_over_the_edge_is_told(centre: tuple[int, int]) -> None:
    assert find(lay_ring(stage(), centre, 30)).touches_edge


def test_a_part_larger_than_the_window_is_not_wholly_in_view() -> None:
    gray = lay_ring(stage(), (160, 120), 60)
    assert not prepare(gray, Preparation(window=150)).finding.touches_edge
    assert prepare(gray, Preparation(window=110)).finding.touches_edge


def test_the_window_may_reach_beyond_the_picture() -> None:
    gray = np.full((40, 60), 77, np.uint8)
    assert np.all(cut(gray, (3, 3), Preparation(window=200)) == 77)


def test_a_patch_is_the_same_bit_for_bit_on_every_machine() -> None:
    texture = np.random.default_rng(7).integers(0, 256, (90, 160), dtype=np.uint8)
    gray = np.full((720, 1280), STAGE, np.uint8)
    gray[300:480, 500:820] = cv2.resize(texture, (320, 180), interpolation=cv2.INTER_NEAREST_EXACT)
    patches = [prepare(gray, Preparation(window)).pixels.tobytes() for window in (180, 400, 1000)]
    assert hashlib.sha256(b"".join(patches)).hexdigest() == (
        "17330a44b2cc30392a0bf643a0effd9cfca254048e886587271e0a7cc4abdb8e"
    )


@PHOTOGRAPHS
def test_photographs_of_an_empty_stage_show_nothing() -> None:
    assert not find(read_picture(FASTENERS / "empty_stage.png")).found


@PHOTOGRAPHS
@pytest.mark.parametrize("name", ["test.png", "test2.png"])
def test_many_parts_at_once_are_never_one(name: str) -> None:
    assert find(read_picture(FASTENERS / "several" / name)).count > 1


@PHOTOGRAPHS
def test_parts_on_photographs_are_counted_as_people_counted_them() -> None:
    with (FASTENERS / "manifest.csv").open() as file:
        training = {Path(row["file"]).name: row["file"] for row in csv.DictReader(file) if row["split"] == "train"}
    with (FASTENERS / "objects.csv").open() as file:
        counted = {row["file"]: int(row["n_objects"]) for row in csv.DictReader(file) if row["file"] in training}
    seen = {name: find(read_picture(FASTENERS / training[name])).count for name in counted}
    assert seen == counted


class Doubled:
    """A correction that makes up for half the light; it notes what it was asked to correct."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def whole(self, gray: Gray) -> Gray:
        self.asked.append(gray.shape)
        return np.asarray(cv2.add(gray, gray), np.uint8)

    def window(self, gray: Gray, left: int, top: int) -> Gray:
        return self.whole(gray)


@pytest.mark.parametrize(("size", "corrected"), [((300, 300), (300, 300)), ((1280, 720), (180, 320))])
def test_what_is_searched_is_corrected_before_it_is_halved_for_the_last_time(
    size: tuple[int, int], corrected: tuple[int, int]
) -> None:
    """At most four times what is searched: it costs little, and what it rounds is smoothed."""
    flat = Doubled()
    assert not find(stage(*size, level=60), flat).found
    assert flat.asked == [corrected]


def test_a_part_is_found_in_half_the_light_where_it_is_found_in_all_of_it() -> None:
    for x in range(60, 260, 20):
        gray = lay_ring(stage(level=150), (x, 120), 25)
        dim = np.asarray(gray // 2, np.uint8)
        assert find(dim, Doubled()) == find(Doubled().whole(dim))
