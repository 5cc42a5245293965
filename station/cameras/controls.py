"""What was asked of a camera against what it does: a camera may clamp, round or ignore a control and still say yes."""

from __future__ import annotations

from dataclasses import dataclass

STEP = 0.01  # share of the value asked for; exposure times are whole numbers of sensor lines


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
