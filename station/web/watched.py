"""What the pages may see of a station, and the station as they see it from a process of their own.

    loop's process: Station ──told of──► Told ──wire──► Mirror: the pages' process

Nothing else of the loop can be reached: acts go through the data folder, where the loop takes them up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from models.classifier import Prediction
from station.loop import Station
from station.model import Model
from station.orders.tally import Tally
from station.screen import Screen, View
from station.types import Clock, Gray, Order, SystemClock, TriggerSource


class Spent(Protocol):
    """What the pages see of the trigger."""

    @property
    def is_spent(self) -> bool:
        """Whether what lies there was judged already, or will not be before it is laid anew."""


class Watched(Protocol):
    """A station as its pages see it: a `Station` is one, and so is a `Mirror`."""

    def ask(self, source: TriggerSource) -> None:
        """Leave the loop a note: inspect now."""

    @property
    def name(self) -> str: ...
    @property
    def order(self) -> Order: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def model(self) -> Model: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def trigger(self) -> Spent | None: ...
    @property
    def sources(self) -> frozenset[TriggerSource]: ...
    @property
    def screen(self) -> Screen: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def is_line_open(self) -> bool: ...
    @property
    def alive(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A station at one moment.

    view   without its frame, where that is not new
    model  None: as before
    spent  of the trigger; None where there is none
    """

    view: View
    name: str
    order: Order
    tally: Tally
    sources: frozenset[TriggerSource]
    spent: bool | None
    is_simulated: bool
    is_line_open: bool
    alive: float
    monotonic: float
    now: datetime
    is_synchronised: bool
    has_own_clock: bool
    model: Model | None = None


def told(station: Station, view: View, model: Model | None) -> Told:
    """What there is to tell now; `model` where it is another than was told before."""
    return Told(
        view=view,
        name=station.name,
        order=station.order,
        tally=station.tally,
        sources=station.sources,
        spent=None if station.trigger is None else station.trigger.is_spent,
        is_simulated=station.is_simulated,
        is_line_open=station.is_line_open,
        alive=station.alive,
        monotonic=station.clock.monotonic(),
        now=station.clock.now(),
        is_synchronised=station.clock.is_synchronised(),
        has_own_clock=not isinstance(station.clock, SystemClock),
        model=model and replace(model, classifier=Named(tuple(model.classifier.part_numbers))),
    )


@dataclass(frozen=True, slots=True)
class Named:
    """A network of which only the names are there: pages judge nothing."""

    part_numbers: tuple[str, ...]

    def classify(self, patch: Gray) -> Prediction:  # noqa: ARG002 - the seam's
        raise TypeError("the pages have no network")


@dataclass(frozen=True, slots=True)
class ToldClock:
    """The clock of a station whose time is its own, as it was last told."""

    latest: Callable[[], Told]

    def monotonic(self) -> float:
        return self.latest().monotonic

    def now(self) -> datetime:
        return self.latest().now

    def is_synchronised(self) -> bool:
        return self.latest().is_synchronised

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the seam's
        raise TypeError("nobody waits by the clock of the bench but the bench")


@dataclass(frozen=True, slots=True)
class ToldTrigger:
    """The trigger as it was last told."""

    is_spent: bool


class Mirror:
    """The station in the pages' process, as it was last told; `note` brings the loop what is asked for."""

    def __init__(self, first: Told, note: Callable[[TriggerSource], Any]) -> None:
        assert first.model
        self._told, self._note = first, note
        self.model: Model = first.model
        self.screen = Screen()
        self.clock: Clock = ToldClock(lambda: self._told) if first.has_own_clock else SystemClock()
        self.take(first)

    def take(self, now: Told) -> None:
        """Show it from now on. One thread calls this."""
        view = now.view
        if view.frame is None:
            view = replace(view, frame=self.screen.view.frame)
        self._told = now
        if now.model is not None:
            self.model = now.model
        self.screen.take(view)

    def ask(self, source: TriggerSource) -> None:
        self._note(source)

    @property
    def name(self) -> str:
        return self._told.name

    @property
    def order(self) -> Order:
        return self._told.order

    @property
    def tally(self) -> Tally:
        return self._told.tally

    @property
    def trigger(self) -> Spent | None:
        return None if self._told.spent is None else ToldTrigger(self._told.spent)

    @property
    def sources(self) -> frozenset[TriggerSource]:
        return self._told.sources

    @property
    def is_simulated(self) -> bool:
        return self._told.is_simulated

    @property
    def is_line_open(self) -> bool:
        return self._told.is_line_open

    @property
    def alive(self) -> float:
        return self._told.alive
