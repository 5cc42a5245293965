"""How many pictures of which specimen, and what is asked for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station.collect.manifest import group_of
from station.collect.wanted import VARIETY, Wanted, request

COUNTS = st.integers(1, 60)


@given(count=COUNTS, specimen=st.integers(0, 9), specimens=st.integers(1, 12))
def test_all_pictures_are_shared_out_equally_among_the_specimens(count: int, specimen: int, specimens: int) -> None:
    shares = Wanted("A", "monday", count, specimen, specimens).shares()
    assert list(shares) == list(range(specimen, specimen + specimens))
    assert sum(shares.values()) == count
    assert max(shares.values()) - min(shares.values()) <= 1


@given(count=COUNTS, specimens=st.integers(1, 12), others=st.integers(0, 9))
def test_taken_one_by_one_it_ends_after_so_many_and_others_do_not_count(
    count: int, specimens: int, others: int
) -> None:
    wanted = Wanted("A", "monday", count, specimens=specimens)
    there = [group_of("A", "tuesday", 1)] * others
    asked = []
    while left := wanted.left(there):
        asked.append(next(iter(left)))
        there.append(group_of("A", "monday", asked[-1]))
    assert len(asked) == count
    assert asked == sorted(asked)


def test_the_stage_is_cleared_first_and_each_specimen_asked_for_by_its_number() -> None:
    assert request(2, lies=None, kept=0) == "Clear the stage, then lay specimen 2 on it."
    assert request(3, lies=2, kept=6) == "Take it away and lay the next specimen, number 3."


def test_in_between_every_way_to_lay_it_comes_in_turn() -> None:
    assert {request(1, lies=1, kept=kept) for kept in range(1, 1 + len(VARIETY))} == set(VARIETY)
