"""Another calibration in use, while the station runs: whole, recorded, and verified anew; or not at all.

Who chooses one replaces the file that names the active one (`Profiles.use`); the station looks at it between two parts.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from calibration.controls import disobeyed
from calibration.profile import Profile, Profiles
from station.errors import CameraError, LogError, ProfileError
from station.log import queries
from station.loop import Station, keep_notes
from station.trigger import USUAL, Timing, Trigger
from station.types import Adjustable, Log
from station.wishes import stamp_of

log = logging.getLogger(__name__)


class Recalibrated:
    """Looks whether another calibration was chosen. What is chosen when this is made is in use already.

    timing  of the trigger, which begins anew with it
    """

    def __init__(self, folder: Path, timing: Timing = USUAL) -> None:
        self._profiles, self._note = Profiles(folder), folder / "active"
        self._timing = timing
        self._seen = stamp_of(self._note)

    def look(self, station: Station) -> None:
        """Costs one look at the folder as long as nobody chooses.

        Raises LogError where it cannot be recorded, CameraError where the camera does not go back to what is in use.
        """
        stamp = stamp_of(self._note)
        if stamp in (None, self._seen):
            return
        try:
            self._take_up(station)
        except CameraError:
            self._seen = stamp
            raise
        self._seen = stamp

    def _take_up(self, station: Station) -> None:
        choice: dict[str, Any] = {}
        try:
            choice = self._profiles.choice() or {}
            profile = self._profiles.active()
            if profile is None:
                return
            fits(profile, station.camera.name, station.camera.size)
            if profile.name != (station.model.profile and station.model.profile.name):
                self._put_in_use(station, profile, choice)
            station.screen.notice("")
        except LogError:
            raise
        except Exception as trouble:  # whatever is wrong with it, the station goes on with what it has
            log.warning("the chosen calibration was refused", exc_info=trouble)
            message = f"Calibration {choice.get('number', '')} was refused, the former stays in use: {trouble}"
            station.log.note("calibration_refused", message, operator=choice.get("by", ""))
            station.screen.notice(message)
            if isinstance(trouble, CameraError):
                _go_back(station)

    def _put_in_use(self, station: Station, profile: Profile, choice: dict[str, Any]) -> None:
        """First the record, then the gate, then the calibration: whatever fails on the way, no PASS comes of it."""
        lock(station.camera, profile)
        record(station.log, profile, choice)
        station.verification.restart("Another calibration is in use", choice.get("by") or profile.made_by)
        station.model = station.model.under(profile)
        station.trigger = Trigger(profile, self._timing)
        station.trigger.disarm()  # what lies there has to be taken away first
        keep_notes(station)


def _go_back(station: Station) -> None:
    """The camera was told what it did not do, and perhaps did a part of it: what was verified is no longer true."""
    station.verification.restart("The camera was told another calibration's settings")
    keep_notes(station)
    lock(station.camera, station.model.profile)


def fits(profile: Profile, camera: str, size: tuple[int, int] | None) -> None:
    """Raises ProfileError for a profile of another camera or mode, or of frames of another size.

    size  width and height of the camera's frames; None where it has no one size
    """
    if profile.camera != camera:
        raise ProfileError(
            f"Calibration {profile.number:04d} was made with {profile.camera}, the camera is {camera}; "
            "run `station calibrate`."
        )
    if size is not None and profile.frame != size:
        was, now = (f"{width}×{height}" for width, height in (profile.frame, size))
        raise ProfileError(
            f"Calibration {profile.number:04d} was made with pictures of {was} pixels, the camera gives {now}; "
            "run `station calibrate`."
        )


def lock(camera: object, profile: Profile | None) -> None:
    """Tell the camera the controls that it was calibrated with. Raises CameraError where it does not do so."""
    if profile is None or not profile.settings or not isinstance(camera, Adjustable):
        return
    if said := disobeyed(camera.adjust(profile.settings)):
        raise CameraError(f"{said.rstrip('.')}, or run `station calibrate`.")


def record(log: Log, profile: Profile, choice: dict[str, Any]) -> None:
    """Note which calibration is in use, and who chose it when. Raises LogError."""
    log.note(
        "calibration",
        ". ".join(filter(None, [f"calibration {profile.name} is active", profile.unwatched])),
        operator=choice.get("by") or profile.made_by,
        calibration=profile.name,
        asked_at=choice.get("at", ""),
        reason=choice.get("reason", ""),
        figures=dict(profile.figures),
        settings=dict(profile.settings),
    )


def note_choice_while_stopped(log: Log, data: Path, profile: Profile) -> None:
    """The log tells of every calibration that was chosen, also while no station ran. Raises LogError."""
    with queries.reading(data) as rows:
        former = queries.events(rows, limit=1, kinds=["calibration"])
    if not former or former[0]["details"].get("calibration") != profile.name:
        record(log, profile, Profiles(data / "calibration").choice() or {})
