"""The process of the pages: `python -m station.web NUMBER`, where NUMBER is that of a socket to the loop's process.

It lives as long as that does, and is less urgent.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from station import journal
from station.accounts import Accounts
from station.errors import DeviceError
from station.web.calls import Calls
from station.web.spoken import Alive, Answer, Asked, Hello, Trouble, Up
from station.web.watched import Mirror, Told
from station.web.wire import Wire

log = logging.getLogger("station.web")

NICE = 5
OOM = "500"
TICK = 0.1  # seconds between two looks at who is at work
BEAT = 1.0  # seconds between two signs of life, at the most


def main(number: int) -> None:
    """Serve until the loop's process says no more."""
    for each in (signal.SIGINT, signal.SIGTERM):  # of the terminal or of systemd: the loop's process knows what to do
        signal.signal(each, lambda *_: None)  # not ignored: exports would inherit that, and could not be interrupted
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):  # where memory is short, the pages go and not the line
        Path("/proc/self/oom_score_adj").write_text(OOM)
    wire = Wire(socket.socket(fileno=number))
    try:
        serve(wire, wire.receive())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as trouble:
        if not isinstance(trouble, DeviceError):
            log.exception("the pages")
        with suppress(OSError):
            wire.send(Trouble(str(trouble) or repr(trouble), isinstance(trouble, DeviceError)))


def serve(wire: Wire, hello: Hello) -> None:
    """The pages, on what is heard over the wire."""
    from station.web.app import pages
    from station.web.server import serving

    wanted = hello.wanted
    if wanted.keeps_journal:
        journal.keep()
    mirror, calls = Mirror(hello.first, lambda source: wire.send(Asked(source.value))), Calls(wire.send)
    over, ended = threading.Event(), threading.Event()
    threading.Thread(target=hear, args=(wire, mirror, calls, over), name="hear", daemon=True).start()
    handed = {name: calls.remote(name, methods) for name, methods in hello.handed.items()}
    process = Path(f"/proc/{os.getppid()}")
    with (
        pages(mirror, Accounts(wanted.data), wanted.visitor, names=wanted.names, process=process, **handed) as app,
        serving(app, wanted.port, wanted.host, ended) as address,
    ):
        wire.send(Up(address))
        said, said_at = "", float("-inf")
        while not over.wait(TICK) and not ended.is_set():
            at_work, now = app.state.sessions.at_work(), time.monotonic()
            if at_work != said or now - said_at >= BEAT:
                wire.send(Alive(at_work))
                said, said_at = at_work, now


def hear(wire: Wire, mirror: Mirror, calls: Calls, over: threading.Event) -> None:
    """In a thread: what the loop's process says."""
    try:
        with suppress(EOFError, OSError):
            while True:
                match wire.receive():
                    case Told() as now:
                        mirror.take(now)
                    case Answer() as answer:
                        calls.take(answer)
    finally:  # a mirror that is told nothing any more must not be looked into
        over.set()


if __name__ == "__main__":
    main(int(sys.argv[1]))
