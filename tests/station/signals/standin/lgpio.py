"""Stands in for lgpio, as far as gpiozero's outputs need it: chips that come and go, under numbers that change.

Like the real one it goes to LG_WD when it is imported, and leaves a FIFO there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3
OUTPUT = 2

os.chdir(os.environ["LG_WD"])
Path(".lgd-nfy0").touch()


class error(Exception):  # noqa: N801, N818 - its name
    pass


@dataclass
class Chip:
    """`held`: GPIO → the handle that holds it; `levels`: GPIO → what it drives, where it is an output."""

    label: str
    is_gone: bool = False
    held: dict[int, int] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)


chips: dict[int, Chip] = {}  # by their number just now
handles: dict[int, Chip] = {}
_opened = 0


def gpiochip_open(number: int) -> int:
    global _opened
    if number not in chips:
        raise error("can not open gpiochip")
    _opened += 1
    handles[_opened] = chips[number]
    return _opened


def gpiochip_close(handle: int) -> None:
    chip = handles.pop(handle)
    for gpio in [gpio for gpio, holder in chip.held.items() if holder == handle]:
        del chip.held[gpio]
        chip.levels.pop(gpio, None)


def gpio_get_chip_info(handle: int) -> tuple[int, int, str, str]:
    return 0, 32, "gpiochip", _chip(handle).label


def gpio_claim_input(handle: int, gpio: int, flags: int = 0) -> None:
    _claim(handle, gpio).levels.pop(gpio, None)


def gpio_claim_output(handle: int, gpio: int, level: int = 0) -> None:
    _claim(handle, gpio).levels[gpio] = level


def gpio_get_mode(handle: int, gpio: int) -> int:
    return OUTPUT if gpio in _chip(handle).levels else 0


def gpio_read(handle: int, gpio: int) -> int:
    return _chip(handle).levels.get(gpio, 0)


def gpio_write(handle: int, gpio: int, level: int) -> None:
    _chip(handle).levels[gpio] = int(level)


def _claim(handle: int, gpio: int) -> Chip:
    chip = _chip(handle)
    if chip.held.setdefault(gpio, handle) != handle:
        raise error("GPIO busy")
    return chip


def _chip(handle: int) -> Chip:
    chip = handles[handle]
    if chip.is_gone:
        raise error("no such device")
    return chip
