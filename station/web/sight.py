"""What the newest frame of a station shows, made in the pages' own process: the loop feels nothing of it."""

from __future__ import annotations

import threading
from contextlib import suppress

from calibration.profile import Region
from station.types import Frame
from station.web.health import OLD
from station.web.viewing import Figures, figures, small
from station.web.watched import Watched


class Sight:
    """Pictures and figures for whoever sets the camera. Any thread may ask; an old frame is none."""

    def __init__(self, station: Watched) -> None:
        self._station = station
        self._turn = threading.Lock()
        self._encoded: dict[bool, tuple[Frame, bytes]] = {}

    def picture(self, is_zoomed: bool = False) -> bytes:
        """A small JPEG, or the middle of the region magnified; empty where there is no frame. Encoded once for all."""
        frame = self._newest()
        if frame is None:
            return b""
        with self._turn:
            known = self._encoded.get(is_zoomed)
            if known is None or known[0] is not frame:
                known = self._encoded[is_zoomed] = frame, small(frame, self._region, is_zoomed)
            return known[1]

    def snapshot(self) -> bytes:
        """As the camera gave it, JPEG; empty where there is none."""
        frame = self._newest()
        with suppress(ValueError):
            return frame.jpeg() if frame else b""
        return b""

    def figures(self) -> Figures | None:
        """What it tells of exposure and focus."""
        frame = self._newest()
        with suppress(ValueError):
            return figures(frame, self._region) if frame else None
        return None

    @property
    def _region(self) -> Region | None:
        profile = self._station.model.profile
        return profile.region if profile else None

    def _newest(self) -> Frame | None:
        frame = self._station.screen.view.frame
        is_live = frame is not None and self._station.clock.monotonic() - frame.monotonic <= OLD
        return frame if is_live else None
