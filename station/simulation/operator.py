"""A bench that needs nobody: its own hand lays a part, waits for the verdict, takes it away, lays the next."""

from __future__ import annotations

from collections.abc import Iterator

from station.simulation.bench import Bench
from station.simulation.camera import SimulatedCamera
from station.types import Frame

PAUSE = 0.8  # seconds that the hand stays away, so that a part is judged and the empty stage is seen


class OperatedCamera(SimulatedCamera):
    """The camera over such a bench; the hand works while somebody looks.

    boxes   part numbers in the order in which they are laid
    """

    def __init__(self, bench: Bench, boxes: Iterator[str]) -> None:
        super().__init__(bench)
        self._boxes = boxes
        self._idle_since: float | None = None

    @property
    def bench(self) -> Bench:
        """What it looks at."""
        return self._bench

    def read(self, newer_than: float = 0.0) -> Frame:
        bench, now = self._bench, self._bench.clock.monotonic()
        if bench.busy or bench.in_hands or self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since > PAUSE:
            bench.remove() if bench.lying else bench.place(next(self._boxes))
        return super().read(newer_than)
