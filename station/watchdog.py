"""What the loop tells systemd: that it is up, that it is alive, how it stands. Outside systemd it tells nobody.

The loop itself speaks, between two turns, so that a camera, disk or line that does not return is silence: systemd then
ends the process (WatchdogSec in deploy/systemd/station.service) and starts it anew. It never waits for systemd.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress

from station.screen import View, word

EVERY = 1.0  # seconds between two words, at the most; a turn of the loop is a thirtieth of that


class Systemd:
    """A service of Type=notify, as sd_notify(3) has it: one datagram a message, to the socket that systemd names."""

    def __init__(self, told: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        """`told` is the environment that systemd gave; without NOTIFY_SOCKET nothing is ever said."""
        self._clock = clock
        self._next = float("-inf")
        self._said = ""
        name = told.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name

    @classmethod
    def here(cls, environment: MutableMapping[str, str] = os.environ) -> Systemd:
        """Of this process; its children are told nothing."""
        return cls({"NOTIFY_SOCKET": environment.pop("NOTIFY_SOCKET", "")})

    def alive(self, view: View) -> None:
        """The loop is alive, and stands so; at the first time, that it is up."""
        standing = " ".join(f"{word(view)}. {view.message}".split())
        if self._clock() < self._next and standing == self._said:
            return
        up = "" if self._said else "READY=1\n"
        self._next, self._said = self._clock() + EVERY, standing
        self._tell(f"{up}WATCHDOG=1\nSTATUS={standing}")

    def stopping(self) -> None:
        """The loop is about to end, as it was told."""
        self._tell("STOPPING=1\nSTATUS=Stopped.")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
            to.sendto(message.encode(), self._address)  # should systemd be busy, the next word comes within a second
