"""The far end of a serial line, over a real pty."""

from __future__ import annotations

import contextlib
import os
import threading
import tty

from station.signals.message import Incoming, Message


class Plc:
    """The far end of the wire: acknowledges every verdict, and keeps the numbers of those that said PASS."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.heard: list[Message] = []
        self.passed: set[int] = set()
        self.heard_verdict, self.heard_pass = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        incoming = Incoming()
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 4096):
                for message in incoming.take(piece):
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        self.heard.append(message)
        if message.word in ("PASS", "REJECT"):
            if message.word == "PASS":
                self.passed.add(message.number)
                self.heard_pass.set()
            os.write(self._master, Message("ACK", message.number).encode())
            self.heard_verdict.set()

    def close(self) -> None:
        os.close(self._slave)
        os.close(self._master)
