"""The supervisor's desk: every route of it. The log is read over connections of its own, never the loop's.

Routes are plain functions: they run in the server's threads, which are nicer than the loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment

from station.accounts import Accounts
from station.desk import Desk
from station.errors import AccountError, LogError
from station.log import queries
from station.log.record import Row
from station.loop import Station
from station.web import language
from station.web.asked import CHOICES, NAMES, NO_RECORD, REASONS, asked, local, record_number, zone
from station.web.auth import ACTS, Session, Sessions
from station.web.records import GONE, Pictures, acts_shown, page_of, whole
from station.web.sentences import N_

MENU = (("/records", N_("Records")), ("/rejects", N_("Rejects")))
LONGEST_REASON = 500  # letters
Text = Annotated[str, Form(max_length=LONGEST_REASON)]
PATIENCE = 3.0  # seconds until a running station has come between two placements
TOO_OLD = N_("This page was too old. Load it again.")
UNREADABLE = N_("The log cannot be read at this moment; the station inspects on. Try again.")


def add(app: FastAPI, station: Station, accounts: Accounts, sessions: Sessions, write: Environment) -> None:
    """Put the desk on the station's pages."""
    data = accounts.folder
    pictures, desk = Pictures(data), Desk(data, station.clock)
    write.globals |= {
        "local": local,
        "zone": zone,
        "gone_words": GONE,
        "asked_names": NAMES,
        "choices": CHOICES,
        "reasons": REASONS,
    }

    def page(request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        session: Session = request.scope["session"]
        shown |= {"person": session.person, "is_visitor": session is sessions.visitor}
        shown |= {"token": sessions.token(session.cookie), "may_act": session.person.role in ACTS}
        return HTMLResponse(write.get_template(template).render(shown), status)

    def trouble(request: Request, status: int, sentence: str) -> HTMLResponse:
        return page(request, "trouble.html", status, sentence=sentence)

    @contextmanager
    def log() -> Iterator[sqlite3.Connection]:
        with queries.reading(data) as rows:
            yield rows

    def listed(request: Request, template: str, limit: int, **fixed: str) -> Response:
        wanted = asked({**request.query_params, **fixed})
        with log() as rows:
            found = page_of(rows, wanted, limit)
            kept = pictures.there(rows, found.rows)
        return page(request, template, wanted=wanted, found=found, kept=kept, path=request.url.path)

    @app.get("/records")
    def records(request: Request) -> Response:
        return listed(request, "records.html", 25)

    @app.get("/rejects")
    def rejects(request: Request) -> Response:
        return listed(request, "rejects.html", 24, verdict="REJECT")

    def shown(request: Request, record: str, status: int = 200, **more: object) -> Response:
        with log() as rows:
            row = _row(rows, record)
            if row is None:
                return trouble(request, 404, NO_RECORD)
            acts = queries.acts_about(rows, row["sequence"])
            told = whole(rows, row, acts)
            kept = pictures.there(rows, [row])[row["sequence"]]
        return page(request, "record.html", status, row=row, told=told, kept=kept, acts=acts_shown(row, acts), **more)

    @app.get("/record")
    def record(request: Request) -> Response:
        return shown(request, request.query_params.get("n", ""), done=request.query_params.get("done", ""), mistake="")

    @app.get("/picture")
    def picture(request: Request) -> Response:
        which = "frame" if request.query_params.get("which") == "frame" else "image"
        with log() as rows:
            row = _row(rows, request.query_params.get("record", ""))
        content = pictures.read(row, which) if row is not None else None
        if content is None:
            return PlainTextResponse(language.text("There is no such picture."), 404)
        return Response(content, media_type="image/jpeg" if which == "frame" else "image/png")

    def acted(request: Request, record: str, token: str, act: Callable[[int, str], Any]) -> Response:
        """Do something about a record, and show it again: with what came of it, or why it was not done."""
        session: Session = request.scope["session"]
        if not sessions.fits(session.cookie, token):
            return trouble(request, 403, TOO_OLD)
        try:
            left = act(record_number(record), session.person.name)
        except (AccountError, ValueError) as refusal:
            return shown(request, record, 409, mistake=str(refusal), done="")
        is_recorded = desk.recorded(left, PATIENCE) is not None
        return RedirectResponse(f"/record?n={record_number(record)}&done={'yes' if is_recorded else 'soon'}", 303)

    @app.post("/record/release")
    def release(request: Request, record: Text, token: Text, reason: Text = "") -> Response:
        return acted(request, record, token, lambda number, by: desk.release(number, by, reason))

    @app.post("/record/escape")
    def escape(request: Request, record: Text, token: Text, reason: Text = "", part_number: Text = "") -> Response:
        return acted(request, record, token, lambda number, by: desk.escape(number, by, reason, part_number.strip()))

    @app.exception_handler(LogError)
    def unreadable(request: Request, why: Exception) -> Response:
        return trouble(request, 503, str(why))

    @app.exception_handler(sqlite3.Error)
    def busy(request: Request, why: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return trouble(request, 503, UNREADABLE)


def _row(rows: sqlite3.Connection, record: str) -> Row | None:
    try:
        return queries.show(rows, str(record_number(record)))
    except ValueError:
        return None
