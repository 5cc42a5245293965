"""The bench: a stage, a lamp, a hand that brings and takes parts, and everything that can go wrong with them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from station.simulation.canvas import Lighting
from station.simulation.optics import LAMP, Lamp
from station.simulation.parts import PART_NUMBERS
from station.simulation.placement import Moment, Placement, Visit
from station.simulation.pose import Pose
from station.simulation.scene import VIEW, Scene
from station.simulation.sensor import Sensor
from station.types import Clock

MAINS = 50.0  # Hz
ROOM = 30.0  # mm from the middle of a part to the edge of the view: it and its shadow are whole in view


class Bench:
    """A stage under a lamp and a camera, without hardware. Seeded: the same calls at the same times show the same.

    size    of the frame in pixels, width × height; (640, 360) is four times as quick and shows the same stage
    lamp    where the lamp is, mm (see `optics`)
    period  seconds from frame to frame

    Misbehaviour is switched on and off while the bench runs, by these attributes and by the methods below:

    plugged         False: the camera is gone; it must be opened again when it is back (`unplug`, `plug`)
    frozen          True: the driver gives its last picture again and again, as if it were new
    frozen_times    with `frozen`: number and times are the old ones too
    late            so many frames old is what the driver gives (its queue is never emptied)
    torn            True: every JPEG breaks off in the middle
    garbled         True: every JPEG has some of its bytes overwritten
    dark            True: the lamp is off, whatever its level
    ageing          1 for a new lamp, less for an old one: a factor on its light
    ambient         strength of the room light, against the full lamp
    glare           0 to 1: the lamp is mirrored in flat faces
    blur            mm of focus by which somebody has knocked the lens
    lean            degrees by which somebody has turned the lamp's head to the right
    flicker         0 to 1: how deep the lamp flickers at twice the mains, 100 Hz
    pose            how the camera stands
    capped          True: the cap is on the lens
    in_hands        True: a technician works there, and the hand that lays parts keeps away
    sheet           what lies flat on the stage: "" nothing, "white" a white sheet, "board" the printed board
    """

    def __init__(
        self,
        clock: Clock,
        seed: int = 0,
        size: tuple[int, int] = (1280, 720),
        lamp: Lamp = LAMP,
        period: float = 1 / 30,
    ) -> None:
        self.clock, self.seed, self.size, self.period = clock, seed, size, period
        self.scene = Scene(size, lamp, seed)
        self.sensor = Sensor(self.scene.x, self.scene.y, seed)
        self._chance = np.random.default_rng([seed, 3])
        self._lying: tuple[Placement, ...] = ()
        self._visits: tuple[Visit, ...] = ()
        self.lamp_level = 1.0
        self.plugged, self.plugs = True, 0
        self.frozen = self.frozen_times = False
        self.late = 0
        self.torn = self.garbled = self.dark = False
        self.ageing, self.ambient, self.glare, self.blur = 1.0, 0.02, 0.0, 0.0
        self.lean = self.flicker = 0.0
        self.pose, self.capped, self.sheet = Pose(), False, ""
        self.in_hands = False

    # what lies there

    @property
    def actual_part_number(self) -> str | None:
        """What truly lies on the stage now: a part number, "two" for more than one part, None for nothing."""
        lying = self.lying
        return None if not lying else lying[0].part_number if len(lying) == 1 else "two"

    @property
    def lying(self) -> tuple[Placement, ...]:
        """The parts on the stage now, out of the hand."""
        return self.moment(self.clock.monotonic()).lying

    @property
    def busy(self) -> bool:
        """Whether the hand is at work, or about to be."""
        return any(self.clock.monotonic() < visit.end for visit in self._visits)

    @property
    def at_rest(self) -> bool:
        """Whether nothing moves: the hand is out of view."""
        return not self.busy

    # the operator's hand

    def place(
        self,
        part_number: str,
        at: tuple[float, float] | None = None,
        angle: float | None = None,
        specimen: int | None = None,
    ) -> Placement:
        """The hand brings a part and lays it; where nothing is said, by chance. `at` in mm from the middle of the view.

        Raises ValueError for a part number that the bench does not have.
        """
        placement = self.choose(part_number, at, angle, specimen)
        self._visit((placement,))
        return placement

    def place_two(self, first: str, second: str) -> tuple[Placement, Placement]:
        """The hand lays two parts at once, side by side."""
        y = self._chance.uniform(-15, 15)
        pair = (self.choose(first, (-30.0, y)), self.choose(second, (30.0, -y)))
        self._visit(pair)
        return pair

    def place_over_edge(self, part_number: str) -> Placement:
        """The hand lays a part so that about half of it is out of view."""
        side = self._chance.choice([-1, 1])
        return self.place(part_number, (side * VIEW[0] / 2, self._chance.uniform(-15, 15)))

    def remove(self) -> None:
        """The hand comes and takes away all that lies there."""
        self._visit(())

    def reach(self, seconds: float) -> None:
        """The hand comes, rests in the middle of the view for so long, and goes; what lies there stays."""
        self._settle()
        start = max([self.clock.monotonic(), *(visit.end for visit in self._visits)])
        self._visits += (Visit(start, (), (0.0, 0.0), seconds, touches=False),)

    def lay(self, *placements: Placement) -> None:
        """Without the hand, at once: these lie on the stage and nothing else."""
        self._lying, self._visits = placements, ()

    def nudge(self, dx: float = 3.0, dy: float = 2.0, turn: float = 4.0) -> None:
        """Somebody knocks against the stage: what lies there slips so many mm and degrees between two frames."""
        self._settle()
        self._lying = tuple(
            replace(lying, x=lying.x + dx, y=lying.y + dy, angle=lying.angle + turn) for lying in self._lying
        )

    def choose(
        self,
        part_number: str,
        at: tuple[float, float] | None = None,
        angle: float | None = None,
        specimen: int | None = None,
    ) -> Placement:
        """A placement, by chance in all that is not said, whole in view."""
        if part_number not in PART_NUMBERS:
            raise ValueError(f"the bench has no part {part_number}; it has {', '.join(PART_NUMBERS)}")
        roll = self._chance.uniform(-1, 1, 3)
        piece = int(self._chance.integers(1_000_000, 2_000_000))
        x, y = at or (roll[0] * (VIEW[0] / 2 - ROOM), roll[1] * (VIEW[1] / 2 - ROOM))
        turn = roll[2] * 180 if angle is None else angle
        return Placement(part_number, float(x), float(y), float(turn), piece if specimen is None else specimen)

    # the camera's cable

    def unplug(self) -> None:
        """Pull the camera's cable."""
        self.plugged = False
        self.plugs += 1

    def plug(self) -> None:
        """Push it in again; who had the camera open must open it again."""
        self.plugged = True

    # what the camera sees

    def lighting(self, at: float = 0.0, exposure: float = 0.0) -> Lighting:
        """The light of an exposure that ends at a moment: the lamp's level, its age, the mains, the room."""
        if self.capped:
            return Lighting(0.0, 0.0)
        lamp = 0.0 if self.dark else self.lamp_level * self.ageing
        if self.flicker:  # its mean over the exposure
            beat = 2 * math.pi * MAINS * 2
            half = max(beat * exposure / 2, 1e-9)
            lamp *= 1 + self.flicker * math.sin(beat * at - half) * math.sin(half) / half
        return Lighting(lamp, self.ambient, self.glare, self.lean, self.sheet)

    def moment(self, at: float, exposure: float = 0.0) -> Moment:
        """What is in view at a moment, and how far the hand moves in the `exposure` seconds before it."""
        lying = self._lying
        for visit in self._visits:
            if at < visit.start:
                break
            if at < visit.end:
                return visit.moment(lying, at, exposure)
            lying = visit.leaves(lying)
        return Moment(lying)

    def _visit(self, brings: tuple[Placement, ...]) -> None:
        """The hand comes, now or when it has gone from its last visit."""
        self._settle()
        start = max([self.clock.monotonic(), *(visit.end for visit in self._visits)])
        goal = brings or self.moment(math.inf).lying
        x = sum(placement.x for placement in goal) / max(1, len(goal))
        y = sum(placement.y for placement in goal) / max(1, len(goal))
        self._visits += (Visit(start, brings, (x, y)),)

    def _settle(self) -> None:
        """Forget the visits that are over; what they left lies there."""
        while self._visits and self.clock.monotonic() >= self._visits[0].end:
            self._lying, self._visits = self._visits[0].leaves(self._lying), self._visits[1:]
