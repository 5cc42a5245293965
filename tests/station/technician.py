"""A technician at the simulated bench: does what the wizard says, with nothing but its words to go by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from calibration.wizard import Adjust, Ask
from station.calibrate import Session
from station.simulation import Bench, Pose

NAME = "Nur"
PARTS = {"golden": "1041-A", "challenge": "1041-B"}
MOST = 80  # instructions


@dataclass
class Technician:
    """Hands at a bench.

    specimens  role → which piece is laid
    heard      everything that was said
    is_able    False: whoever does what is asked, but mends nothing
    """

    bench: Bench
    specimens: dict[str, int] = field(default_factory=lambda: {"golden": 77, "challenge": 78})
    heard: list[str] = field(default_factory=list)
    is_able: bool = True

    def work(self, session: Session, until: str = "") -> None:
        """Do what is said, to the end or until the step of this name is at work."""
        for _ in range(MOST):
            told = session.told
            if told is None or (until and session.wizard.step == until and session.wizard.is_fresh):
                return
            self.do(told)
            session.answer(NAME if told.wants else "")
        raise AssertionError(f"the wizard comes to no end: {self.heard[-3:]}")

    def do(self, told: Ask) -> None:
        """What one instruction asks for."""
        self.heard.append(told.text)
        if isinstance(told, Adjust):
            if not self.is_able:
                raise AssertionError(told.text)
            self.mend(told.text)
            return
        bench, said = self.bench, told.text
        if "cap on" in said:
            bench.capped = True
        elif "cap off" in said:
            bench.capped = False
        elif "white sheet" in said:
            bench.lay()
            bench.sheet = "white"
        elif "Lay the board" in said:
            bench.lay()
            bench.sheet = "board"
        elif "Lay one part" in said:
            bench.sheet = ""
            bench.blur = 0.0  # the number told where the ring has to stand
            bench.lay(bench.choose(PARTS["golden"], at=(0.0, 0.0), specimen=self.specimens["golden"]))
        elif laid := re.match("Lay the (golden|challenge)", said):
            bench.sheet = ""
            bench.lay(bench.choose(PARTS[laid[1]], specimen=self.specimens[laid[1]]))
        elif "Clear" in said or "halted" in said:
            bench.sheet = ""
            bench.lay()

    def mend(self, said: str) -> None:
        """What one complaint asks for."""
        bench = self.bench
        if "has moved" in said:
            pose = bench.pose
            bench.pose = Pose(
                pose.x + _push(said, "right", "left"),
                pose.y + _push(said, "towards you", "away from you"),
                pose.turn + _turn(said),
                0.0 if "screws of its head" in said else pose.tilt,
            )
        elif "not the lamp's" in said or "Shade" in said:
            bench.ambient = 0.02
        elif "falls off" in said:
            bench.lean = 0.0
        elif "Turn the focus ring" in said:
            bench.blur = 0.0
        elif "not wholly in view" in said:
            bench.lay(*(bench.choose(part.part_number, at=(0.0, 0.0)) for part in bench.lying))
        else:
            raise AssertionError(f"nobody knows how to mend: {said}")


def _push(said: str, more: str, less: str) -> float:
    """Millimetres along one axis that the camera is told to be pushed."""
    found = re.search(rf"push it ([0-9.]+) mm (?:to the )?({more}|{less})", said)
    return 0.0 if found is None else float(found[1]) * (1 if found[2] == more else -1)


def _turn(said: str) -> float:
    found = re.search(r"turn it ([0-9.]+)° (counter-clockwise|clockwise)", said)
    return 0.0 if found is None else float(found[1]) * (1 if found[2] == "counter-clockwise" else -1)
