"""The GPIO chip: found by its label, taken alone, found again under another number."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from station.errors import SignalError
from station.signals import chip
from station.signals.gpio import GpioLine
from station.types import SystemClock
from tests.station.factories import inspection
from tests.station.signals.chips import Machine, chips


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Its chip 3 has the pins of a Raspberry Pi, its chip 1 has others."""
    with chips({1: "raspberrypi-exp-gpio", 3: "pinctrl-rp1"}) as machine:
        yield machine


@pytest.fixture
def lgpio(machine: Machine) -> ModuleType:
    return machine.lgpio


def line(label: str | None = None) -> GpioLine:
    return GpioLine(chip=label, clock=SystemClock())


def test_importing_lgpio_neither_moves_nor_litters_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "lgpio", raising=False)
    monkeypatch.syspath_prepend(Path(__file__).parent / "standin")
    monkeypatch.chdir(tmp_path)
    assert Path(chip.import_lgpio().__file__).parent.name == "standin"
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []
    del sys.modules["lgpio"]


def test_the_pins_of_a_raspberry_pi_are_found_whatever_the_number_of_their_chip(lgpio: ModuleType) -> None:
    opened = line()
    opened.open()
    opened.send(inspection(sequence=1))
    assert {gpio for gpio, level in lgpio.chips[3].levels.items() if level} == {17}
    opened.close()
    assert lgpio.chips[3].levels == {}


def test_a_chip_is_found_by_the_label_that_is_given(lgpio: ModuleType) -> None:
    opened = line("raspberrypi-exp-gpio")
    opened.open()
    assert {gpio for gpio, level in lgpio.chips[1].levels.items() if level} == {27}
    opened.close()


def test_a_label_that_no_chip_has_is_named_with_its_mend(lgpio: ModuleType) -> None:
    with pytest.raises(SignalError, match="labelled pinctrl-x: give as `chip` a label that `gpiodetect` shows"):
        line("pinctrl-x").open()


def test_a_chip_that_may_not_be_opened_is_named_with_its_mend(lgpio: ModuleType) -> None:
    del lgpio.chips[3]
    with pytest.raises(SignalError, match=r"gpiochip3 cannot be opened .* usermod -aG gpio"):
        line().open()


def test_gpiozero_that_is_not_installed_is_named_with_its_mend(
    lgpio: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    with pytest.raises(SignalError, match="with its extra `pi`"):
        line().open()


def test_a_pin_that_another_program_holds_is_named_with_the_way_to_it(lgpio: ModuleType) -> None:
    lgpio.chips[3].held[22] = -1
    opened = line()
    with pytest.raises(SignalError, match=r"BUSY cannot have GPIO 22 .*GPIO busy.*gpioinfo"):
        opened.open()
    assert lgpio.handles == {}
    assert lgpio.chips[3].held == {22: -1}


def test_two_lines_cannot_have_the_same_pins(lgpio: ModuleType) -> None:
    first, second = line(), line()
    first.open()
    with pytest.raises(SignalError, match="busy"):
        second.open()
    first.send(inspection(sequence=1))
    assert lgpio.chips[3].levels[17] == 1
    first.close()
    second.open()
    second.close()


def test_a_chip_that_comes_back_under_another_number_is_found_again(machine: Machine) -> None:
    opened = line()
    opened.open()
    machine.unplug(3)
    with pytest.raises(SignalError, match="no such device"):
        opened.busy()
    opened.close()
    with pytest.raises(SignalError, match="no GPIO chip of a Raspberry Pi"):
        opened.open()
    machine.plug(7, "pinctrl-rp1")
    opened.open()
    opened.send(inspection(sequence=1))
    assert machine.lgpio.chips[7].levels[17] == 1
    opened.close()
    assert machine.lgpio.handles == {}
