"""The camera's controls while the station runs: shown, set, and watched. What changes is recorded, and verified anew.

    any thread ──ask──► queue, bounded ──turn, between two turns of the loop──► camera
    a picture that is to be judged ──before──► the gate, closed where a control is not as it was

A control that somebody else has changed, a program beside the station or the camera itself, is recorded and turns
verification off. What was calibrated is set again; what the station only shows stays as it is, and is verified anew.
One that cannot be read any more is not taken for unchanged: after a few tries verification goes off, and stays so.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue

from calibration.controls import Control, Setting, disobeyed
from station import held
from station.errors import CameraError, StationError
from station.loop import Station, keep_notes
from station.types import Adjustable

EVERY = 5.0  # seconds between two looks whether somebody else has changed something
SOON = 1.0  # seconds between two looks while somebody looks at the page
PATIENCE = 0.8  # seconds that who asks waits for the loop
UNREAD = 3  # tries, one after the other, in which a control was not told, until it is not taken for unchanged any more
CHANGED = "camera_changed"  # kind of event
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
        self._unread: dict[str, int] = {}  # known control → looks since it was told last
        self._lost: set[str] = set()  # of these, those that verification went off for
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
            wait = SOON if self._is_watched else EVERY
            self._look(station)
            self._next = now + (SOON if self._unread else wait)

    def opened(self) -> None:
        """The camera was opened anew, and may stand as it left its maker: it is looked at at once."""
        self._next = float("-inf")

    def before(self, station: Station) -> None:
        """Once a picture was taken that is to be judged: no PASS where a control is not as it was when it was verified.

        It closes the gate, and sets nothing: that takes its time, and comes with the next look.
        """
        asked = self._all_asked(station)
        for _ in range(UNREAD):
            every = held.told(station.camera)
            if not (lost := self._unknown(every, asked)):
                break
        strayed = [*self._strayed(every, asked), *held.wrong(every, asked)]
        if said := held.cannot_read(lost) or held.by_others(strayed):
            self._unread |= dict.fromkeys(lost, UNREAD)
            self._next = float("-inf")
            station.verification.restart(said)

    def forget(self) -> None:
        """The camera was calibrated, or told its calibration again."""
        for each in (self._by_hand, self._untold, self._unread, self._lost):
            each.clear()
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

    def _close_gate(self, station: Station, said: str, by: str, kind: str = CHANGED, **details: object) -> None:
        if station.passes:
            station.passes = False
            with suppress(StationError):
                station.signal.clear()
            station.screen.clear()
        station.verification.restart(said, by)
        station.log.note(kind, said, operator=by, **details)
        keep_notes(station)

    def _look(self, station: Station) -> None:
        camera = station.camera
        every, asked = held.told(camera), self._all_asked(station)
        offered = held.settable(camera)
        with self._news:
            number = self._offered.number + 1
            settable = frozenset(each.name for each in offered if not each.is_read_only)
            self._offered = Offered(camera.name, every, settable, asked, number)
            self._is_watched = False
            self._news.notify_all()
        self._hold_unread(station, self._unknown(every, asked))
        self._hold_untold(station, every, asked)
        self._hold_against(station, offered, asked)

    def _all_asked(self, station: Station) -> dict[str, float]:
        profile = station.model.profile
        return dict(profile.settings if profile else {}) | self._by_hand

    def _learn(self, station: Station) -> None:
        self._untold |= held.untold(held.told(station.camera), self._all_asked(station))

    def _unknown(self, every: Sequence[Control], asked: Mapping[str, float]) -> list[str]:
        """What was known once, or was told the camera, and is not told by it now."""
        return sorted((self._untold.keys() | asked.keys()) - {each.name for each in every if each.is_read})

    def _hold_unread(self, station: Station, unknown: Sequence[str]) -> None:
        """What is not told for some looks is not taken for unchanged; as long as it is so, nothing is verified."""
        self._unread = {name: self._unread.get(name, 0) + 1 for name in unknown}
        lost = {name for name, looks in self._unread.items() if looks >= UNREAD}
        is_open = station.verification.is_open(station.clock.monotonic())
        if lost and (is_open or lost != self._lost):
            self._close_gate(station, held.cannot_read(lost), "", "camera_unread", controls=sorted(lost))
        self._lost = lost

    def _strayed(self, every: Sequence[Control], asked: Mapping[str, float]) -> list[held.Stray]:
        """What nobody here has told the camera, and is not as it was at the last look."""
        now = held.untold(every, asked)
        return [
            held.Stray(name, self._untold[name], f"{name} is {value:g} where it was {self._untold[name]:g}")
            for name, value in now.items()
            if self._untold.get(name, value) != value
        ]

    def _hold_untold(self, station: Station, every: Sequence[Control], asked: dict[str, float]) -> None:
        strayed = self._strayed(every, asked)
        self._untold |= held.untold(every, asked)  # also what a camera that is gone does not tell
        if not strayed:
            return
        self._close_gate(station, held.by_others(strayed), "", controls={each.control: each.right for each in strayed})
        if asked:
            self._tell(station, asked)  # an automatic that was switched on would go on with what was calibrated

    def _hold_against(self, station: Station, offered: Sequence[Control], asked: dict[str, float]) -> None:
        """A control that is not as it was told was changed by somebody else; it is set again."""
        wrong, now = [], {each.name: each.value for each in offered}
        profile = station.model.profile
        for each in held.wrong(offered, asked):
            calibrated = profile.settings.get(each.control) if profile else None
            if calibrated is not None and Setting(each.control, calibrated, now[each.control]).obeyed:
                self._by_hand.pop(each.control, None)  # the camera was opened anew, and told its calibration again
                again = f"The camera's {each.control} is as it was calibrated again"
                again += f", no longer {each.right:g} as it was set"
                self._close_gate(station, again, "", control=each.control, got=calibrated)
                continue
            wrong.append(each)
        if wrong:
            values = {each.control: each.right for each in wrong}
            self._close_gate(station, held.by_others(wrong), "", controls=values)
            self._tell(station, values)

    def _tell(self, station: Station, values: dict[str, float]) -> None:
        assert isinstance(station.camera, Adjustable)
        trouble = disobeyed(station.camera.adjust(values))
        self._learn(station)  # as in `_set`
        if trouble:
            raise CameraError(" ".join([trouble, MEND]))
