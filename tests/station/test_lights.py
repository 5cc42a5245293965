"""Lamps: one that only burns, one that can be dimmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from station.errors import LightError
from station.lights import DimmableLight, FixedLight
from station.types import Light


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory(pin_class=MockPWMPin)


@pytest.fixture
def light(factory: MockFactory) -> Iterator[DimmableLight]:
    light = DimmableLight(18, factory)
    yield light
    light.close()


def test_a_fixed_light_burns() -> None:
    light: Light = FixedLight()
    light.set_level(1.0)
    assert light.level == 1.0


@pytest.mark.parametrize("level", [0.0, 0.5, 2.0, float("nan")])
def test_a_fixed_light_cannot_be_dimmed_and_says_so(level: float) -> None:
    with pytest.raises(LightError, match="wire one with a dimmer"):
        FixedLight().set_level(level)


def test_a_dimmable_light_is_off_until_it_is_set(light: Light, factory: MockFactory) -> None:
    assert light.level == factory.pin(18).state == 0.0


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_a_dimmable_light_is_set_by_the_width_of_its_pulses(light: Light, factory: MockFactory, level: float) -> None:
    light.set_level(level)
    assert light.level == factory.pin(18).state == level


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan")])
def test_a_level_that_no_lamp_has_leaves_it_as_it_was(light: Light, level: float) -> None:
    light.set_level(0.5)
    with pytest.raises(LightError, match=r"from 0 .* to 1"):
        light.set_level(level)
    assert light.level == 0.5


def test_a_pin_in_use_is_named(light: Light, factory: MockFactory) -> None:
    with pytest.raises(LightError, match=r"GPIO 18 .* give another pin"):
        DimmableLight(18, factory)


def test_a_lamp_that_does_not_obey_is_a_fault(factory: MockFactory) -> None:
    light = DimmableLight(18, factory)
    light.close()
    with pytest.raises(LightError, match="does not obey"):
        light.set_level(0.5)
