"""Values between the loop's process and that of its pages, over a socket that nobody else has.

What is large (pictures, arrays) travels beside the pickle, uncopied; writing it leaves Python's lock to the others.
"""

from __future__ import annotations

import os
import pickle
import socket
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

COUNT = 4  # bytes of the number of buffers that follow


class Wire:
    """One end. Any thread may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._connection = Connection(os.dup(end.fileno()))
        self._turn = threading.Lock()

    def send(self, value: object) -> None:
        """Send it whole; waits while the other end does not read. Raises OSError once there is no other end."""
        beside: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=beside.append)
        with self._turn:
            self._connection.send_bytes(len(beside).to_bytes(COUNT) + head)
            for buffer in beside:
                self._connection.send_bytes(buffer.raw())

    def receive(self) -> Any:
        """The next value; waits for it. Raises EOFError or OSError once there is no other end."""
        first = self._connection.recv_bytes()
        beside = [self._connection.recv_bytes() for _ in range(int.from_bytes(first[:COUNT]))]
        return pickle.loads(memoryview(first)[COUNT:], buffers=beside)  # noqa: S301 - our own process wrote it

    def end(self) -> None:
        """Whoever sends or receives at either end has to leave off."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Once nobody sends or receives any more."""
        self._connection.close()
        self._socket.close()
