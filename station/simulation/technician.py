"""Hands at the bench that do what the calibration wizard says, with nothing but its words to go by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from calibration.wizard import Adjust, Ask
from station.simulation.bench import Bench
from station.simulation.pose import Pose

NAME = "simulated technician"
MIDDLE = (0.0, 0.0)


class BenchTechnician:
    """Does at a bench what one instruction after the other asks for.

    parts  role ("golden", "challenge") → part number and specimen that are laid as such
    heard  everything that was said
    """

    def __init__(self, bench: Bench, parts: Mapping[str, tuple[str, int]]) -> None:
        self._bench, self._parts = bench, parts
        self.heard: list[str] = []

    def do(self, told: Ask) -> None:
        """Do it. Raises ValueError for a complaint that nobody at this bench can mend."""
        self.heard.append(told.text)
        if isinstance(told, Adjust):
            self._mend(told.text)
        elif "cap on" in told.text:
            self._bench.lay()
            self._bench.sheet, self._bench.capped = "white", True
        elif "cap off" in told.text:
            self._bench.capped = False
        elif sheet := re.search("Lay the (white|board)", told.text):
            self._bench.lay()
            self._bench.sheet = sheet[1]
        elif laid := re.search("Lay (?:the|one) (golden|challenge|part)", told.text):
            self._lay(laid[1])
        elif "Clear" in told.text or "off the stage" in told.text:
            self._bench.sheet = ""
            self._bench.lay()

    def leave(self) -> None:
        """Clear the stage and go; the hand that lays parts may come again."""
        self._bench.capped, self._bench.sheet = False, ""
        self._bench.lay()
        self._bench.in_hands = False

    def _lay(self, role: str) -> None:
        bench = self._bench
        bench.sheet = ""
        part_number, specimen = self._parts["golden" if role == "part" else role]
        if role == "part":  # that the lens is focused on: the number told where the ring has to stand
            bench.blur = 0.0
        bench.lay(bench.choose(part_number, MIDDLE if role == "part" else None, specimen=specimen))

    def _mend(self, said: str) -> None:
        bench, pose = self._bench, self._bench.pose
        if "has moved" in said:
            bench.pose = Pose(
                pose.x + _told(said, r"push it ([0-9.]+) mm (?:to the )?(right|left)", "right"),
                pose.y + _told(said, r"push it ([0-9.]+) mm (towards|away)", "towards"),
                pose.turn + _told(said, r"turn it ([0-9.]+)° (counter-clockwise|clockwise)", "counter-clockwise"),
                0.0 if "screws of its head" in said else pose.tilt,
            )
        elif "Shade" in said:
            bench.ambient = 0.02
        elif "falls off" in said:
            bench.lean = 0.0
        elif "focus ring" in said:
            bench.blur = 0.0
        elif "Move it to the middle" in said:
            bench.lay(*(bench.choose(lying.part_number, MIDDLE, specimen=lying.specimen) for lying in bench.lying))
        else:
            raise ValueError(f"Nobody at the simulated bench can mend this: {said}")


def _told(said: str, pattern: str, positive: str) -> float:
    """How far something has to be moved, and which way; 0 where that is not said."""
    found = re.search(pattern, said)
    return 0.0 if found is None else float(found[1]) * (1 if found[2] == positive else -1)
