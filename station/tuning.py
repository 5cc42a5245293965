"""The camera's controls while the station runs: shown, set, and watched. What changes is recorded, and verified anew.

    any thread ──ask──► queue, bounded ──turn, between two turns of the loop──► camera

A control that somebody else has changed, a program beside the station or the camera itself, is recorded and turns
verification off. What was calibrated is set again; what the station only shows stays as it is, and is verified anew.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue

from calibration.controls import Control, Setting, disobeyed
from station.errors import CameraError, StationError
from station.loop import Station, keep_notes
from station.types import Adjustable, Telling

EVERY = 5.0  # seconds between two looks whether somebody else has changed something
SOON = 1.0  # seconds between two looks while somebody looks at the page
PATIENCE = 0.8  # seconds that who asks waits for the loop
MEND = "If it stays so, run `station calibrate`."
UNTOLD = "The camera has told nothing of its controls yet."


@dataclass(frozen=True, slots=True)
class Offered:
    """What a camera offers at one moment.

    controls  every one that it tells of
    settable  names of those that can be set here
    asked     control → what it was told last: by the calibration, or here
    number    rises with every look
    """

    name: str = ""
    controls: tuple[Control, ...] = ()
    settable: frozenset[str] = frozenset()
    asked: dict[str, float] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody wants a control to have this value."""

    control: str
    value: float
    by: str


class Tuning:
    """The controls of one station's camera."""

    def __init__(self) -> None:
        self._asked: Queue[Change] = Queue(8)
        self._by_hand: dict[str, float] = {}  # what was set here, and the camera took
        self._untold: dict[str, float] = {}  # what nobody here has told the camera, as it stood at the last look
        self._next = float("-inf")
        self._is_watched = False
        self._news = threading.Condition()
        self._offered = Offered()

    # for any thread

    def look(self) -> Offered:
        """What it offers now; as it stood at the last look, where the loop does not come to it in time."""
        with self._news:
            before, self._is_watched = self._offered.number, True
            self._news.wait_for(lambda: self._offered.number != before, PATIENCE)
            return self._offered

    def ask(self, control: str, value: float, by: str) -> str:
        """Have a control set. Why not, a sentence; empty where it is about to be."""
        known = {each.name: each for each in self._offered.controls}
        if control not in known or control not in self._offered.settable:
            return f"The camera has no control {control} that can be set." if known else UNTOLD
        offered = known[control]
        if not offered.least <= value <= offered.most:  # a NaN is in no range
            return f"{control} goes from {offered.least:g} to {offered.most:g}: {value:g} is not in it."
        try:
            self._asked.put_nowait(Change(control, offered.nearest(value), by))
        except Full:
            return "Too much was asked of the camera at once; wait a moment."
        return ""

    # for the thread of the loop

    def turn(self, station: Station) -> None:
        """Set what was asked for; now and then look what the camera says. Raises CameraError, LogError."""
        with suppress(Empty):
            self._set(station, self._asked.get_nowait())
            self._next = float("-inf")
        now = station.clock.monotonic()
        is_idle = station.trigger is None or station.trigger.is_armed or station.trigger.is_spent
        if is_idle and now >= self._next:
            self._next = now + (SOON if self._is_watched else EVERY)
            self._look(station)

    def forget(self) -> None:
        """The camera was calibrated, or told its calibration again."""
        self._by_hand.clear()
        self._untold.clear()
        self._next = float("-inf")
        with suppress(Empty):
            while True:
                self._asked.get_nowait()

    def _set(self, station: Station, change: Change) -> None:
        """First the gate and the record of it, then the camera."""
        if not isinstance(station.camera, Adjustable):
            return
        said = f"The camera's {change.control} was set to {change.value:g} outside of a calibration"
        self._close_gate(station, said, change.by, control=change.control, asked=change.value)
        (setting,) = station.camera.adjust({change.control: change.value})
        self._by_hand[change.control] = setting.got if setting.got is not None else change.value
        self._learn(station)  # automatics were switched off with it, and that was nobody else
        if not setting.obeyed:
            told = setting.told().removesuffix("  ← not as asked")
            station.log.note("camera_disobeyed", told, operator=change.by, control=change.control, got=setting.got)

    def _close_gate(self, station: Station, said: str, by: str, **details: object) -> None:
        if station.passes:
            station.passes = False
            with suppress(StationError):
                station.signal.clear()
            station.screen.clear()
        station.verification.restart(said, by)
        station.log.note("camera_changed", said, operator=by, **details)
        keep_notes(station)

    def _look(self, station: Station) -> None:
        camera = station.camera
        offered = camera.offers() if isinstance(camera, Adjustable) else ()
        every, asked = _everything(camera), self._all_asked(station)
        with self._news:
            number = self._offered.number + 1
            settable = frozenset(each.name for each in offered if not each.is_read_only)
            self._offered = Offered(camera.name, every, settable, asked, number)
            self._is_watched = False
            self._news.notify_all()
        self._hold_untold(station, every, asked)
        self._hold_against(station, {each.name: each for each in offered}, asked)

    def _all_asked(self, station: Station) -> dict[str, float]:
        profile = station.model.profile
        return dict(profile.settings if profile else {}) | self._by_hand

    def _learn(self, station: Station) -> None:
        self._untold |= _untold(_everything(station.camera), self._all_asked(station))

    def _hold_untold(self, station: Station, every: tuple[Control, ...], asked: dict[str, float]) -> None:
        now = _untold(every, asked)
        changed = {name: value for name, value in now.items() if self._untold.get(name, value) != value}
        before, self._untold = self._untold, self._untold | now  # also what a camera that is gone does not tell
        if not changed:
            return
        told = ", ".join(f"{name} is {value:g} where it was {before[name]:g}" for name, value in changed.items())
        said = f"The camera's settings were changed by somebody else: {told}"
        self._close_gate(station, said, "", controls={name: before[name] for name in changed})
        if asked:
            self._tell(station, asked)  # an automatic that was switched on would go on with what was calibrated

    def _hold_against(self, station: Station, offered: dict[str, Control], asked: dict[str, float]) -> None:
        """A control that is not as it was told was changed by somebody else; it is set again."""
        profile = station.model.profile
        wrong: dict[str, float] = {}
        for name, value in asked.items():
            if name not in offered or Setting(name, value, offered[name].value).obeyed:
                continue
            calibrated = profile.settings.get(name) if profile else None
            if calibrated is not None and Setting(name, calibrated, offered[name].value).obeyed:
                self._by_hand.pop(name, None)  # the camera was opened anew, and told its calibration again
                again = f"The camera's {name} is as it was calibrated again, no longer {value:g} as it was set"
                self._close_gate(station, again, "", control=name, got=calibrated)
                continue
            wrong[name] = value
        if not wrong:
            return
        told = ", ".join(f"{name} is {offered[name].value:g} where {value:g} was set" for name, value in wrong.items())
        said = f"The camera's settings were changed by somebody else: {told}"
        self._close_gate(station, said, "", controls=wrong)
        self._tell(station, wrong)

    def _tell(self, station: Station, values: dict[str, float]) -> None:
        assert isinstance(station.camera, Adjustable)
        trouble = disobeyed(station.camera.adjust(values))
        self._learn(station)  # as in `_set`
        if trouble:
            raise CameraError(" ".join([trouble, MEND]))


def _everything(camera: object) -> tuple[Control, ...]:
    if isinstance(camera, Telling):
        return camera.everything()
    return camera.offers() if isinstance(camera, Adjustable) else ()


def _untold(every: tuple[Control, ...], asked: dict[str, float]) -> dict[str, float]:
    """What nobody here has told the camera, and what does not change by itself: brightness, an automatic."""
    return {each.name: each.value for each in every if each.is_still and each.name not in asked}
