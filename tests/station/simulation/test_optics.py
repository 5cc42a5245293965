"""Metal under a lamp: the drawings, the shadow, the tool's marks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from station.simulation import PART_NUMBERS
from station.simulation.optics import LAMP, shine
from station.simulation.parts import HALF, specimen
from tests.station.simulation.rig import Rig, lying

SCALE = 4.0  # pixels a mm


def radius() -> NDArray[np.float64]:
    side = specimen("1041-A", 1, SCALE).alpha.shape[0]
    axis = (np.arange(side) - (side - 1) / 2) / SCALE
    return np.asarray(np.hypot(axis[None, :], axis[:, None]))


def ring(inner: float, outer: float) -> NDArray[np.bool_]:
    return (radius() > inner) & (radius() < outer)


def test_the_look_alikes_differ_in_the_bore_and_nowhere_else() -> None:
    a, b = (specimen(part_number, 1, SCALE).alpha for part_number in ("1041-A", "1041-B"))
    differ = np.abs(a - b) > 0.01
    assert differ[ring(6.3, 7.2)].all()
    assert not differ[~ring(5.7, 7.8)].any()


@pytest.mark.parametrize("angle", [0.0, 33.0, 120.0])
def test_the_look_alikes_differ_in_the_picture_at_every_rotation(angle: float) -> None:
    rig = Rig()
    means = {}
    for part_number in PART_NUMBERS[:2]:
        rig.bench.lay(lying(part_number, angle=angle))
        distance = np.hypot(rig.bench.scene.x, rig.bench.scene.y)
        means[part_number] = rig.gray()[(distance > 6.3) & (distance < 7.2)].mean()
    assert means["1041-A"] > means["1041-B"] + 25


def test_look_alikes_are_as_bright_as_each_other() -> None:
    """Nobody shall tell them by shade: between single specimens it varies more than between the part numbers."""
    shades = {
        part_number: [specimen(part_number, number, 1.0).shade.mean() for number in range(40)]
        for part_number in PART_NUMBERS[:2]
    }
    assert abs(np.mean(shades["1041-A"]) - np.mean(shades["1041-B"])) < np.std(shades["1041-A"])


def test_specimens_of_one_number_are_alike_only_in_form() -> None:
    first, second, again = (specimen("1041-A", number, SCALE) for number in (1, 2, 1))
    assert np.array_equal(first.alpha, second.alpha)
    assert not np.array_equal(first.nx, second.nx)
    assert not np.array_equal(first.shade, second.shade)
    specimen.cache_clear()
    assert np.array_equal(specimen("1041-A", 1, SCALE).nx, again.nx)


def test_a_part_is_turned_counter_clockwise() -> None:
    upright, turned = (shine(specimen("1042", 1, SCALE), (0, 0), angle, LAMP, SCALE).alpha for angle in (30.0, 120.0))
    assert np.abs(np.rot90(upright) - turned).mean() < 1e-3


def test_the_plate_brightens_and_dims_as_it_is_turned_under_the_lamp() -> None:
    plate = ring(12.0, 13.0)
    light = [
        shine(specimen("1041-A", 1, SCALE), (0, 0), angle, LAMP, SCALE).lamp[plate].mean()
        for angle in range(0, 180, 15)
    ]
    assert max(light) > 1.2 * min(light)


def test_a_turned_hub_shows_two_fans_of_light_that_stay_where_the_lamp_is() -> None:
    hub = ring(8.0, 10.5)
    side = hub.shape[0]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    towards = np.abs(np.cos(np.arctan2(y, x) - np.arctan2(LAMP[1], LAMP[0])))
    fans = []
    for angle in (0.0, 135.0):
        lamp = shine(specimen("1041-A", 1, SCALE), (0, 0), angle, LAMP, SCALE).lamp
        fans.append(lamp[hub & (towards > 0.95)].mean() / lamp[hub & (towards < 0.3)].mean())
    assert fans[0] > 1.2
    assert fans[1] == pytest.approx(fans[0], rel=0.1)


@pytest.mark.parametrize("lamp", [(-200.0, 0.0), (200.0, 0.0), (0.0, 200.0), (120.0, -160.0)])
def test_the_shadow_falls_away_from_the_lamp(lamp: tuple[float, float]) -> None:
    rig = Rig(lamp=(*lamp, 500.0))
    empty = rig.radiance()
    rig.bench.lay(lying())
    x, y = np.broadcast_arrays(rig.bench.scene.x, rig.bench.scene.y)
    beside = (np.hypot(x, y) > 20.5) & (np.hypot(x, y) < HALF)
    lost = np.where(beside, empty - rig.radiance(), 0.0)
    assert lost.max() > 0.3 * empty.mean()
    shadow = np.array([(lost * x).sum(), (lost * y).sum()]) / lost.sum()
    away = -np.array(lamp) / np.hypot(*lamp)
    assert shadow @ away > 0.9 * np.hypot(*shadow)


def test_a_higher_lamp_throws_a_shorter_shadow() -> None:
    lost = []
    for height in (400.0, 1600.0):
        rig = Rig(lamp=(-200.0, 0.0, height))
        empty = rig.radiance()
        rig.bench.lay(lying())
        outside = np.hypot(rig.bench.scene.x, rig.bench.scene.y) > 20.5
        lost.append(((empty - rig.radiance()) / empty)[outside].sum())
    assert lost[0] > 1.5 * lost[1]


def test_the_side_of_the_stage_that_is_nearer_to_the_lamp_is_brighter() -> None:
    radiance = Rig(lamp=(-200.0, 0.0, 500.0)).radiance()
    assert radiance[:, :40].mean() > 1.1 * radiance[:, -40:].mean()
