"""What the technician's pages share."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.responses import HTMLResponse

from station.web.sentences import N_
from station.web.watched import Watched

MENU = (
    ("/calibrations", N_("Calibrations")),
    ("/trend", N_("Trend")),
    ("/study", N_("Agreement study")),
)
Page = Callable[..., HTMLResponse]  # request, template, status, what is shown


def unwatched(station: Watched) -> str:
    """What nobody holds the calibration in use against between two parts, in a sentence; empty where all is watched.

    A bench without hardware is calibrated by itself, with the least, and nobody relies on it.
    """
    profile = station.model.profile
    return "" if profile is None or station.is_simulated else profile.unwatched
