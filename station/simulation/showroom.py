"""The bench as a showroom: its hand works by itself, or does what visitors ask; all in the thread of the loop.

    any thread ──ask──► queue, bounded ──step, between two turns of the loop──► bench

What is asked for is done when the hand is free: what lies on the stage is taken away first, and the station has seen
the stage empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue

from station.masters import Master
from station.simulation.bench import Bench
from station.simulation.disk import SimulatedDisk
from station.simulation.parts import PART_NUMBERS
from station.simulation.placement import Placement
from station.types import Frame, Inspection, Verdict

DEPTH = 20  # acts that may wait
STANDS = 2.5  # seconds that a verdict is looked at before the hand takes its part away
PATIENCE = 5.0  # seconds without a verdict after which it takes it away all the same
PAUSE = 0.8  # seconds that it stays away, so that the empty stage is seen
REST = 3.0  # seconds that a hand rests on the stage
DIM, BLUR = 0.6, 25.0  # of the lamp, which an empty stage can still be seen by; mm of focus
MASTER = 3_000_002  # the specimen that is the golden or challenge part: the same piece each time, a typical one
MIDDLE, TURNED = (0.0, 0.0), 140.0  # mm, degrees: who verifies lays it as ever, where it looks like what is known of it
LAYS = (*PART_NUMBERS, "two", "half", "hand", "remove")  # what the hand does
SWITCHES = ("unplugged", "frozen", "dim", "blurred", "full")  # what goes wrong until it is mended
ITSELF = "itself"
ACTS = (*LAYS, *SWITCHES, ITSELF)
FOR_PAGES = frozenset({"ask", "now"})  # what any thread may call; the rest is the loop's


@dataclass(frozen=True, slots=True)
class Now:
    """The bench at one moment.

    last   what was done last on somebody's wish
    wrong  the switches that are on
    """

    is_by_itself: bool
    wrong: frozenset[str]
    last: str


class Showroom:
    """Whoever lays the parts.

    wants     the golden or challenge part that the station asks for now
    is_empty  whether the station has seen the stage to be empty
    boxes     part numbers that the hand lays by itself
    retries   how often it lays a part again that was UNSURE
    """

    def __init__(
        self,
        bench: Bench,
        disk: SimulatedDisk,
        wants: Callable[[], Master | None],
        is_empty: Callable[[], bool],
        boxes: Iterator[str],
        retries: int = 2,
    ) -> None:
        self._bench, self._disk = bench, disk
        self._wants, self._is_empty, self._boxes, self._retries = wants, is_empty, boxes, retries
        self._asked: Queue[str] = Queue(DEPTH)
        self._next: str | None = None  # what the hand does when the stage is empty
        self._idle_since = bench.clock.monotonic()
        self._judged_at: float | None = None  # what lies there
        self._again: Placement | None = None
        self.is_by_itself = True
        self.last = ""
        self.wrong: frozenset[str] = frozenset()

    def ask(self, act: str) -> bool:
        """From any thread; False for what the bench does not do, or when too much was asked for already."""
        if act not in ACTS:
            return False
        try:
            self._asked.put_nowait(act)
        except Full:
            return False
        return True

    def now(self) -> Now:
        """As it is, for whoever looks on. From any thread."""
        return Now(self.is_by_itself, self.wrong, self.last)

    def step(self) -> None:
        """Take up what was asked for, and move the hand. For the thread of the loop, as often as it likes."""
        with suppress(Empty):
            self._take_up(self._asked.get_nowait())
        now = self._bench.clock.monotonic()
        if not self._bench.blur:
            self.wrong -= {"blurred"}  # who calibrates has focused anew
        if self._bench.busy or self._bench.in_hands:
            self._idle_since = now
            return
        idle = now - self._idle_since
        if self._next is not None:
            self._serve(idle)
        elif self.is_by_itself:
            self._work(now, idle)

    def saw(self, inspection: Inspection, frame: Frame) -> None:  # noqa: ARG002 - as the loop hands it over
        """Take note of a verdict. For the thread of the loop."""
        self._judged_at = self._bench.clock.monotonic()
        lying = self._bench.lying
        is_unsure = inspection.verdict is Verdict.UNSURE and inspection.measures.get("attempt", 1) <= self._retries
        self._again = lying[0] if is_unsure and len(lying) == 1 else None

    def _take_up(self, act: str) -> None:
        if act in SWITCHES:
            self._switch(act)
        elif act == ITSELF:
            self.is_by_itself, self._next = not self.is_by_itself, None
        else:
            self.is_by_itself, self._next = False, act
        self.last = act

    def _switch(self, name: str) -> None:
        self.wrong ^= {name}
        is_on, bench = name in self.wrong, self._bench
        match name:
            case "unplugged":
                bench.unplug() if is_on else bench.plug()
            case "frozen":
                bench.frozen = is_on
            case "dim":
                bench.lamp_level = DIM if is_on else 1.0
            case "blurred":
                bench.blur = BLUR if is_on else 0.0
            case "full":
                self._disk.is_full = is_on

    def _serve(self, idle: float) -> None:
        """What somebody has asked of the hand."""
        act = self._next
        if self._bench.lying:
            self._remove()
        elif act == "remove":
            self._next = None
        elif self._is_empty() or idle > 4 * PAUSE:  # a station in trouble sees nothing
            self._next = None
            self._lay(str(act))

    def _lay(self, act: str) -> None:
        bench = self._bench
        match act:
            case "two":
                bench.place_two(*PART_NUMBERS[:2])
            case "half":
                bench.place_over_edge(PART_NUMBERS[0])
            case "hand":
                bench.reach(REST)
            case part:
                bench.place(part)

    def _work(self, now: float, idle: float) -> None:
        """The hand by itself: what the station asks for, else the next part out of the boxes."""
        if self._bench.lying:
            if (idle > PATIENCE) if self._judged_at is None else (now - self._judged_at > STANDS):
                self._remove()
        elif idle > PAUSE and (self._is_empty() or idle > PATIENCE):
            self._place_next()

    def _place_next(self) -> None:
        bench, again, wants = self._bench, self._again, self._wants()
        self._again = self._judged_at = None
        if wants is not None:
            bench.place(wants.part_number, at=MIDDLE, angle=TURNED, specimen=MASTER)
        elif again is not None:
            bench.place(again.part_number, specimen=again.specimen)
        else:
            bench.place(next(self._boxes))

    def _remove(self) -> None:
        self._bench.remove()
        self._judged_at = None
