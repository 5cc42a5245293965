"""Keeps the loop running: opens the devices, tells every fault to the line, and tries again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import cv2

from station.bay import Bay
from station.errors import CameraError, LightError, LogError, SignalError, StationError
from station.log.record import time_text
from station.loop import Station, asks, keep_notes, record_notes, run, turn
from station.recalibrated import lock
from station.runtime import runtime
from station.screen import View
from station.types import Note, State

log = logging.getLogger(__name__)

CODES: tuple[tuple[type[BaseException], str], ...] = (
    (CameraError, "camera"),
    (LightError, "light"),
    (SignalError, "line"),
    (LogError, "log"),
)
NO_MEMORY = "The station ran out of memory: end what else runs on its computer, and restart it if this comes again."
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0  # seconds between two tries to mend a fault
TURN = 0.1  # seconds between two words to the line while in fault


def serve(
    station: Station, stop: Callable[[], bool], alive: Callable[[View], None] | None = None, bay: Bay | None = None
) -> None:
    """Inspect until told to stop, whatever happens to the devices meanwhile. The line reads reject before and after.

    bay    where the technician is given the hardware meanwhile
    alive  is told between two turns, and while a fault is waited for, that the loop goes on; it must not wait
    """
    wait, told = FIRST_WAIT, ""
    stop = _alive(station, stop, alive)
    _tell(station, State.INITIALIZED)
    try:
        while not stop():
            try:
                if bay and bay.is_wanted:
                    bay.work(station, stop)
                    continue
                start(station)
                if bay:
                    bay.opened()
                turn(station)  # only what has looked at the stage once is well again
                wait, told = FIRST_WAIT, ""
                run(station, lambda: stop() or (bay is not None and bay.turn(station)))
            except Exception as trouble:
                told = fail(station, trouble, told)
                rest(station, trouble, wait, lambda: stop() or (bay is not None and bay.is_wanted))
                wait = min(2 * wait, LONGEST_WAIT)
    finally:
        halt(station)


def _alive(station: Station, stop: Callable[[], bool], tell: Callable[[View], None] | None) -> Callable[[], bool]:
    """`stop`, which the loop asks wherever it goes on, and which tells so."""

    def asked() -> bool:
        station.alive = station.clock.monotonic()
        if tell:
            tell(station.screen.view)
        return stop()

    return asked


@contextmanager
def started(station: Station) -> Iterator[None]:
    """Started at once or not at all, and halted at the end: for those who lay the parts themselves."""
    try:
        start(station)
        yield
    finally:
        halt(station)


def start(station: Station) -> None:
    """Open line and camera, and see a first picture. Raises StationError.

    What lies on the stage already is not judged before it was taken away and laid again: nobody knows whether it was.
    """
    cv2.setNumThreads(1)  # a second thread may wait for a processor that somebody else has, and the loop with it
    keep_notes(station)  # that verification is asked for stands in the log before anything can go wrong
    if not station.is_line_open:
        station.signal.open()
        station.is_line_open = True
    station.camera.open()
    lock(station.camera, station.model.profile)  # one that does not do as it was calibrated is never ready
    if station.trigger:  # a replay has no picture to spare
        station.seen = station.camera.read(newer_than=station.clock.monotonic()).monotonic
        station.trigger.disarm()
    ready = f"{station.name} is ready for {station.order.part_number or 'a work order'}"
    station.log.note("start", ready, camera=station.camera.name, model=station.model.name, runtime=runtime())
    _tell(station, State.READY, asks(station))
    keep_notes(station)


def halt(station: Station) -> None:
    """Withdraw PASS, give the devices back, say so in the log."""
    station.signal.close()
    station.is_line_open = False
    with suppress(Exception):
        station.camera.close()
    with suppress(StationError):  # a log that works again learns of the fault that it could not take
        record_notes(station)
    with suppress(StationError):
        station.log.note("stop", f"{station.name} has stopped")
    _tell(station, State.HALTED)


def fail(station: Station, trouble: Exception, told: str = "") -> str:
    """Reject at once, then say what is wrong: to the line, to the screen, and, unless it was `told` before, to the log.

    A log that cannot take it, since its disk is full or gone, is told once it can. Returns what was told.
    """
    with suppress(StationError):
        station.signal.fault(code(trouble))
    message = sentence(trouble)
    if not isinstance(trouble, StationError):
        log.error("unforeseen", exc_info=trouble)
    _tell(station, State.ERROR, message, code(trouble))
    if message != told and message not in {note.message for note in station.notes}:
        details = {"code": code(trouble), "happened_at": time_text(station.clock.now())}
        station.notes.append(Note("fault", message, details))
    with suppress(StationError):
        record_notes(station)
    with suppress(Exception):
        station.camera.close()
    return message


def sentence(trouble: Exception) -> str:
    """What is wrong, for a person."""
    if isinstance(trouble, MemoryError):
        return NO_MEMORY
    return str(trouble) if isinstance(trouble, StationError) else f"The station has a fault of its own: {trouble!r}"


def rest(station: Station, trouble: Exception, seconds: float, stop: Callable[[], bool]) -> None:
    """Wait before the next try; the line hears of the fault all the while."""
    until = station.clock.monotonic() + seconds
    while station.clock.monotonic() < until and not stop():
        with suppress(StationError):
            station.signal.fault(code(trouble))
        station.clock.sleep(TURN)
    if isinstance(trouble, SignalError):  # else it stays open, so that FAULT stands until the fault is mended
        station.signal.close()
        station.is_line_open = False


def code(trouble: Exception) -> str:
    """One word for the line."""
    return next((word for kind, word in CODES if isinstance(trouble, kind)), "internal")


def _tell(station: Station, state: State, message: str = "", fault: str = "") -> None:
    station.state = state
    station.screen.tell(state, message, station.verification.standing, fault)
