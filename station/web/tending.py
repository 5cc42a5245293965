"""What the technician's pages share."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.responses import HTMLResponse

from station.web.sentences import N_

MENU = (
    ("/calibrations", N_("Calibrations")),
    ("/trend", N_("Trend")),
    ("/study", N_("Agreement study")),
)
Page = Callable[..., HTMLResponse]  # request, template, status, what is shown
