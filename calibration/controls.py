"""A camera's controls: what it offers, and what was asked of it against what it does.

A camera may clamp, round or ignore a control and still say yes: what counts is what is read back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEP = 0.01  # share of the value asked for; exposure times are whole numbers of sensor lines


@dataclass(frozen=True, slots=True)
class Control:
    """One control that a camera offers, in the camera's own units.

    value        NaN where the camera did not tell it
    step         between two values that it can take; 0 where it says nothing of steps
    is_volatile  its value changes by itself: an automatic sets it, or it is a measurement
    """

    name: str
    value: float
    least: float
    most: float
    step: float = 0.0
    unit: str = ""
    is_read_only: bool = False
    is_volatile: bool = False

    @property
    def is_read(self) -> bool:
        """Whether the camera has told its value."""
        return not math.isnan(self.value)

    @property
    def is_still(self) -> bool:
        """Whether it stays as it is until somebody changes it."""
        return not (self.is_read_only or self.is_volatile)

    def nearest(self, wanted: float) -> float:
        """The value that the camera can take which lies nearest."""
        within = min(max(wanted, self.least), self.most)
        if not self.step:
            return within
        stepped = self.least + round((within - self.least) / self.step) * self.step
        return stepped if stepped <= self.most else stepped - self.step


@dataclass(frozen=True, slots=True)
class Setting:
    """One control, in the camera's own units; `got` is None where the camera does not offer it."""

    name: str
    asked: float
    got: float | None

    @property
    def obeyed(self) -> bool:
        """Whether the camera does as asked, but for the step that its sensor can take."""
        return self.got is not None and abs(self.got - self.asked) <= STEP * abs(self.asked)

    def told(self) -> str:
        """One line of the table of asked against got."""
        if self.got is None:
            return f"{self.name}: asked {self.asked:g}, the camera does not offer it"
        return f"{self.name}: asked {self.asked:g}, got {self.got:g}" + ("" if self.obeyed else "  ← not as asked")


def disobeyed(settings: Sequence[Setting]) -> str:
    """What the camera does not do as asked, as one sentence; empty where it does all."""
    wrong = [setting for setting in settings if not setting.obeyed]
    if not wrong:
        return ""
    said = "; ".join(setting.told().removesuffix("  ← not as asked") for setting in wrong)
    return f"The camera does not do as it was told ({said}). Give a value that it can take, or another camera."
