"""Pages that somebody has taken over: they say what no page says. `python -m`, as the pages are begun."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import Any

from station.web.spoken import Alive, Up
from station.web.wire import Wire


class Doing:
    """A value whose reading does something: calls what it is told to."""

    def __init__(self, does: Any, *arguments: Any) -> None:
        self.does, self.arguments = does, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.does, self.arguments


if __name__ == "__main__":
    wire = Wire(socket.socket(fileno=int(sys.argv[1])))
    data = wire.receive().wanted.data
    wire.send(Up("http://taken.over/"))
    wire.send(Alive("Mallory"))
    wire.send(Doing(os.system, f"touch {data / 'ran'}"))
    time.sleep(600)
