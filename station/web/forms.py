"""What pages and their forms share: the page that is written, the proof that a form is of ours, and its texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from station.web.auth import Session, Sessions
from station.web.sentences import N_

Short = Annotated[str, Form(max_length=128)]  # a name, a number
Text = Annotated[str, Form(max_length=500)]  # a reason, a remark
PATIENCE = 3.0  # seconds until a running station has come between two placements
TOO_OLD = N_("This page was too old. Load it again.")


class OldPage(Exception):  # noqa: N818 - a refusal
    """A form without the token of its page."""


def _of_our_page(request: Request, token: Short) -> Session:
    session: Session = request.scope["session"]
    if not request.app.state.sessions.fits(session.cookie, token):
        raise OldPage
    return session


Signed = Annotated[Session, Depends(_of_our_page)]  # who has sent a form of ours


@dataclass(frozen=True, slots=True)
class Paper:
    """What pages are written on: to whoever is signed in, with what their menu and their forms need."""

    write: Environment
    sessions: Sessions

    def page(self, request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """A whole page."""
        return HTMLResponse(self.part(request, template, **shown), status)

    def part(self, request: Request, template: str, **shown: object) -> str:
        """A part of one."""
        return self.write.get_template(template).render(self._carried(request) | shown)

    def _carried(self, request: Request) -> dict[str, Any]:
        session: Session | None = request.scope["session"]
        if session is None:
            return {}
        is_visitor = session is self.sessions.visitor
        return {"person": session.person, "is_visitor": is_visitor, "token": self.sessions.token(session.cookie)}


def sentence(trouble: object) -> str:
    """What is wrong, as a sentence of its own; empty for nothing."""
    text = str(trouble).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
