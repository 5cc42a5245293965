"""Every route of the station's pages, on one page. Who may what stands in auth.WHO."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from station.accounts import Accounts
from station.errors import AccountError
from station.loop import Station
from station.people import Person
from station.types import Verdict
from station.web import flow
from station.web.auth import SESSION, VISIT, Guard, Session, Sessions, cookie_of, is_at_stage
from station.web.live import STREAMS, Live, Picture
from station.web.operator import Board

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
HOSTS = frozenset({"127.0.0.1", "localhost"})


@contextmanager
def pages(
    station: Station, accounts: Accounts, visitor: Person | None = None, names: Iterable[str] = ()
) -> Iterator[FastAPI]:
    """The pages of a station, for as long as it is watched. `visitor` is as whom a demo signs everybody in.

    names  under which browsers may call the station, besides those of loopback
    """
    sessions = Sessions(accounts)
    if visitor is not None:
        sessions.welcome(visitor)
    write = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    board = Board(station.order, is_simulated=station.is_simulated)
    live = Live(
        station.screen,
        board,
        lambda board: write.get_template("board.html").render(board=board, verdicts=list(Verdict)),
    )
    profile = station.model.profile
    try:
        app = routes(sessions, live, Picture(station.screen, profile.region if profile else None), write, names)
        flow.add(app, station, accounts, sessions, write)
        yield app
    finally:
        station.at_work = str
        live.close()


def routes(sessions: Sessions, live: Live, picture: Picture, write: Environment, names: Iterable[str] = ()) -> FastAPI:
    """The application."""
    app = FastAPI(title="station", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, sessions=sessions, hosts=HOSTS | frozenset(names))
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    def page(template: str, status: int = 200, **shown: object) -> HTMLResponse:
        return HTMLResponse(write.get_template(template).render(shown), status)

    def signing_in(status: int = 200, mistake: str = "") -> HTMLResponse:
        visit = sessions.new_cookie()
        answer = page("sign_in.html", status, names=sessions.names(), token=sessions.token(visit), mistake=mistake)
        _set(answer, VISIT, visit)
        return answer

    @app.get("/")
    def first() -> Response:
        return RedirectResponse("/operator", 303)

    @app.get("/sign-in")
    def sign_in(request: Request) -> Response:
        return RedirectResponse("/operator", 303) if request.scope["session"] else signing_in()

    @app.post("/sign-in")
    def signed_in(
        request: Request,
        token: Annotated[str, Form(max_length=128)],
        pin: Annotated[str, Form(max_length=64)] = "",
        name: Annotated[str, Form(max_length=64)] = "",
        badge: Annotated[str, Form(max_length=128)] = "",
    ) -> Response:
        if not sessions.fits(cookie_of(request.headers, VISIT), token):
            return signing_in(403, "This page was too old. Sign in again.")
        try:
            session = sessions.sign_in(name, pin, badge.strip(), at_stage=is_at_stage(request))
        except AccountError as refusal:
            return signing_in(401, str(refusal))
        answer = RedirectResponse("/operator", 303)
        _set(answer, SESSION, session.cookie)
        answer.delete_cookie(VISIT)
        return answer

    @app.post("/sign-out")
    def sign_out(request: Request, token: Annotated[str, Form(max_length=128)]) -> Response:
        session: Session = request.scope["session"]
        if not sessions.fits(session.cookie, token):
            return PlainTextResponse("This page was too old. Load it again.", 403)
        sessions.sign_out(session)
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(SESSION)
        return answer

    @app.get("/operator")
    def operator(request: Request) -> Response:
        session: Session = request.scope["session"]
        return page(
            "operator.html",
            board=live.board,
            verdicts=list(Verdict),
            person=session.person,
            is_visitor=session is sessions.visitor,
            token=sessions.token(session.cookie),
        )

    @app.get("/live")
    async def stream(request: Request) -> Response:
        if live.streams >= STREAMS:
            return PlainTextResponse("Too many screens watch this station.", 503)
        cookie = request.scope["session"].cookie

        async def is_welcome() -> bool:
            return await run_in_threadpool(sessions.find, cookie) is not None

        return StreamingResponse(live.stream(is_welcome), media_type="text/event-stream")

    @app.get("/live.jpg")
    def live_picture() -> Response:
        jpeg = picture.jpeg()
        return Response(jpeg, media_type="image/jpeg") if jpeg else PlainTextResponse("There is no picture.", 503)

    @app.exception_handler(RequestValidationError)
    def incomplete(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return PlainTextResponse("This form is not complete; load the page again.", 422)

    @app.exception_handler(AccountError)
    def unreadable(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return PlainTextResponse(str(trouble), 503)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return PlainTextResponse("This page has a fault of its own; the station inspects on without it.", 500)

    return app


def _set(answer: Response, name: str, value: str) -> None:
    """A cookie for this browser session. Not `secure`: on loopback there is no TLS, and nothing else is served."""
    answer.set_cookie(name, value, httponly=True, samesite="strict")
