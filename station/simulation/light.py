"""The lamp of the bench, as a dimmable light."""

from __future__ import annotations

from station.errors import LightError
from station.simulation.bench import Bench


class SimulatedLight:
    """The bench's lamp. It obeys also when it is dark or old, as a lamp does that cannot see itself."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @property
    def level(self) -> float:
        return self._bench.lamp_level

    def set_level(self, level: float) -> None:
        if not 0.0 <= level <= 1.0:
            raise LightError(f"The lamp cannot be set to {level}: choose a level from 0 to 1.")
        self._bench.lamp_level = level
