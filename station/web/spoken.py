"""What the loop's process and that of its pages say to each other besides what is `Told`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.people import Person
from station.web.watched import Told


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be served, and where.

    names          under which browsers may call the station, besides those of loopback
    visitor        as whom a demo signs everybody in
    keeps_journal  whether what goes wrong is told as the journal has it
    """

    data: Path
    host: str
    port: int
    names: tuple[str, ...] = ()
    visitor: Person | None = None
    keeps_journal: bool = False


@dataclass(frozen=True, slots=True)
class Hello:
    """The first that the pages hear; `handed`: name → methods that they may call."""

    wanted: Wanted
    first: Told
    handed: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Up:
    """The pages are served."""

    address: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """They are not, and why; `is_known`: the sentence says what to do about it."""

    why: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Alive:
    """The pages live, and this is who works at the stage."""

    at_work: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A note for the loop; the value of a `TriggerSource`."""

    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A method of an object of the loop's process is called; the values travel, so they must be plain."""

    number: int
    name: str
    method: str
    arguments: tuple[Any, ...] = ()


SAID = (Up, Trouble, Alive, Asked, Call)  # all that the pages say


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call; `trouble` is a sentence where nothing did."""

    number: int
    result: Any = None
    trouble: str = ""
