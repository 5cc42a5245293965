"""Looks at every empty stage between two parts, and holds it against the calibration's: light, evenness, focus, place.

Within tolerance nothing comes of it, near it a page warns the technician, beyond it the station is no longer verified.
Whatever is beyond is measured again on two further pictures before it is believed: a shadow goes by.
"""

from __future__ import annotations

import logging
import math

from calibration.ground import Reading, State, Tolerances, measured, readings
from station.loop import Station, keep_notes
from station.trend import Trend
from station.types import Frame, Note
from station.watch import FAILED

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds between two measurements of a stage that stays empty
WARNED, WARNED_OVER = "drift_warning", "drift_warning_over"  # kinds of events, for the technician
MEND = "Then run `station calibrate`."


class StageWatch:
    """Called between two placements; measures once each empty stage, or every minute of it.

    trend  where the values of each day are kept; None: nowhere
    """

    def __init__(self, tolerances: Tolerances, trend: Trend | None = None) -> None:
        self._tolerances, self._trend = tolerances, trend
        self._first: Frame | None = None
        self._for: tuple[object, ...] = ()
        self._due = 0.0
        self._doubted = False
        self._warned: set[str] = set()
        self._off = ""  # the measure that turned it off last

    def look(self, station: Station) -> None:
        """Measure, where it is due. Raises LogError where what was found cannot be recorded."""
        frame, profile = station.screen.view.frame, station.model.profile
        if frame is None or profile is None or profile.ground is None:
            return
        now = station.clock.monotonic()
        about = (id(station.screen.view.inspection), station.verification.name, profile.name)
        if about == self._for and now < self._due:
            return
        first, self._first = self._first, frame
        # two pictures of one empty stage, one after the other
        if first is None or first is frame or frame.monotonic - first.monotonic > 1.0:
            return
        try:
            found = self._measure(first, frame, station)
        except Exception:
            log.exception("the empty stage could not be measured")
            self._turn_off(station, FAILED, {"measure": "failed"})
            found = []
        self._first = None
        beyond = [reading for reading in found if reading.state is State.BEYOND]
        if beyond and not self._doubted:
            self._doubted = True
            return
        self._for, self._due, self._doubted = about, now + EVERY, False
        self._tell(station, found, beyond)

    def _measure(self, first: Frame, second: Frame, station: Station) -> list[Reading]:
        profile = station.model.profile
        assert profile is not None
        assert profile.ground is not None
        one, other = (profile.corrected(profile.region.crop(frame.gray())) for frame in (first, second))
        return readings(measured(one, other, profile.ground, profile.figures), self._tolerances)

    def _tell(self, station: Station, found: list[Reading], beyond: list[Reading]) -> None:
        profile = station.model.profile
        if self._trend and profile:
            day = station.clock.now().date().isoformat()
            known = [reading for reading in found if not math.isnan(reading.value)]
            self._trend.add(day, profile.number, known, station.clock.monotonic())
        if beyond:
            worst = max(beyond, key=_how_far)
            self._turn_off(station, f"{worst.sentence}. {MEND}", _details(worst))
        self._warn(station, [reading for reading in found if reading.state is State.NEAR], beyond)

    def _turn_off(self, station: Station, message: str, details: dict[str, object]) -> None:
        is_open = station.verification.is_open(station.clock.monotonic())
        if not is_open and details["measure"] == self._off:
            return  # it is said already
        self._off = str(details["measure"])
        station.verification.notes.append(Note("drift", message, details))
        station.verification.restart(message)
        keep_notes(station)

    def _warn(self, station: Station, near: list[Reading], beyond: list[Reading]) -> None:
        """What was near its limit and is beyond it now is no more away from it than before."""
        for reading in near:
            if reading.measure not in self._warned:
                message = f"{reading.sentence}, before it is too much."
                station.log.note(WARNED, message, **_details(reading))
        names = {reading.measure for reading in near} | (self._warned & {reading.measure for reading in beyond})
        for measure in sorted(self._warned - names):
            station.log.note(WARNED_OVER, f"The {measure} of the stage is not near its limit any more", measure=measure)
        self._warned = names


def _how_far(reading: Reading) -> float:
    """In tolerances; what is no number says the least of what is to be done."""
    return 0.0 if math.isnan(reading.value) else abs(reading.value) / reading.limit


def _details(reading: Reading) -> dict[str, object]:
    value = None if math.isnan(reading.value) else reading.value
    return {"measure": reading.measure, "value": value, "most": reading.limit}
