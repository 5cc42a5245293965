"""The hand, the stage, and everything that can go wrong on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.measure import sharpness
from calibration.profile import Profile, Region
from station.simulation import PART_NUMBERS, Bench, SimulatedClock, plan
from station.simulation.scene import VIEW
from station.trigger import Event, Trigger
from tests.station.simulation.rig import SIZE, Rig, lying


def test_the_hand_has_left_before_the_part_is_at_rest() -> None:
    rig = Rig()
    placement = rig.bench.place("1041-A")
    leaving = rig.until_rest()[-2]  # the bench was still busy after it
    at_rest = rig.radiance()
    assert np.array_equal(rig.camera.radiance(leaving.monotonic)[0], at_rest)
    rig.bench.lay(placement)
    assert np.array_equal(rig.radiance(), at_rest)


def test_the_blue_hand_is_seen_on_its_way_and_not_before_and_not_after() -> None:
    rig = Rig()

    def blue() -> float:
        b, _, r = (rig.colour()[..., channel].astype(float) for channel in range(3))
        return float(np.mean(b > 2 * r + 20))

    assert blue() == 0
    rig.bench.place("1041-A", at=(0.0, 0.0))
    seen = []
    while rig.bench.busy:
        seen.append(blue())
    assert max(seen) > 0.03
    assert blue() == 0


def test_what_lies_there_is_known_from_the_moment_it_is_laid_until_it_is_taken() -> None:
    rig = Rig()
    said: list[str | None] = [rig.bench.actual_part_number]
    for action in (lambda: rig.bench.place("1041-B"), rig.bench.remove):
        action()
        while rig.bench.busy:
            rig.frame()
            if rig.bench.actual_part_number != said[-1]:
                said.append(rig.bench.actual_part_number)
    assert said == [None, "1041-B", None]
    assert rig.bench.at_rest


def test_a_moving_part_is_blurred_along_its_way() -> None:
    rig = Rig()
    rig.bench.place("1041-A", at=(0.0, 0.0), angle=0.0)
    rig.clock.sleep(0.15)
    edges = {}
    for exposure in (1e-6, 0.02):
        rig.camera.exposure = exposure
        edges[exposure] = np.abs(np.diff(rig.radiance(), axis=0)).sum()
    assert edges[0.02] < 0.9 * edges[1e-6]


def test_the_hand_does_one_thing_after_the_other() -> None:
    rig = Rig()
    rig.bench.place("1041-A")
    rig.bench.remove()
    rig.bench.place("1042")
    rig.until_rest()
    assert rig.bench.actual_part_number == "1042"


def test_removing_from_an_empty_stage_leaves_it_empty() -> None:
    rig = Rig()
    rig.bench.remove()
    rig.until_rest()
    assert rig.bench.actual_part_number is None


@given(seed=st.integers(0, 1000), part_number=st.sampled_from(PART_NUMBERS))
def test_a_part_that_is_laid_by_chance_is_whole_in_view(seed: int, part_number: str) -> None:
    placement = BENCH.choose(part_number)
    assert abs(placement.x) <= VIEW[0] / 2 - 30
    assert abs(placement.y) <= VIEW[1] / 2 - 30


BENCH = Bench(SimulatedClock(), seed=2, size=SIZE)


def test_the_bench_says_which_parts_it_has() -> None:
    with pytest.raises(ValueError, match="no part 4711; it has 1041-A, 1041-B, 1042"):
        Rig().bench.place("4711")


def test_two_parts_at_once_are_two() -> None:
    rig = Rig()
    rig.bench.place_two("1041-A", "1041-B")
    rig.until_rest()
    assert rig.bench.actual_part_number == "two"
    assert [part.part_number for part in rig.bench.lying] == ["1041-A", "1041-B"]


def test_half_a_part_is_cut_by_the_edge_of_the_view() -> None:
    rig = Rig()
    empty = rig.radiance()
    rig.bench.place_over_edge("1041-A")
    rig.until_rest()
    changed = np.abs(rig.radiance() - empty) > 0.05
    assert changed[:, 0].any() != changed[:, -1].any()


def test_a_nudge_moves_the_part_between_two_frames() -> None:
    rig = Rig()
    rig.bench.lay(lying(x=0.0))
    before = rig.gray()
    rig.bench.nudge()
    assert rig.bench.lying[0].x == 3.0
    assert np.abs(rig.gray() - before).max() > 50


@pytest.mark.parametrize("same", [True, False])
def test_the_same_seed_shows_the_same_and_another_seed_another(same: bool) -> None:
    def show(seed: int) -> list[bytes | None]:
        rig = Rig(seed)
        rig.bench.place("1041-A")
        return [frame.encoded for frame in rig.until_rest()]

    assert (show(1) == show(1 if same else 2)) is same


def test_a_dark_lamp_leaves_room_light_alone() -> None:
    rig = Rig()
    lit = rig.gray().mean()
    rig.bench.dark = True
    dark = rig.gray().mean()
    rig.bench.ambient = 0.5
    assert dark < 0.1 * lit < rig.gray().mean()


def test_an_old_lamp_gives_less_light_and_does_not_know_it() -> None:
    rig = Rig()
    rig.bench.ambient = 0.0
    new = rig.gray().mean()
    rig.bench.ageing = 0.7
    assert rig.gray().mean() == pytest.approx(0.7 * new, rel=0.03)
    assert rig.bench.lamp_level == 1.0


def test_a_knock_against_the_lens_blurs_and_the_focus_mends_it() -> None:
    rig = Rig()
    rig.bench.lay(lying())
    sharp = sharpness(rig.frame().gray())
    rig.bench.blur = 60.0
    assert sharpness(rig.frame().gray()) < 0.5 * sharp
    rig.camera.focus -= 60.0
    assert sharpness(rig.frame().gray()) == pytest.approx(sharp, rel=0.05)


def test_glare_clips_flat_metal() -> None:
    rig = Rig()
    rig.bench.lay(lying())
    usual = np.mean(rig.gray() >= 250)
    rig.bench.glare = 1.0
    assert np.mean(rig.gray() >= 250) > usual + 0.03


def test_the_trigger_of_the_station_judges_each_placement_once_and_never_the_hand() -> None:
    rig = Rig()
    empty = rig.frame().gray()
    region = Region(0, 0, *SIZE)
    trigger = Trigger(Profile("", "", "", SIZE, region, 1, empty, empty, noise=1.0, sharpness=1.0, clipped=0.0))
    for part_number in plan(5, seed=4):
        rig.bench.place(part_number)
        judged = []
        for turn in range(80):
            if turn == 40:
                rig.bench.remove()
            if trigger.look(rig.frame()).event is Event.JUDGE:
                judged.append((rig.bench.at_rest, rig.bench.actual_part_number))
        assert judged == [(True, part_number)]


def test_a_plan_is_mixed_and_seeded_and_may_expect_either_look_alike() -> None:
    parts = list(plan(1000, seed=1))
    assert 580 < parts.count("1041-A") < 660
    assert 220 < parts.count("1041-B") < 300
    assert parts.count("1041-A") + parts.count("1041-B") + parts.count("1042") == 1000
    assert parts == list(plan(1000, seed=1)) != list(plan(1000, seed=2))
    assert list(plan(1000, seed=1, expected="1041-B")).count("1041-B") > 580
