"""From the loop to the pages: the newest board and the newest picture, one slot each, for as many as look.

    loop ──► queue of the screen, bounded ──► a thread: fold, write the page once ──► slot ──► every client, when it can

Who is slow gets the newest when it is ready and never the ones between. Nothing here is waited for by the loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocess import prepare
from station.errors import DeviceError, LogError
from station.log import queries
from station.model import Model
from station.screen import Screen, View
from station.types import Clock, Frame, NotAPicture
from station.web.health import OLD
from station.web.operator import KEPT, Around, Board, onward, surrounded
from station.web.records import Pictures

log = logging.getLogger(__name__)

BEAT = 2.0  # seconds between two signs of life; a page that misses three says that it has lost the station
TICK = 0.2  # seconds between two looks at what is true besides
DEPTH = 1000  # views that may wait to be folded; the thread takes each in a millisecond
STREAMS = 64
PICTURES = 4.0  # a second, at the most


Page = Mapping[str, str]  # language → a part of a page


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page, and the event that tells of it, written once for all who look; `number` rises."""

    number: int
    page: Page
    events: Page

    @classmethod
    def of(cls, name: str, number: int, page: Page) -> Part:
        """Of this name."""
        told = {each: f"event: {name}\ndata: {json.dumps(html)}\n\n" for each, html in page.items()}
        return cls(number, page, told)


class Live:
    """The board as it is now, and whoever waits for the next.

    write   makes the page's part out of it, in every language
    around  what is true besides; looked at a few times a second
    shots   keeps the pictures of the placements
    beside  another part of the page, where there is one, made anew as often
    """

    def __init__(
        self,
        screen: Screen,
        board: Board,
        write: Callable[[Board], Page],
        around: Callable[[], Around],
        shots: Shots,
        beside: Callable[[], Page] | None = None,
    ) -> None:
        self._screen, self._feed = screen, screen.follow(DEPTH)
        self._write, self._around, self._shots, self._beside = write, around, shots, beside
        self._view = screen.view
        self.board = onward(surrounded(board, around()), self._view)
        self._parts: dict[str, Part] = {"board": Part.of("board", 0, self._write(self.board))}
        if beside is not None:
            self._parts["bench"] = Part.of("bench", 0, beside())
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
        self._screen.leave(self._feed)
        self._wake_all()

    def beside(self, language: str) -> str:
        """The other part of the page; empty where there is none."""
        return self._parts["bench"].page[language] if "bench" in self._parts else ""

    async def stream(self, is_welcome: Callable[[], Awaitable[bool]], language: str) -> AsyncIterator[str]:
        """Server-sent events: `board` with every change, `beat` meanwhile, until the client is not welcome any more."""
        self._loop = asyncio.get_running_loop()
        self.streams += 1
        seen: dict[str, int] = {}
        asked = time.monotonic()
        try:
            while not self._closed:
                changed, parts = self._changed, dict(self._parts)
                if time.monotonic() - asked >= BEAT:
                    if not await is_welcome():
                        return
                    asked = time.monotonic()
                    yield "event: beat\ndata:\n\n"
                news = {name: part for name, part in parts.items() if seen.get(name) != part.number}
                for name, part in news.items():
                    seen[name] = part.number
                    yield part.events[language]
                if not news:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), BEAT)
        finally:
            self.streams -= 1

    def _fold(self) -> None:
        while not self._closed:
            try:
                self._turn()
            except DeviceError as silent:  # the loop's process; whoever serves the pages sees to it
                log.debug("%s", silent)
            except Exception:  # a page that cannot be written must not be the last that is
                log.exception("the board could not be folded")

    def _turn(self) -> None:
        with suppress(Empty):
            self._view = self._feed.get(timeout=TICK)
            self._shots.keep(self._view)
        board = onward(surrounded(self.board, self._around()), self._view)
        if board != self.board:
            self.board = board
            self._put("board", self._write(board))
        if self._beside is not None and (page := self._beside()) != self._parts["bench"].page:
            self._put("bench", page)

    def _put(self, name: str, page: Page) -> None:
        self._parts[name] = Part.of(name, self._parts[name].number + 1, page)
        self._wake_all()

    def _wake_all(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Picture:
    """The newest frame as a small JPEG with the region drawn in; encoded once for all, and a few times a second.

    An old frame is none: nobody may take for the stage what was there before the camera went.
    """

    def __init__(self, screen: Screen, clock: Clock, model: Callable[[], Model]) -> None:
        self._screen, self._clock, self._model = screen, clock, model
        self._turn = threading.Lock()
        self._taken, self._encoded = float("-inf"), b""

    def jpeg(self) -> bytes:
        """Empty where there is no picture to show. For any thread but the loop's."""
        with self._turn:
            if time.monotonic() - self._taken >= 1 / PICTURES:
                frame = self._screen.view.frame
                is_old = frame is not None and self._clock.monotonic() - frame.monotonic > OLD
                self._encoded = b"" if frame is None or is_old else self._drawn(frame)
                self._taken = time.monotonic()
            return self._encoded

    def _drawn(self, frame: Frame) -> bytes:
        try:
            pixels = _half(frame)
        except cv2.error:
            return b""
        if pixels is None:  # a torn picture: the loop says what is wrong with it
            return b""
        if (profile := self._model().profile) is not None:
            region = profile.region
            corners = region.x, region.y, region.x + region.width, region.y + region.height
            left, top, right, bottom = (corner // 2 for corner in corners)
            cv2.rectangle(pixels, (left, top), (right, bottom), (255, 255, 255), 2)
        return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


class Shots:
    """The patches of the last placements as small JPEGs, each made when it is first asked for.

    What was placed before these pages were served was never seen here, and is taken from the archive.

    model  the one that judges at this moment
    data   the data folder
    """

    def __init__(self, model: Callable[[], Model], data: Path) -> None:
        self._model, self._data = model, data
        self._turn = threading.Lock()
        self._kept: OrderedDict[str, tuple[Frame, Model]] = OrderedDict()
        self._encoded: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, view: View) -> None:
        """Remember the frame of a placement that is new."""
        inspection = view.inspection
        if not view.is_there or inspection is None or view.frame is None or inspection.inspection_id in self._kept:
            return
        with self._turn:
            self._kept[inspection.inspection_id] = (view.frame, self._model())
            while len(self._kept) > KEPT + 1:
                self._encoded.pop(self._kept.popitem(last=False)[0], None)

    def jpeg(self, inspection_id: str) -> bytes:
        """What was judged; empty where it is kept no more, or was no picture. For any thread but the loop's."""
        with self._turn:
            if inspection_id not in self._encoded and inspection_id in self._kept:
                self._encoded[inspection_id] = _patch(*self._kept[inspection_id])
            found = self._encoded.get(inspection_id)
        return _archived(self._data, inspection_id) if found is None else found


def _patch(frame: Frame, model: Model) -> bytes:
    """The patch of a frame, as the loop has cut it."""
    try:
        gray = frame.gray()
    except NotAPicture:
        return b""
    stage = model.profile.region.crop(gray) if model.profile else gray
    patch = prepare(stage, model.preparation).pixels
    return _jpeg(patch)


def _jpeg(patch: NDArray[Any]) -> bytes:
    return cv2.imencode(".jpg", patch, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _archived(data: Path, inspection_id: str) -> bytes:
    """The patch as the log has it; empty where it cannot be had at this moment."""
    with suppress(LogError, OSError, sqlite3.Error), queries.reading(data) as rows:
        row = queries.show(rows, inspection_id)
        is_it = row is not None and row["inspection_id"] == inspection_id  # a number would find one too
        content = Pictures(data).read(row, "image") if row is not None and is_it else None
        if content is not None:
            return _jpeg(np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)))
    return b""


def _half(frame: Frame) -> NDArray[np.uint8] | None:
    """The frame at half its size, of its own; a JPEG is decoded at that size, which costs less."""
    if frame.encoded is not None:
        half = cv2.imdecode(np.frombuffer(frame.encoded, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
        return None if half is None else np.asarray(half, np.uint8)
    assert frame.pixels is not None
    half = cv2.resize(frame.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)
