"""How the station is: a word for each, from what it knows already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.lookout import LITTLE
from station.screen import View
from station.web.health import OLD, health

LIGHT = (0.75, 1.3)


def troubles(view: View, age: float | None = 0.1, free: int | None = 2 * LITTLE) -> list[str]:
    return [each.name for each in health(view, LIGHT, age, True, free) if each.trouble]


def test_a_station_that_is_well_has_no_trouble() -> None:
    assert troubles(View(light=1.0)) == []
    assert all(each.is_known for each in health(View(light=1.0), LIGHT, 0.1, True, LITTLE))


@pytest.mark.parametrize(
    ("view", "age", "free", "name"),
    [
        (View(light=0.7), 0.1, 2 * LITTLE, "Light"),
        (View(light=1.4), 0.1, 2 * LITTLE, "Light"),
        (View(light=1.0), OLD + 1, 2 * LITTLE, "Camera"),
        (View(light=1.0), 0.1, LITTLE - 1, "Disk"),
        (View(light=1.0, fault="camera"), 0.1, 2 * LITTLE, "Camera"),
        (View(light=1.0, fault="light"), 0.1, 2 * LITTLE, "Light"),
        (View(light=1.0, fault="line"), 0.1, 2 * LITTLE, "Line"),
        (View(light=1.0, fault="log"), 0.1, 2 * LITTLE, "Disk"),
    ],
)
def test_each_trouble_is_told_where_it_is(view: View, age: float, free: int, name: str) -> None:
    assert troubles(view, age, free) == [name]


def test_what_nobody_has_seen_is_neither_well_nor_in_trouble() -> None:
    light, camera, line, _ = health(View(), LIGHT, None, False, None)
    assert not any(each.is_known or each.trouble for each in (light, camera, line))


def test_no_word_of_it_has_a_number_in_it() -> None:
    told = health(replace(View(), light=0.5, fault="log"), LIGHT, 100.0, False, 0)
    assert not any(letter.isdigit() for each in told for letter in each.name + each.trouble)
