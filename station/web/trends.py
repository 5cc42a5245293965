"""What the page of the trend shows: the empty stage over weeks against its limits, and what is near one. Pure."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from calibration.ground import NEAR, State
from station.log import queries
from station.log.record import Row
from station.stage import WARNED, WARNED_OVER
from station.trend import Day
from station.web.charts import HEIGHT, WIDTH
from station.web.sentences import N_

SPANS = (30, 90, 365)  # days that may be asked for
EDGE = 14.0  # units of the drawing that stay free at its ends
BEYOND = 1.35  # limits up to which is drawn, where nothing lies farther
LABELS = 6
RUNS = ("start", "stop", "fault")  # events that tell of the station itself
MEASURES: Mapping[str, tuple[str, str]] = {  # words and unit
    "light": (N_("Light, against its calibration"), "%"),
    "evenness": (N_("Unevenness of the light"), "%"),
    "focus": (N_("Loss of sharpness"), "%"),
    "shift": (N_("The camera has moved"), "mm"),
    "moved": (N_("The picture has moved, of its width"), "%"),
    "turn": (N_("The camera has turned"), "°"),
}
STATES: Mapping[State, str] = {
    State.WITHIN: N_("within its limits"),
    State.NEAR: N_("near a limit"),
    State.BEYOND: N_("beyond its limit"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mean of a day, and from top to bottom how far it spread; `told` for who points at it."""

    x: float
    y: float
    top: float
    bottom: float
    state: State
    told: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One measure over the days.

    lines         height, words and kind (limit, warning, zero) of the lines across
    calibrations  place and number of those that were put in use
    labels        place and day, below
    newest        what the last day told, in words, and how that lies
    """

    name: str
    marks: tuple[Mark, ...]
    lines: tuple[tuple[float, str, str], ...]
    calibrations: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    newest: str
    state: State


@dataclass(frozen=True, slots=True)
class Warned:
    """What is near a limit, or was beyond it, with when that was said (UTC, as text)."""

    sentence: str
    at: str
    is_beyond: bool = False


def state_of(day: Day) -> State:
    """How the worst value of a day lies to its limit."""
    worst = max(abs(day.least), abs(day.most))
    if worst > day.limit:
        return State.BEYOND
    return State.NEAR if worst > NEAR * day.limit else State.WITHIN


def number(measure: str, value: float) -> str:
    """With its unit; the light alone has a sign."""
    unit = MEASURES.get(measure, ("", ""))[1]
    shown = value * 100 if unit == "%" else value
    digits = f"{shown:+.1f}" if measure == "light" else f"{shown:.2f}" if unit != "%" else f"{shown:.1f}"
    return f"{digits} {unit}".strip().replace("-", "−")


def limit(day: Day) -> str:
    """The limit of a measure, as a person reads it."""
    sign = "±" if day.measure == "light" else ""
    return sign + number(day.measure, day.limit).removeprefix("+")


def drawn(table: Sequence[Day], put_in_use: Sequence[tuple[date, int]]) -> list[Drawn]:
    """A drawing a measure, of the same days; put_in_use: when which calibration was."""
    if not table:
        return []
    days = [date.fromisoformat(each.day) for each in table]
    first, last = min(days), max(days)
    room = WIDTH - 2 * EDGE

    def place(day: date) -> float:
        return EDGE + room * ((day - first).days / (last - first).days if last > first else 0.5)

    shown = [(place(day), f"{n:04d}") for day, n in put_in_use if first <= day <= last]
    names = dict.fromkeys(each.measure for each in table)
    width = room / max((last - first).days, 1)
    return [
        _of_one([each for each in table if each.measure == name], place, shown, width)
        for name in (
            *(known for known in MEASURES if known in names),
            *(each for each in names if each not in MEASURES),
        )
    ]


def _of_one(table: Sequence[Day], place: object, put_in_use: list[tuple[float, str]], width: float) -> Drawn:
    assert callable(place)
    table = sorted(table, key=lambda each: (each.day, each.calibration))
    newest, measure = table[-1], table[-1].measure
    farthest = max(max(abs(each.least), abs(each.most)) / each.limit for each in table)
    top = newest.limit * max(BEYOND, farthest * 1.05) * max(each.limit for each in table) / newest.limit
    is_signed = measure == "light" or any(each.least < 0 for each in table)

    def height(value: float) -> float:
        share = max(-1.0, min(1.0, value / top))
        return HEIGHT / 2 * (1 - share) if is_signed else HEIGHT * (1 - max(0.0, share))

    marks = []
    for each in table:
        same = [other.calibration for other in table if other.day == each.day]
        aside = (same.index(each.calibration) - (len(same) - 1) / 2) * min(width / len(same), 2 * EDGE)
        told = (
            f"{each.day}: {number(measure, each.mean)} ({number(measure, each.least)} … {number(measure, each.most)})"
        )
        x = place(date.fromisoformat(each.day)) + aside
        marks.append(Mark(x, height(each.mean), height(each.most), height(each.least), state_of(each), told))
    signs = (1, -1) if is_signed else (1,)
    lines = [(height(0.0), number(measure, 0.0).replace("+", ""), "zero")]
    lines += [(height(sign * newest.limit), number(measure, sign * newest.limit), "limit") for sign in signs]
    lines += [(height(sign * NEAR * newest.limit), "", "warning") for sign in signs]
    said = f"{number(measure, newest.mean)} ({number(measure, newest.least)} … {number(measure, newest.most)})"
    name = MEASURES.get(measure, (measure, ""))[0]
    days = sorted({each.day for each in table})
    step = max(1, -(-len(days) // LABELS))
    labels = tuple((place(date.fromisoformat(day)), day[5:]) for day in days[::step])
    return Drawn(name, tuple(marks), tuple(lines), tuple(put_in_use), labels, said, state_of(newest))


def put_in_use(rows: sqlite3.Connection) -> list[tuple[date, int]]:
    """When which calibration was put in use, as the log tells, oldest first."""
    found = []
    for event in reversed(queries.events(rows, limit=500, kinds=["calibration"])):
        told = str(event["details"].get("calibration", ""))[:4]
        if told.isdecimal():
            found.append((datetime.fromisoformat(event["at"]).date(), int(told)))
    return found


def warned(rows: sqlite3.Connection) -> list[Warned]:
    """What the stage was found to be near to, or beyond, since this calibration is in use; the newest of each measure.

    A station that is started looks anew, so what was near before counts no more (one that comes back from a fault goes
    on as it was); nor does what was beyond before the
    station was verified again.
    """
    verified = _verified(rows)
    found: dict[str, Warned | None] = {}
    kinds = [WARNED, WARNED_OVER, "drift", "calibration", *RUNS]
    is_of_this_run = True
    events = queries.events(rows, limit=200, kinds=kinds)
    for place, event in enumerate(events):
        if event["kind"] == "calibration":
            break
        is_of_this_run = is_of_this_run and not _is_first_start(events[place:])
        measure = str(event["details"].get("measure", ""))
        if measure in MEASURES and measure not in found and (is_of_this_run or event["kind"] == "drift"):
            is_over = event["kind"] == WARNED_OVER or (event["kind"] == "drift" and event["sequence"] < verified)
            found[measure] = None if is_over else _warned(event)
    return [each for each in found.values() if each is not None]


def _is_first_start(events: Sequence[Row]) -> bool:
    """Whether the newest of these events is a start of the station, and not its coming back from a fault."""
    if events[0]["kind"] != "start":
        return False
    return next((event["kind"] for event in events[1:] if event["kind"] in RUNS), "stop") != "fault"


def _verified(rows: sqlite3.Connection) -> int:
    """The event that tells that the station was verified last; 0 before."""
    told = queries.events(rows, limit=100, kinds=["verification"])
    return next((int(event["sequence"]) for event in told if event["details"].get("result") == "verified"), 0)


def _warned(event: Row) -> Warned:
    return Warned(str(event["message"]), event["at"], event["kind"] == "drift")
