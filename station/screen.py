"""The latest frame and inspection, one slot, for whoever watches. The loop writes and never waits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Full, Queue

from station.masters import Standing
from station.types import Frame, Inspection, State


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows at one moment.

    message   what the operator does about the state
    notice    what stands beside it until it is mended: a bundle that was refused
    is_there  whether the part of the inspection lies there still, untouched: else its verdict is history
    standing  how verification stands
    fault     one word for what is in trouble, in the state of that name
    light     over the empty stage when it was last seen, as a share of the calibrated; None before
    """

    state: State = State.PREOPERATIONAL
    message: str = ""
    notice: str = ""
    frame: Frame | None = None
    inspection: Inspection | None = None
    is_there: bool = False
    standing: Standing = field(default_factory=Standing)
    fault: str = ""
    light: float | None = None


WORDS = {
    State.PREOPERATIONAL: "Starting",
    State.INITIALIZED: "Starting",
    State.READY: "Ready",
    State.EXECUTING: "Inspecting",
    State.ERROR: "Fault",
    State.HALTED: "Stopped",
}


def word(view: View) -> str:
    """The state as a person reads it; who asks for something is not verified, unless the order is complete."""
    asks = view.state is State.READY and view.message and view.standing.since is None
    return "Not verified" if asks else WORDS[view.state]


class Screen:
    """One slot. A reader takes `view` whenever it likes; it is whole, because it is replaced, never changed."""

    def __init__(self) -> None:
        self.view = View()
        self._followers: list[Queue[View]] = []

    def follow(self, depth: int = 1000) -> Queue[View]:
        """Every change of state and every inspection from now on; who does not keep up misses some."""
        follower: Queue[View] = Queue(depth)
        self._followers.append(follower)
        return follower

    def leave(self, follower: Queue[View]) -> None:
        """Who followed follows no more."""
        self._followers = [each for each in self._followers if each is not follower]

    def tell(self, state: State, message: str = "", standing: Standing | None = None, fault: str = "") -> None:
        """Show the state of the station, and what to do about it; whatever it is but ready, no verdict stands.

        Without a word of how verification stands, it stands as before.
        """
        is_there = self.view.is_there and state is State.READY
        standing = standing or self.view.standing
        self.take(replace(self.view, state=state, message=message, is_there=is_there, standing=standing, fault=fault))

    def notice(self, notice: str) -> None:
        """Show what is wrong without being a fault; empty when it no longer is."""
        self.take(replace(self.view, notice=notice))

    def watch(self, frame: Frame, light: float | None = None) -> None:
        """Show the live picture; with the light over the stage, where it is empty."""
        self.view = replace(self.view, frame=frame, light=self.view.light if light is None else light)

    def show(self, frame: Frame, inspection: Inspection) -> None:
        """Show a verdict with the picture it was given on."""
        self.take(replace(self.view, frame=frame, inspection=inspection, is_there=True))

    def clear(self) -> None:
        """The part was moved or taken away: its verdict must not be read as that of the next."""
        if self.view.is_there:
            self.take(replace(self.view, is_there=False))

    def take(self, view: View) -> None:
        """Show this from now on, and tell whoever follows."""
        self.view = view
        for follower in self._followers:
            with suppress(Full):  # nobody who watches may hold up the line
                follower.put_nowait(view)
