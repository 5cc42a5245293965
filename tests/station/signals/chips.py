"""A machine whose GPIO chips stand in for real ones: they come and go, under numbers that change."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from unittest.mock import patch

from station.signals import chip

STANDIN = str(Path(__file__).parent / "standin")
MODULES = ("lgpio", "gpiozero.pins.lgpio")


@dataclass(frozen=True)
class Machine:
    """`lgpio`: the stand-in as it was imported; `devices`: what is /dev elsewhere."""

    lgpio: ModuleType
    devices: Path

    def plug(self, number: int, label: str) -> None:
        """A chip is there, with all its pins free."""
        self.lgpio.chips[number] = self.lgpio.Chip(label)
        (self.devices / f"gpiochip{number}").touch()

    def unplug(self, number: int) -> None:
        """It is gone; who holds its pins holds nothing."""
        self.lgpio.chips.pop(number).is_gone = True
        (self.devices / f"gpiochip{number}").unlink()


@contextmanager
def chips(labels: Mapping[int, str]) -> Iterator[Machine]:
    """A machine with these chips: number → label."""
    with (
        TemporaryDirectory(prefix="station-chips-") as folder,
        patch.object(chip, "DEVICES", Path(folder)),
        patch.object(sys, "path", [STANDIN, *sys.path]),
        patch.dict("os.environ"),
    ):
        real = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
        try:
            machine = Machine(chip.import_lgpio(), Path(folder))
            for number, label in labels.items():
                machine.plug(number, label)
            yield machine
            gc.collect()
        finally:
            for name in MODULES:
                sys.modules.pop(name, None)
            sys.modules.update(real)
