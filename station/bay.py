"""The hardware handed to the technician's wizard while the station runs, and taken back.

    any thread ──begin, do──► a slot, a queue, bounded ──► the loop's thread: halt, lead, take up ──► Shown, one slot

One thread owns camera, line and log, now as ever: it is the loop's that leads the wizard, and nothing is inspected
meanwhile. The line is closed, which reads reject, before anything else happens; the station comes back by itself once
the wizard has ended, was left, was forgotten or has crashed. What is handed in and out can be pickled, and nobody who
asks waits for the loop longer than a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from queue import Empty, Full, Queue
from typing import Protocol

from calibration.controls import Setting
from calibration.profile import Profile
from calibration.wizard import Adjust, Ask, Live
from station.calibrate import Session, note_begun, note_found, note_left
from station.cameras.freshness import FreshCamera
from station.errors import CameraError, StationError
from station.loop import Station, record_notes
from station.recalibrated import Recalibrated
from station.tuning import Offered, Tuning
from station.types import Frame, State

FORGOTTEN = 900.0  # seconds without a look at the page, after which nobody is thought to calibrate any more
EVERY = 0.2  # seconds between two live pictures
AGAIN = 0.5  # seconds between two tries to open the camera
CONTINUE, UNDO, LEAVE, HANDS = "continue", "undo", "leave", "hands"
ACTS = (CONTINUE, UNDO, LEAVE, HANDS)
FOR_PAGES = frozenset({"begin", "do", "look", "camera", "tune"})  # what any thread may call; the rest is the loop's

Stop = Callable[[], bool]


class Hands(Protocol):
    """Of a simulated bench: what a technician's own do at a real one."""

    def do(self, told: Ask) -> None:
        """Do what one instruction asks for. Raises ValueError, a sentence, for what cannot be done here."""

    def leave(self) -> None:
        """Clear the stage: nothing lies there, and no cap is on the lens."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to calibrate; `is_anew`: what was left is not resumed; `has_board`: there is one to lay."""

    by: str
    is_anew: bool = False
    has_board: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be done about the instruction of this number, and by whom."""

    act: str
    number: int
    word: str = ""
    by: str = ""


class Phase(StrEnum):
    """Where the wizard is."""

    NONE = ""  # nobody calibrates
    OPENING = "opening"  # the line is being halted, the camera made ready
    ASKS = "asks"  # an instruction waits
    WORKS = "works"  # pictures are taken


@dataclass(frozen=True, slots=True)
class Shown:
    """The wizard at one moment, whole.

    by        who calibrates
    steps     all, by name; `done`: name and what came of it, of those that are done
    number    of the instruction; what is done about another is nothing
    text      the instruction, in English; `is_complaint`: it was not done right
    wants     what has to be typed
    table     what was asked of the camera against what it made of it
    trouble   what is in the way, a sentence
    found     what became of a calibration that was left in the middle; empty once anything was done
    ended     once it is over: how, in a sentence; `profile` is the number of what came of it, 0 for nothing
    """

    phase: Phase = Phase.NONE
    by: str = ""
    step: str = ""
    steps: tuple[str, ...] = ()
    done: tuple[tuple[str, str], ...] = ()
    number: int = 0
    text: str = ""
    is_complaint: bool = False
    wants: str = ""
    live: Live | None = None
    table: tuple[Setting, ...] = ()
    trouble: str = ""
    has_hands: bool = False
    is_resumed: bool = False
    found: str = ""
    ended: str = ""
    profile: int = 0

    @property
    def is_at_work(self) -> bool:
        """Whether somebody calibrates."""
        return self.phase is not Phase.NONE


class Bay:
    """One for a station: the wizard, and the camera's controls.

    session       a new session of the wizard, on the station's open camera
    recalibrated  what takes up a calibration that is chosen after it was made
    hands         brings those of a simulated bench; None at a real one
    clock         seconds, for what people do
    """

    def __init__(
        self,
        station: Station,
        session: Callable[[Request], Session],
        recalibrated: Callable[[], Recalibrated],
        hands: Callable[[], Hands] | None = None,
        forgotten: float = FORGOTTEN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station, self._session, self._recalibrated, self._come = station, session, recalibrated, hands
        self._hands: Hands | None = None
        self._forgotten, self._clock = forgotten, clock
        self._wanted: Request | None = None
        self._commands: Queue[Command] = Queue(4)
        self._life = clock()
        self._shown = Shown()
        self._turn = threading.Lock()
        self._left: str | None = None  # why, once it is to end
        self._left_by = ""  # who has left it
        self._is_lost = False  # the camera
        self._instruction: Ask | None = None  # that a complaint is about
        self.tuning = Tuning()
        station.before = self.tuning.before

    # for any thread

    def begin(self, by: str, is_anew: bool = False, has_board: bool = True) -> bool:
        """Have the line halted and the wizard begun; False while somebody calibrates already."""
        with self._turn:
            if self._wanted is not None:
                return False
            self._life = self._clock()
            self._shown = Shown(Phase.OPENING, by, number=self._shown.number)
            self._wanted = Request(by, is_anew, has_board)
        return True

    def do(self, act: str, number: int, word: str = "", by: str = "") -> bool:
        """Do something about the instruction of this number; False for what is none, or too much at once."""
        if act not in ACTS or not self._shown.is_at_work:
            return False
        try:
            self._commands.put_nowait(Command(act, number, word, by))
        except Full:
            return False
        return True

    def look(self, is_here: bool = False) -> Shown:
        """How it stands; `is_here`: somebody looks at the wizard's page, which keeps it alive."""
        if is_here:
            self._life = self._clock()
        return self._shown

    def camera(self) -> Offered:
        """What the camera offers, as it stood a moment ago."""
        return self.tuning.look()

    def tune(self, control: str, value: float, by: str) -> str:
        """Have a control of the camera set. Why not, a sentence; empty where it is done, or about to be."""
        if self._shown.is_at_work:
            return "The camera is being calibrated: set it there, or end the calibration first."
        if self._station.state not in (State.READY, State.EXECUTING):
            return "The station is not ready, so the camera is told nothing; see what the screen says."
        return self.tuning.ask(control, value, by)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody wants to calibrate, or does."""
        return self._wanted is not None

    # for the thread of the loop

    def turn(self, station: Station) -> bool:
        """Between two turns of the loop: set what was asked for. Whether the wizard is wanted.

        Raises CameraError, LogError.
        """
        self.tuning.turn(station)
        return self.is_wanted

    def opened(self) -> None:
        """The station has started, and its camera was opened anew."""
        self.tuning.opened()

    def work(self, station: Station, stop: Stop) -> None:
        """Halt the line, lead through the wizard, take up what comes of it. Whatever is raised is a fault.

        The devices are closed when it returns; whoever calls it starts the station anew.
        """
        wanted = self._wanted
        assert wanted is not None
        self._left, self._left_by, ended, profile = None, "", "", 0
        try:
            self._halt(station, wanted)
            ended, profile = self._lead(station, wanted, stop)
        except Exception as trouble:
            ended = f"The calibration broke off: {trouble}"
            raise
        finally:
            self._give_back(station)
            self._shown = Shown(number=self._shown.number + 1, by=wanted.by, ended=ended, profile=profile)
            self._wanted = None

    def _halt(self, station: Station, wanted: Request) -> None:
        """First the line, then the gate, then the record of it."""
        station.passes = False
        with suppress(StationError):
            station.signal.clear()
        station.signal.close()
        station.is_line_open = False
        station.state = State.HALTED
        station.screen.tell(State.HALTED, _halted(wanted.by))
        station.verification.restart(f"The camera was in the hands of {wanted.by}", wanted.by)
        note_begun(station.log, wanted.by)
        record_notes(station)
        station.screen.tell(State.HALTED, _halted(wanted.by), station.verification.standing)

    def _lead(self, station: Station, wanted: Request, stop: Stop) -> tuple[str, int]:
        """From instruction to instruction; how it ended, and the number of what came of it."""
        recalibrated, self._hands = self._recalibrated(), self._come and self._come()
        session = self._opened(station, wanted, stop)
        if session is not None:
            note_found(station.log, wanted.by, session)
            session.saw = lambda frame: self._saw(station, frame, stop)
            self._tell(session)
            with suppress(_Stopped):
                while session.told is not None and not self._is_left(stop):
                    self._follow(station, session)
            if session.profile is not None:
                recalibrated.look(station)
                return _taken_up(station, session.profile)
        return f"{note_left(station.log, self._left_by or wanted.by, session, self._left or '')}.", 0

    def _opened(self, station: Station, wanted: Request, stop: Stop) -> Session | None:
        """The session, once the camera is there; None where nobody waited for it."""
        while not self._is_left(stop):
            try:
                station.camera.close()
                station.camera.open()
                return self._session(wanted)
            except CameraError as trouble:
                self._shown = replace(self._shown, trouble=str(trouble))
            with suppress(Empty):
                command = self._commands.get(timeout=AGAIN)
                if command.act == LEAVE:
                    self._left, self._left_by = "", command.by
        return None

    def _is_left(self, stop: Stop) -> bool:
        if stop():
            self._left = ", when the station was stopped"
        elif self._left is None and self._clock() - self._life > self._forgotten:
            self._left = f", and nobody looked after it for {self._forgotten / 60:.0f} minutes"
        return self._left is not None

    def _follow(self, station: Station, session: Session) -> None:
        """One command or, where there is none, one live picture. A camera that is lost is waited for."""
        command = None
        with suppress(Empty):
            command = self._commands.get(timeout=EVERY)
        try:
            if command is None:
                live = session.live()
                self._shown = replace(self._shown, live=live)
            elif command.act == LEAVE:
                self._left, self._left_by = "", command.by
            elif command.number == self._shown.number:
                self._obey(session, command)
        except CameraError as trouble:
            self._lost(station, session, str(trouble))

    def _lost(self, station: Station, session: Session, trouble: str) -> None:
        """The camera gives nothing: it is closed and opened again, for as long as somebody waits for it."""
        station.camera.close()
        try:
            station.camera.open()
        except CameraError as still:
            trouble = str(still)
        if session.begin_again() or self._shown.phase is Phase.WORKS:
            self._tell(session, trouble)
        self._shown, self._is_lost = replace(self._shown, trouble=trouble, live=None), True

    def _obey(self, session: Session, command: Command) -> None:
        told, trouble = session.told, ""
        assert told is not None
        self._shown = replace(self._shown, phase=Phase.WORKS, trouble="")
        if command.act == UNDO:
            session.undo()
        elif command.act == CONTINUE:
            session.answer(command.word if told.wants else "")
        elif self._hands is not None:
            trouble = self._handle(self._hands, told)
        self._tell(session, trouble)

    def _handle(self, hands: Hands, told: Ask) -> str:
        """Do what is asked for, and anew what there is a complaint about; why that cannot be, a sentence."""
        try:
            hands.do(told)
        except ValueError as cannot:
            if self._instruction is None or self._instruction is told:
                return str(cannot)
            hands.do(self._instruction)
        return ""

    def _saw(self, station: Station, frame: Frame, stop: Stop) -> None:
        """Every frame of the wizard is shown, and is a sign of life of the loop."""
        station.screen.watch(frame)
        if self._is_lost:
            self._shown, self._is_lost = replace(self._shown, trouble=""), False
        if stop():
            self._left = ", when the station was stopped"
            raise _Stopped

    def _tell(self, session: Session, trouble: str = "") -> None:
        """Show where the session is now, under a new number."""
        wizard, told = session.wizard, session.told
        if not isinstance(told, Adjust):
            self._instruction = told
        self._shown = Shown(
            phase=Phase.ASKS if told else Phase.WORKS,
            by=self._shown.by,
            step=wizard.step,
            steps=wizard.steps,
            done=tuple((each.step, each.said) for each in wizard.done),
            number=self._shown.number + 1,
            text=told.text if told else "",
            is_complaint=isinstance(told, Adjust),
            wants=told.wants if told else "",
            table=tuple(session.settings.values()),
            trouble=trouble,
            has_hands=self._hands is not None,
            is_resumed=session.is_resumed,
            found=session.found,
        )

    def _give_back(self, station: Station) -> None:
        """As if nobody had been there: the camera closed, its pictures checked as ever, nothing left to be done."""
        if isinstance(station.camera, FreshCamera):
            station.camera.may_repeat = False
        with suppress(Exception):
            station.camera.close()
        if self._hands is not None:
            self._hands.leave()
            self._hands = None
        with suppress(Empty):
            while True:
                self._commands.get_nowait()
        self.tuning.forget()


class _Stopped(Exception):  # noqa: N818 - no error
    """The station is to stop, in the middle of a step."""


def _taken_up(station: Station, signed: Profile) -> tuple[str, int]:
    """What came of a signed calibration, and its number; 0 where the station refused it and keeps the former."""
    used = station.model.profile
    if used is not None and used.name == signed.name:
        return f"Calibration {signed.number:04d} is signed.", signed.number
    return f"Calibration {signed.number:04d} is signed, but not in use. {station.screen.view.notice}".rstrip(), 0


def _halted(by: str) -> str:
    return f"The station is being calibrated by {by}. Nothing is inspected until that is done."
