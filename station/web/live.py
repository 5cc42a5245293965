"""From the loop to the pages: the newest board and the newest picture, one slot each, for as many as look.

    loop ──► queue of the screen, bounded ──► a thread: fold, write the page once ──► slot ──► every client, when it can

Who is slow gets the newest when it is ready and never the ones between. Nothing here is waited for by the loop.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from queue import Empty, Queue

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.profile import Region
from station.screen import Screen, View
from station.types import Frame
from station.web.operator import Board, onward

BEAT = 2.0  # seconds between two signs of life; a page that misses three says that it has lost the station
DEPTH = 1000  # views that may wait to be folded; the thread takes each in a millisecond
STREAMS = 64
PICTURES = 4.0  # a second, at the most


class Live:
    """The board as it is now, and whoever waits for the next. `write` makes the page's part out of it."""

    def __init__(self, screen: Screen, board: Board, write: Callable[[Board], str]) -> None:
        self._feed: Queue[View] = screen.follow(DEPTH)
        self._write = write
        self.board = onward(board, screen.view)
        self._page = (0, self._write(self.board))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._closed = False
        self.streams = 0
        self._thread = threading.Thread(target=self._fold, name="board", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._thread.join()
        self._wake_all()

    async def stream(self, is_welcome: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        """Server-sent events: `board` with every change, `beat` meanwhile, until the client is not welcome any more."""
        self._loop = asyncio.get_running_loop()
        self.streams += 1
        seen, asked = -1, time.monotonic()
        try:
            while not self._closed:
                changed, (number, page) = self._changed, self._page
                if time.monotonic() - asked >= BEAT:
                    if not await is_welcome():
                        return
                    asked = time.monotonic()
                    yield "event: beat\ndata:\n\n"
                if number != seen:
                    seen = number
                    yield f"event: board\ndata: {json.dumps(page)}\n\n"
                else:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), BEAT)
        finally:
            self.streams -= 1

    def _fold(self) -> None:
        while not self._closed:
            with suppress(Empty):
                self.board = onward(self.board, self._feed.get(timeout=0.2))
                self._page = (self._page[0] + 1, self._write(self.board))
                self._wake_all()

    def _wake_all(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Picture:
    """The newest frame as a small JPEG with the region drawn in; encoded once for all, and a few times a second."""

    def __init__(self, screen: Screen, region: Region | None) -> None:
        self._screen, self._region = screen, region
        self._turn = threading.Lock()
        self._taken, self._encoded = float("-inf"), b""

    def jpeg(self) -> bytes:
        """Empty where there is no picture to show. For any thread but the loop's."""
        with self._turn:
            if time.monotonic() - self._taken >= 1 / PICTURES:
                frame = self._screen.view.frame
                self._encoded = b"" if frame is None else self._drawn(frame)
                self._taken = time.monotonic()
            return self._encoded

    def _drawn(self, frame: Frame) -> bytes:
        try:
            pixels = _half(frame)
        except cv2.error:
            return b""
        if pixels is None:  # a torn picture: the loop says what is wrong with it
            return b""
        if self._region is not None:
            region = self._region
            corners = region.x, region.y, region.x + region.width, region.y + region.height
            left, top, right, bottom = (corner // 2 for corner in corners)
            cv2.rectangle(pixels, (left, top), (right, bottom), (255, 255, 255), 2)
        return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _half(frame: Frame) -> NDArray[np.uint8] | None:
    """The frame at half its size, of its own; a JPEG is decoded at that size, which costs less."""
    if frame.encoded is not None:
        half = cv2.imdecode(np.frombuffer(frame.encoded, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
        return None if half is None else np.asarray(half, np.uint8)
    assert frame.pixels is not None
    half = cv2.resize(frame.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)
