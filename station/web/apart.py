"""The pages in a process of their own: whatever becomes of them, and whatever they cost, the loop feels nothing of it.

    the loop's process                                the pages' (python -m station.web)
    a thread tells: each view, what is around it ──►  Mirror, app, uvicorn
    a thread hears: who is at work, notes, calls  ◄──

Neither thread is the loop's. Pages that say nothing for a while are hung; whoever keeps them ends them and begins anew.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from queue import Empty

from station.errors import DeviceError
from station.loop import Station
from station.model import Model
from station.screen import View
from station.types import TriggerSource
from station.web.program import started
from station.web.spoken import SAID, Alive, Answer, Asked, Call, Hello, Trouble, Up, Wanted
from station.web.watched import Told, told
from station.web.wire import Wire

log = logging.getLogger(__name__)

TICK = 0.1  # seconds between two looks at what is true besides
PICTURES = 0.2  # seconds between two live pictures, at the least
DEPTH = 50  # views that may wait to be told; each holds a picture
TURN = 0.0005  # seconds after which a thread of Python gives way to another; 0.005 by default
START, SILENCE, FAREWELL = 60.0, 10.0, 4.0  # seconds to be there in, to say nothing for, to end in
DEAD = "The web server has ended by itself."
HUNG = "The web server does not answer."


@dataclass(frozen=True, slots=True)
class Handed:
    """Something of this process whose `methods` the pages may call, in threads that are not the loop's."""

    one: object
    methods: frozenset[str]


class Apart:
    """Pages that are served by another process; made by `apart`."""

    def __init__(self, station: Station, wanted: Wanted, handed: Mapping[str, Handed]) -> None:
        self._station, self._handed = station, handed
        self._over, self._up = threading.Event(), threading.Event()
        self._trouble: Trouble | None = None
        self._address = self._at_work = ""
        self._heard = time.monotonic()
        here, there = socket.socketpair()
        with there:
            try:
                self._process = started("station.web", str(there.fileno()), pass_fds=[there.fileno()])
            except OSError:
                here.close()
                raise
        self._wire = Wire(here, SAID)
        self._teller = Teller(station)  # only now: nobody would ever leave the screen for pages that never began
        self._calls = ThreadPoolExecutor(4, "call")
        methods = {name: each.methods for name, each in handed.items()}
        hello = Hello(wanted, self._teller.now(station.screen.view), methods)
        self._threads = [
            threading.Thread(target=self._tell, args=(hello,), name="tell", daemon=True),
            threading.Thread(target=self._hear, name="hear", daemon=True),
        ]
        station.at_work = lambda: self._at_work
        for thread in self._threads:
            thread.start()

    def wait(self, stop: Callable[[], bool] = lambda: False) -> str:
        """The address, once they are served; empty when told to stop before. Raises as `check` does."""
        until = time.monotonic() + START
        while not self._up.wait(0.05) and not stop():
            self.check()
            if time.monotonic() > until:
                raise DeviceError(HUNG)
        return self._address

    def check(self) -> None:
        """Raises DeviceError when they are served no more or not at all, and RuntimeError for a fault of their own."""
        if self._trouble is not None:
            raise (DeviceError if self._trouble.is_known else RuntimeError)(self._trouble.why)
        if self._over.is_set():
            raise DeviceError(DEAD)
        if self._up.is_set() and time.monotonic() - self._heard > SILENCE:
            raise DeviceError(HUNG)

    def close(self) -> None:
        """End them, by force where they do not."""
        self._end()
        self._station.at_work = str
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(FAREWELL)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        self._calls.shutdown(cancel_futures=True)
        self._teller.close()
        self._wire.close()

    def _end(self) -> None:
        self._over.set()
        self._at_work = ""  # nobody knows any more
        self._wire.end()

    def _tell(self, hello: Hello) -> None:
        try:
            with suppress(OSError):
                self._wire.send(hello)
                while not self._over.is_set():
                    self._wire.send(self._teller.next())
        finally:  # pages that are told nothing any more must not live on
            self._end()

    def _hear(self) -> None:
        try:
            with suppress(EOFError, OSError):
                while not self._over.is_set():
                    self._take(self._wire.receive())
        except Exception:  # whoever says what no page says is heard no more
            log.exception("what the pages said was refused")
        finally:
            self._end()

    def _take(self, said: object) -> None:
        self._heard = time.monotonic()
        match said:
            case Up(address):
                self._address = address
                self._up.set()
            case Trouble():
                self._trouble = said
            case Alive(at_work):
                self._at_work = at_work
            case Asked(source):
                self._station.ask(TriggerSource(source))
            case Call():
                self._calls.submit(self._answer, said)

    def _answer(self, call: Call) -> None:
        with suppress(OSError):
            try:
                self._wire.send(Answer(call.number, self._called(call)))
            except OSError:
                raise
            except Exception as trouble:  # whatever it is, also a result that cannot travel: the page says it
                log.exception("%s.%s of the pages", call.name, call.method)
                self._wire.send(Answer(call.number, trouble=str(trouble) or repr(trouble)))

    def _called(self, call: Call) -> object:
        handed = self._handed[call.name]
        if call.method not in handed.methods:
            raise AttributeError(f"the pages may not call {call.name}.{call.method}")
        return getattr(handed.one, call.method)(*call.arguments)


@contextmanager
def apart(station: Station, wanted: Wanted, handed: Mapping[str, Handed] | None = None) -> Iterator[Apart]:
    """Have the pages of a station served by another process; `handed`: name → what they may call of this one."""
    sys.setswitchinterval(TURN)
    pages = Apart(station, wanted, handed or {})
    try:
        yield pages
    finally:
        pages.close()


class Teller:
    """What there is to tell of a station, one moment after the other. For one thread."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._feed = station.screen.follow(DEPTH)
        self._model: Model | None = None
        self._placement, self._pictured = "", float("-inf")

    def next(self) -> Told:
        """The next view, or what has become true besides."""
        view = self._station.screen.view
        with suppress(Empty):
            view = self._feed.get(timeout=TICK)
        return self.now(view)

    def now(self, view: View) -> Told:
        """The model only where it is another than before; the picture seldom."""
        model = self._station.model
        is_new, self._model = model is not self._model, model
        return told(self._station, self._pictured_seldom(view), model if is_new else None)

    def close(self) -> None:
        self._station.screen.leave(self._feed)

    def _pictured_seldom(self, view: View) -> View:
        """With its frame where that shows a new placement, or the last was told a while ago."""
        placement = view.inspection.inspection_id if view.inspection else ""
        now = time.monotonic()
        if placement == self._placement and now - self._pictured < PICTURES:
            return replace(view, frame=None)
        self._placement, self._pictured = placement, now
        return view
