"""Which pictures stand on which side: the paper's counts, and the promise of the honest split."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import DataSet, DataSetError, Picture
from models.experiment.protocol import Counts, Sides, View, honest, originals, paper, structure

Way = Callable[[DataSet, Counts, int], Sides]

COUNTS = Counts()


def _set(groups: int = 40, each: int = 3, parts: str = "AB", test_groups: int = 10) -> DataSet:
    pictures = [
        Picture(f"{part}/{group}-{n}.png", part, f"{part}-{group}", "test" if group < test_groups else "train")
        for part in parts
        for group in range(groups)
        for n in range(each)
    ]
    return DataSet(Path("made-up"), tuple(pictures), "0" * 64)


def _of(views: tuple[View, ...], part: str) -> list[View]:
    return [view for view in views if view.picture.part_number == part]


def test_the_paper_s_way_has_the_paper_s_counts() -> None:
    sides = paper(_set(), COUNTS, seed=0)
    every = (*sides.train, *sides.test)
    assert (len(every), len(sides.train), len(sides.test)) == (2477, 1967, 510)
    assert (len(_of(every, "A")), len(_of(every, "B"))) == (1234, 1243)
    assert (len(_of(sides.train, "A")), len(_of(sides.train, "B"))) == (980, 987)
    assert (len(_of(sides.test, "A")), len(_of(sides.test, "B"))) == (254, 256)
    assert sum(view.copy == 0 for view in every) == 160
    assert sum(view.copy > 0 for view in every) == 2317
    assert len({view.picture for view in every}) == 160


def test_the_paper_s_way_puts_copies_of_one_photograph_on_both_sides() -> None:
    data = _set()
    sides = paper(data, COUNTS, seed=0)
    assert {view.picture for view in sides.test} & {view.picture for view in sides.train}
    assert not set(sides.test) & set(sides.train)
    assert structure(data, sides)["A"]["known"] == 254


def test_the_paper_s_way_leaves_the_test_pictures_untouched() -> None:
    sides = paper(_set(), COUNTS, seed=0)
    assert {view.picture.split for view in (*sides.train, *sides.test)} == {"train"}


def test_the_honest_way_learns_as_many_and_tests_photographs_as_they_are() -> None:
    data = _set()
    sides = honest(data, COUNTS, seed=0)
    assert (len(_of(sides.train, "A")), len(_of(sides.train, "B"))) == (980, 987)
    assert sum(view.copy == 0 for view in sides.train) == 160
    assert [view.picture for view in sides.test] == list(data.of("test"))
    assert not any(view.copy for view in sides.test)
    told = structure(data, sides)["A"]
    assert told == {"originals": 80, "train": 980, "train_copies": 900, "train_groups": 27} | {
        "test": 30,
        "test_copies": 0,
        "test_groups": 10,
        "known": 0,
    }


@given(
    groups=st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(["train", "test"]), st.integers(1, 5)), max_size=9
    ),
    seed=st.integers(0, 99),
)
def test_no_group_stands_on_both_sides(groups: list[tuple[str, str, int]], seed: int) -> None:
    groups += [("A", "train", 2), ("B", "train", 2), ("A", "test", 1)]
    pictures = [
        Picture(f"{part}/{number}-{n}.png", part, f"group {number}", split)
        for number, (part, split, each) in enumerate(groups)
        for n in range(each)
    ]
    sides = honest(DataSet(Path("made-up"), tuple(pictures), ""), Counts(4, (9, 9), (3, 3)), seed)
    learnt, tested = ({view.picture.group for view in side} for side in (sides.train, sides.test))
    assert learnt
    assert tested
    assert not learnt & tested


@pytest.mark.parametrize(("way", "copies"), [(paper, 2317), (honest, 1807)])
def test_a_small_set_gives_all_it_has_and_as_many_copies(way: Way, copies: int) -> None:
    sides = way(_set(groups=15), COUNTS, 0)  # 15 training pictures of each part number
    assert len(_of(sides.train, "A")) == 980 - 80 + 15
    every = Counter(view.copy > 0 for view in (*sides.train, *sides.test) if view.picture.split == "train")
    assert every == {False: 30, True: copies}


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    def drawn(seed: int) -> Sides:
        return paper(_set(), COUNTS, seed)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_originals_are_drawn_by_groups() -> None:
    pictures = [picture for picture in _set().of("train") if picture.part_number == "A"]
    told = Counter(picture.group for picture in originals(pictures, 80, [0]))
    assert sum(told.values()) == 80
    assert sorted(told.values()) == [2] + 26 * [3]


def test_three_part_numbers_are_refused() -> None:
    with pytest.raises(DataSetError, match="made-up has 3; keep two in it"):
        honest(_set(parts="ABC"), COUNTS, seed=0)


def test_nothing_to_test_is_refused() -> None:
    with pytest.raises(DataSetError, match="no pictures of the split test"):
        honest(_set(test_groups=0), COUNTS, seed=0)
