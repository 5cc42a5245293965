"""Where parts lie and how the hand brings and takes them: plain values, and time in seconds of the bench's clock."""

from __future__ import annotations

from dataclasses import dataclass

REACH = 0.3  # seconds that the hand takes from out of view to the part, and back
DWELL = 0.1  # seconds that it stays
AWAY = 120.0  # mm below its goal, from where neither the hand nor what it holds is in view


@dataclass(frozen=True, slots=True)
class Placement:
    """One part as it lies: where its middle is (mm from the middle of the view, x right, y down), how it is turned.

    angle     degrees, counter-clockwise
    specimen  which piece of this part number
    """

    part_number: str
    x: float
    y: float
    angle: float
    specimen: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything in view at one moment.

    lying   the parts on the stage
    held    the parts in the hand, where they would be laid
    hand    x, y (mm) where the hand reaches to, or None while it is out of view
    lift    mm that the hand, and what it holds, still is below that place in the view
    smear   mm that it moves during the exposure
    """

    lying: tuple[Placement, ...] = ()
    held: tuple[Placement, ...] = ()
    hand: tuple[float, float] | None = None
    lift: float = 0.0
    smear: float = 0.0


@dataclass(frozen=True, slots=True)
class Visit:
    """The hand comes, lays what it `brings` (or, with nothing, takes all that lies there), and goes.

    goal     x, y (mm) where it reaches to
    dwell    seconds that it stays
    touches  False: it lays nothing and takes nothing, it is only there
    """

    start: float
    brings: tuple[Placement, ...]
    goal: tuple[float, float]
    dwell: float = DWELL
    touches: bool = True

    @property
    def laid(self) -> float:
        """When the part leaves the hand, or the hand takes it."""
        return self.start + REACH + self.dwell / 2

    @property
    def end(self) -> float:
        """When the hand is out of view again."""
        return self.start + 2 * REACH + self.dwell

    def leaves(self, lying: tuple[Placement, ...]) -> tuple[Placement, ...]:
        """What lies on the stage afterwards, where this was `lying` before."""
        if not self.touches:
            return lying
        return lying + self.brings if self.brings else ()

    def moment(self, lying: tuple[Placement, ...], at: float, exposure: float) -> Moment:
        """What is in view at a time within the visit, and how the hand moves in the `exposure` seconds before it."""
        lift = self._lift(at)
        smear = abs(lift - self._lift(at - exposure))
        if at < self.laid:
            return Moment(lying, self.brings, self.goal, lift, smear)
        takes = self.touches and not self.brings
        return Moment(self.leaves(lying), lying if takes else (), self.goal, lift, smear)

    def _lift(self, at: float) -> float:
        """How far below its goal the hand is, mm: it slows down towards the part, and leaves as it came."""
        away = max(self.start + REACH - at, at - self.start - REACH - self.dwell, 0.0) / REACH
        return float(AWAY * min(1.0, away) ** 1.5)
