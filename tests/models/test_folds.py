"""Shared out by group, whatever the groups are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import Picture
from models.folds import few, folds, sides

PICTURES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 12)), min_size=2, max_size=60, unique=False).map(
    lambda rows: [Picture(f"{n}.png", part, f"g{group}", "train") for n, (part, group) in enumerate(rows)]
)


@given(PICTURES, st.integers(2, 6))
def test_a_group_is_never_on_both_sides(pictures: list[Picture], count: int) -> None:
    labels = np.array([picture.part_number == "B" for picture in pictures], np.intp)
    for learnt, held in sides(folds(pictures, count), labels):
        assert not {pictures[index].group for index in learnt} & {pictures[index].group for index in held}


@given(PICTURES, st.integers(2, 6))
def test_every_part_number_is_learnt_whatever_is_held_back(pictures: list[Picture], count: int) -> None:
    labels = np.array([picture.part_number == "B" for picture in pictures], np.intp)
    for learnt, _ in sides(folds(pictures, count), labels):
        assert set(labels[learnt]) == set(labels)


def test_neighbours_are_held_back_together_and_every_picture_once() -> None:
    pictures = [Picture(f"{part}{n}.png", part, f"{part}-{n}", "train") for part in "AB" for n in range(20)]
    fold = folds(pictures, 5)
    assert fold.tolist() == [n // 4 for _ in "AB" for n in range(20)], "2 stands before 10"


@given(PICTURES, st.integers(1, 12), st.integers(0, 5))
def test_a_few_are_no_more_than_asked_and_no_fewer_than_there_are(
    pictures: list[Picture], each: int, seed: int
) -> None:
    chosen = few(pictures, each, seed)
    for part in "AB":
        there = sum(picture.part_number == part for picture in pictures)
        assert sum(picture.part_number == part for picture in chosen) == min(each, there)
    assert chosen == few(pictures, each, seed)


@pytest.mark.parametrize(("each", "groups"), [(3, 3), (4, 4), (6, 4)])
def test_a_few_come_from_as_many_groups_as_can_be(each: int, groups: int) -> None:
    pictures = [Picture(f"{part}{n}.png", part, f"{part}{n % 4}", "train") for part in "AB" for n in range(40)]
    chosen = [picture for picture in few(pictures, each, seed=3) if picture.part_number == "A"]
    assert len({picture.group for picture in chosen}) == groups
