"""The line told by serial port. What each message means is written in deploy/README.md, section "Serial"."""

from __future__ import annotations

import errno
import math
from contextlib import suppress

from serial import Serial, serial_for_url

from station.errors import SignalError
from station.signals import word_of
from station.signals.message import Incoming, Message
from station.types import Clock, Inspection, TriggerSource

PIECE = 4096  # bytes taken in at once: as many as the kernel keeps for a port
GLANCE = 0.001  # seconds between two looks for an acknowledgement


class SerialLine:
    """A PLC at the end of a serial port.

    url          a device (/dev/serial/by-id/…), or any URL that pyserial knows
    baud         bits a second; 8 data bits, no parity, 1 stop bit
    ack_limit    seconds that the line has to acknowledge a verdict, and to take in what is written
    beat_period  seconds between two READY, or two FAULT
    """

    def __init__(
        self, url: str, baud: int = 115200, ack_limit: float = 0.5, beat_period: float = 1.0, *, clock: Clock
    ) -> None:
        self._url, self._baud = url, baud
        self._ack_limit, self._beat_period = ack_limit, beat_period
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        self._port: Serial | None = None
        self._count = 0  # of messages that are about no record
        self._beaten = self._faulted = -math.inf
        self._code = ""
        self._incoming, self._acknowledged, self._asked = Incoming(), 0, False

    def open(self) -> None:
        self.close()
        self._port = _open(self._url, self._baud, self._ack_limit)
        self._say("CLEAR")

    def close(self) -> None:
        port, goodbye = self._port, self._counted("CLEAR")
        self._forget()
        if port is None:
            return
        try:
            port.write(goodbye.encode())
        except Exception:  # nobody reads; then nobody shall find an old PASS in there later
            with suppress(Exception):
                port.reset_output_buffer()
        with suppress(Exception):
            port.close()

    def beat(self, now: float) -> None:
        if now - self._beaten >= self._beat_period:
            self._say("READY")
            self._beaten = now

    def busy(self) -> None:
        self._say("BUSY")

    def send(self, inspection: Inspection) -> None:
        try:
            self._forget_answers()
            self._write(Message(word_of(inspection), inspection.sequence, inspection.reason.value))
            self._await_acknowledgement(inspection.sequence)
        except BaseException:
            with suppress(SignalError):
                self._say("CLEAR")
            raise

    def clear(self) -> None:
        self._say("CLEAR")

    def fault(self, code: str) -> None:
        """Say a new fault at once, the same again once a period. `code` is one word of a-z, 0-9 and _."""
        now = self._clock.monotonic()
        if code != self._code or now - self._faulted >= self._beat_period:
            self._say("FAULT", code)
            self._code, self._faulted = code, now

    def triggered(self) -> TriggerSource | None:
        self._listen()
        asked, self._asked = self._asked, False
        return TriggerSource.SERIAL if asked else None

    def _say(self, word: str, detail: str = "") -> None:
        self._write(self._counted(word, detail))

    def _counted(self, word: str, detail: str = "") -> Message:
        self._count += 1
        return Message(word, self._count, detail)

    def _write(self, message: Message) -> None:
        port = self._opened()
        self._code = ""  # whatever is said ends a fault, so that the next is told at once, also the same
        try:
            port.write(message.encode())
        except Exception as trouble:  # each of pyserial's URLs has errors of its own
            raise SignalError(
                f"{self._url} takes in nothing ({trouble}): look at the cable, and whether the controller reads."
            ) from trouble

    def _listen(self) -> None:
        """Take in a piece of what has arrived; never waits."""
        port = self._opened()
        try:
            piece = port.read(PIECE)
        except Exception as trouble:
            raise SignalError(f"{self._url} is gone ({trouble}): plug it in again.") from trouble
        for message in self._incoming.take(piece):
            if message.word == "ACK":
                self._acknowledged = message.number
            elif message.word == "TRIGGER":
                self._asked = True

    def _forget_answers(self) -> None:
        """What was said before a verdict is no answer to it; a trigger is not lost."""
        self._listen()
        with suppress(Exception):  # a port that is gone is found out by writing
            self._opened().reset_input_buffer()
        self._incoming, self._acknowledged = Incoming(), 0

    def _await_acknowledgement(self, number: int) -> None:
        until = self._clock.monotonic() + self._ack_limit
        while self._clock.monotonic() < until:
            self._listen()
            if self._acknowledged == number:
                return
            self._clock.sleep(GLANCE)
        raise SignalError(
            f"The line did not acknowledge record {number} within {self._ack_limit} s: "
            f"look at the controller and at the cable of {self._url}."
        )

    def _opened(self) -> Serial:
        if self._port is None:
            raise SignalError(f"{self._url} is not open: open it first.")
        return self._port


def _open(url: str, baud: int, write_timeout: float) -> Serial:
    """Take the port for ourselves. Without a time limit, writing to one whose other end does not read never returns."""
    try:
        port = serial_for_url(
            url, baudrate=baud, timeout=0, write_timeout=write_timeout, exclusive=True, do_not_open=True
        )
        port.open()
    except Exception as trouble:
        raise SignalError(_mend(url, trouble)) from trouble
    return port


def _mend(url: str, trouble: Exception) -> str:
    match getattr(trouble, "errno", None):
        case errno.EAGAIN | errno.EBUSY:
            return f"Another program holds {url}: `fuser {url}` tells which; stop it."
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return f"There is no {url}: plug it in, or give the port that `ls /dev/serial/by-id` shows."
        case errno.EACCES | errno.EPERM:
            return f"{url} may not be opened: `sudo usermod -aG dialout $USER`, and log in again."
    return f"{url} cannot be opened ({trouble}): look at `port` and `baud` in station.toml."
