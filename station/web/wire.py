"""Values between the loop's process and that of its pages, over a socket that nobody else has.

What is large (pictures, arrays) travels beside the pickle, uncopied; writing it leaves Python's lock to the others.

The pages face the network and the loop's process owns the line: its end takes nothing but what the pages have to say.
A pickle that names any other class, whose making might do something, is refused before anything is made of it.
"""

from __future__ import annotations

import io
import os
import pickle
import socket
import threading
from collections.abc import Collection
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

COUNT = 4  # bytes of the number of buffers that follow
MOST = 1 << 20  # bytes of one value, where only some are taken


class Narrow(pickle.Unpickler):
    """Makes plain values, and values of these classes, and refuses every other."""

    def __init__(self, pickled: bytes, takes: Collection[type]) -> None:
        super().__init__(io.BytesIO(pickled))
        self._takes = {(each.__module__, each.__qualname__): each for each in takes}

    def find_class(self, module: str, name: str) -> type:
        """Raises UnpicklingError for a class that is none of these."""
        found = self._takes.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} does not go over this wire")
        return found


class Wire:
    """One end. Any thread may send; one receives.

    takes  the only classes whose values this end takes, none of them large; None: whatever comes
    """

    def __init__(self, end: socket.socket, takes: Collection[type] | None = None) -> None:
        self._socket, self._takes = end, takes
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
        """The next value; waits for it. Raises EOFError or OSError once there is no other end.

        Where only some values are taken: OSError for one that is too large, UnpicklingError or whatever the reading of
        spoilt bytes raises for one that is another.
        """
        if self._takes is not None:
            return Narrow(self._connection.recv_bytes(MOST)[COUNT:], self._takes).load()
        first = self._connection.recv_bytes()
        beside = [self._connection.recv_bytes() for _ in range(int.from_bytes(first[:COUNT]))]
        return pickle.loads(memoryview(first)[COUNT:], buffers=beside)  # noqa: S301 - the loop's process wrote it

    def end(self) -> None:
        """Whoever sends or receives at either end has to leave off."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Once nobody sends or receives any more."""
        self._connection.close()
        self._socket.close()
