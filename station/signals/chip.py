"""The GPIO chip, found by its label, as gpiozero wants it."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from contextlib import chdir
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from station.errors import SignalError

DEVICES = Path("/dev")
HEADER = "pinctrl-"  # how the label of the pins of a Raspberry Pi begins, whatever the model
PI_4B = 0xC03111  # its GPIO numbers are those of the chip, as on a chip that belongs to no Pi


def open_chip(label: str | None = None) -> Any:
    """A pin factory of gpiozero on the chip with this label; None: on the pins of a Raspberry Pi.

    A chip that went away comes back under another number: its label alone tells it. Raises SignalError.
    """
    try:
        lgpio = import_lgpio()
        from gpiozero.exc import PinUnknownPi
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as trouble:
        raise SignalError(
            f"GPIO needs gpiozero and lgpio ({trouble}): install the station with its extra `pi`."
        ) from trouble

    class Chip(LGPIOFactory):  # type: ignore[misc] # gpiozero has no types
        """Keeps its pins to itself: gpiozero shares them among all factories, those of a chip that is gone too."""

        def __init__(self, number: int) -> None:
            super().__init__(chip=number)
            self.pins: dict[Any, Any] = {}
            self._reservations: dict[Any, Any] = defaultdict(list)

        def _get_revision(self) -> int:
            try:
                return int(super()._get_revision())
            except PinUnknownPi:
                return PI_4B

        def close(self) -> None:
            self.pins.clear()  # their devices have closed them; of a dead chip they cannot be closed
            super().close()

    return Chip(find_chip(lgpio, label))


def find_chip(lgpio: Any, label: str | None) -> int:
    """The number under which the chip is known just now."""
    refused = ""
    for path in sorted(DEVICES.glob("gpiochip*")):
        number = int(path.name.removeprefix("gpiochip"))
        try:
            found = label_of(lgpio, number)
        except lgpio.error as trouble:
            refused = f"{path} cannot be opened ({trouble}): `sudo usermod -aG gpio $USER`, and log in again."
            continue
        if found == label or (label is None and found.startswith(HEADER)):
            return number
    wanted = f"labelled {label}" if label else "of a Raspberry Pi"
    raise SignalError(refused or f"There is no GPIO chip {wanted}: give as `chip` a label that `gpiodetect` shows.")


def label_of(lgpio: Any, number: int) -> str:
    """The label of a chip; raises lgpio.error if it cannot be opened."""
    handle = lgpio.gpiochip_open(number)
    try:
        _, _, _, label = lgpio.gpio_get_chip_info(handle)
    finally:
        lgpio.gpiochip_close(handle)
    return str(label)


def import_lgpio() -> Any:
    """Import lgpio, which goes to LG_WD and leaves a FIFO there: lend it a folder of its own, and come back.

    The FIFO is open by then and needs no name; under a common one another program would read what is for us.
    """
    if "lgpio" not in sys.modules:
        with TemporaryDirectory(prefix="station-gpio-") as folder, chdir(folder):
            os.environ["LG_WD"] = folder
            import_module("lgpio")
    return sys.modules["lgpio"]
