"""The web server, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from station.errors import DeviceError

LOOPBACK = "127.0.0.1"
CONNECTIONS = 200
FAREWELL = 2  # seconds that open requests may take when the station stops


@contextmanager
def serving(app: FastAPI, port: int, host: str = LOOPBACK, ended: threading.Event | None = None) -> Iterator[str]:
    """Serve on this port, 0 for any that is free; yields the address. `ended` is set when the server is no more.

    Raises DeviceError for a port that cannot be had.
    """
    listener = _listen(port, host)
    address = f"http://{host}:{listener.getsockname()[1]}/"
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=FAREWELL,
        )
    )

    def work() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            if ended is not None:
                ended.set()

    thread = threading.Thread(target=work, name="web", daemon=True)
    thread.start()
    try:
        yield address  # who calls before the thread has come to its work waits in the queue of the socket
    finally:
        server.should_exit = True
        thread.join(2.0 * FAREWELL)
        listener.close()


def _listen(port: int, host: str) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=64)
        # asyncio sets it on sockets of its own alone; without it an answer waits 40 ms for an acknowledgement
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as trouble:
        raise DeviceError(
            f"Port {port} of {host} cannot be had ({trouble}); name another by --port, or as [web] port."
        ) from trouble
