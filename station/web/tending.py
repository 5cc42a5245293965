"""What the technician's pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse

from station.web.sentences import N_

MENU = (
    ("/calibrations", N_("Calibrations")),
    ("/trend", N_("Trend")),
    ("/study", N_("Agreement study")),
)
Text = Annotated[str, Form(max_length=500)]
Page = Callable[..., HTMLResponse]  # request, template, status, what is shown
IsOld = Callable[[Request, str], bool]  # request, the token of its form


def sentence(trouble: object) -> str:
    """What is wrong, as a sentence of its own; empty for nothing."""
    text = str(trouble).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
