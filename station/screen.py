"""The latest frame and inspection, one slot, for whoever watches. The loop writes and never waits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Full, Queue

from station.types import Frame, Inspection, State


@dataclass(frozen=True, slots=True)
class Picture:
    """What a screen shows at one moment."""

    state: State = State.PREOPERATIONAL
    message: str = ""
    frame: Frame | None = None
    inspection: Inspection | None = None


class Screen:
    """One slot. A reader takes `picture` whenever it likes; it is whole, because it is replaced, never changed."""

    def __init__(self) -> None:
        self.picture = Picture()
        self._followers: list[Queue[Picture]] = []

    def follow(self, depth: int = 1000) -> Queue[Picture]:
        """Every change of state and every inspection from now on; who does not keep up misses some."""
        follower: Queue[Picture] = Queue(depth)
        self._followers.append(follower)
        return follower

    def tell(self, state: State, message: str = "") -> None:
        """Show the state of the station, and what to do about it."""
        self._change(replace(self.picture, state=state, message=message))

    def watch(self, frame: Frame) -> None:
        """Show the live picture."""
        self.picture = replace(self.picture, frame=frame)

    def show(self, frame: Frame, inspection: Inspection) -> None:
        """Show a verdict with the picture it was given on."""
        self._change(replace(self.picture, frame=frame, inspection=inspection))

    def _change(self, picture: Picture) -> None:
        self.picture = picture
        for follower in self._followers:
            with suppress(Full):  # nobody who watches may hold up the line
                follower.put_nowait(picture)
