"""Calls from the pages' process to what the loop's process has handed them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from station.errors import DeviceError
from station.web.spoken import Answer, Call

PATIENCE = 5.0  # seconds for an answer
SILENT = "The station does not answer; try again."


class Calls:
    """Those that wait for their answers. Any thread may call."""

    def __init__(self, send: Callable[[Call], None]) -> None:
        self._send = send
        self._numbers = itertools.count()
        self._turn = threading.Lock()
        self._waiting: dict[int, Future[Any]] = {}

    def call(self, name: str, method: str, *arguments: Any) -> Any:
        """What the method returns. Raises DeviceError when it fails, or nobody answers."""
        waiting: Future[Any] = Future()
        with self._turn:
            number = next(self._numbers)
            self._waiting[number] = waiting
        try:
            self._say(Call(number, name, method, arguments))
            return waiting.result(PATIENCE)
        except TimeoutError as trouble:
            raise DeviceError(SILENT) from trouble
        finally:
            self._waiting.pop(number, None)

    def _say(self, call: Call) -> None:
        try:
            self._send(call)
        except OSError as trouble:
            raise DeviceError(SILENT) from trouble

    def take(self, answer: Answer) -> None:
        """An answer has come; of what nobody waits for any more it is dropped."""
        waiting = self._waiting.get(answer.number)
        if waiting is None:
            return
        with suppress(Exception):
            if answer.trouble:
                waiting.set_exception(DeviceError(answer.trouble))
            else:
                waiting.set_result(answer.result)

    def remote(self, name: str, methods: frozenset[str]) -> Any:
        """What was handed under this name: each of these methods is a call."""
        return Remote(self, name, methods)


class Remote:
    """An object of the other process."""

    def __init__(self, calls: Calls, name: str, methods: frozenset[str]) -> None:
        self._calls, self._name, self._methods = calls, name, methods

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in self._methods:
            raise AttributeError(f"{self._name} has no {method} for the pages")
        return lambda *arguments: self._calls.call(self._name, method, *arguments)
