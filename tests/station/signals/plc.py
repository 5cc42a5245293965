"""A controller at the other end of a serial line: a pty, and what it hears and says there."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from select import select

from station.signals.message import Message, decode
from station.simulation import SimulatedClock

PATIENCE = 5.0  # seconds until a test has failed; nothing waits that long in one that passes


def acknowledge(message: Message) -> bytes:
    """What a good controller answers."""
    return Message("ACK", message.number).encode() if message.word in ("PASS", "REJECT") else b""


class Plc:
    """Hears when asked to, or while the station waits (see `Meanwhile`); answers what `answer` makes of a message."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()  # the slave is kept: a port that nobody holds is hung up
        self.port = os.ttyname(self._slave)
        self.answer: Callable[[Message], bytes] = acknowledge
        self._heard: list[str] = []
        self._rest = b""

    def say(self, said: bytes) -> None:
        """Say it, and see it arrive."""
        if said:
            os.write(self._master, said)
            assert select([self._slave], [], [], PATIENCE)[0]

    def listen(self, seconds: float = 0.0) -> None:
        """Take in what arrives within that time, and answer it."""
        if not select([self._master], [], [], seconds)[0]:
            return
        *lines, self._rest = (self._rest + os.read(self._master, 65536)).split(b"\n")
        for line in lines:
            message = decode(line + b"\n")
            assert message, line
            self._heard.append(f"{message.word} {message.number} {message.detail}".rstrip())
            self.say(self.answer(message))

    def hears(self, count: int) -> list[str]:
        """The next so many messages, without their checksum."""
        while len(self._heard) < count:
            before = len(self._heard)
            self.listen(PATIENCE)
            assert len(self._heard) > before, f"heard no more than {self._heard}"
        heard, self._heard = self._heard[:count], self._heard[count:]
        return heard

    def hang_up(self) -> None:
        """The adapter is pulled out."""
        for end in (self._master, self._slave):
            with suppress(OSError):
                os.close(end)


class Meanwhile(SimulatedClock):
    """A clock that lets somebody else act while the station waits, so that no test needs a thread.

    pace  how many times faster it goes than what it is told to wait: a time limit that is met costs little
    """

    def __init__(self, act: Callable[[float], object], pace: float = 1.0) -> None:
        super().__init__()
        self.act, self.pace = act, pace

    def sleep(self, seconds: float) -> None:
        self.act(seconds)
        super().sleep(self.pace * seconds)
