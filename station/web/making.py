"""What takes its time and is made beside its page: how far it is, and the last few of a kind, each by its mark."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from station.web import language


class Far(Protocol):
    """How far something is: a step, and so many of so many in it; of nobody knows how many where the total is 0."""

    @property
    def is_running(self) -> bool: ...
    @property
    def step(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


def far(now: Far | None, steps: Mapping[str, str]) -> dict[str, Any]:
    """For progress.js, which loads its page again once nothing runs any more."""
    if now is None or not now.is_running:
        return {"is_running": False}
    step = language.text(steps.get(now.step, now.step))
    return {"is_running": True, "step": step, "done": now.done, "total": now.total}


@dataclass(slots=True, kw_only=True, eq=False)
class Making:
    """One that is made, or was.

    mark     by which an address tells it
    trouble  a sentence, where nothing came of it
    over     set once it is made, or cannot be
    """

    mark: str = field(default_factory=lambda: uuid4().hex)
    step: str = ""
    done: int = 0
    total: int = 0
    trouble: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_running(self) -> bool:
        """Whether it is still being made."""
        return not self.over.is_set()

    def hear(self, told: Mapping[str, Any]) -> None:
        """What its program says of how far it is (program.Teller)."""
        if "step" in told:
            self.step, self.done, self.total = told["step"], told["done"], told["total"]


M = TypeVar("M", bound=Making)


class Shelf(Generic[M]):
    """The last few of a kind.

    turn  held by who looks for one and puts another there
    """

    def __init__(self, most: int) -> None:
        self.turn = threading.RLock()
        self._most = most
        self._kept: OrderedDict[str, M] = OrderedDict()

    def all(self) -> list[M]:
        """Oldest first."""
        with self.turn:
            return list(self._kept.values())

    def find(self, mark: str) -> M | None:
        """One of them."""
        with self.turn:
            return self._kept.get(mark)

    def put(self, making: M) -> None:
        """One more; the oldest that are made go for it."""
        with self.turn:
            self._kept[making.mark] = making
            made = [each for each in self._kept.values() if not each.is_running]
            for old in made[: max(0, len(self._kept) - self._most)]:
                del self._kept[old.mark]

    def take(self, mark: str) -> M | None:
        """One of them, which is there no more then."""
        with self.turn:
            return self._kept.pop(mark, None)
