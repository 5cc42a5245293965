"""The station's pages: what each needs, sign-in, the operator's; the rest is added by its modules. See auth.WHO."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from station import escapes
from station.accounts import Accounts
from station.bay import Bay
from station.errors import AccountError, LogError, OrderError
from station.log import queries
from station.log.store import DATABASE
from station.orders.remarks import OVERRIDE
from station.orders.store import Orders
from station.orders.summary import Placed, placed
from station.people import Person, Role
from station.simulation.showroom import Showroom
from station.types import Verdict
from station.web import flow, language, supervisor, technician, wizard
from station.web.auth import OPEN, RUNS, SESSION, VISIT, WHO, Guard, Session, Sessions, cookie_of, is_at_stage
from station.web.bench import panel
from station.web.forms import TOO_OLD, OldPage, Paper, Short, Signed
from station.web.health import OLD, health
from station.web.language import COOKIE, LANGUAGES, Speaking, preferred, speaking
from station.web.live import STREAMS, Live, Page, Picture, Shots
from station.web.operator import Around, Board
from station.web.probes import THIS, probes
from station.web.sentences import N_
from station.web.watched import Watched

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
HOSTS = frozenset({"127.0.0.1", "localhost"})
MENU = (  # each shown to whom WHO lets in
    ("/operator", N_("Stage")),
    ("/orders", N_("Orders")),
    ("/order", N_("This order")),
    ("/part", N_("Last part")),
    *supervisor.MENU,
    *technician.MENU,
    *wizard.MENU,
    ("/bypass", N_("Bypass")),
    ("/people", N_("People")),
    ("/pin", N_("My PIN")),
)
LEFT = 2.0  # seconds after which a part that was judged, or never will be, was not just being taken away
DISK = 5.0  # seconds between two looks at the room on the disk


@contextmanager
def pages(
    station: Watched,
    accounts: Accounts,
    visitor: Person | None = None,
    room: Showroom | None = None,
    names: Iterable[str] = (),
    process: Path = THIS,
    bay: Bay | None = None,
) -> Iterator[FastAPI]:
    """The pages of a station, for as long as it is watched; `state.sessions` knows who is at work.

    visitor  as whom a demo signs everybody in
    room     the simulated bench, where visitors may move its hand
    names    under which browsers may call the station, besides those of loopback
    process  the kernel's folder of the loop's process
    bay      where a technician is given the hardware; None where nobody is
    """
    sessions = Sessions(accounts)
    if visitor is not None:
        sessions.welcome(visitor)
    write = writer()
    paper = Paper(write, sessions)
    write.globals["simulated"] = station.is_simulated
    token = sessions.token(sessions.visitor.cookie) if sessions.visitor else ""
    write.globals["pictured"] = lambda: station.model.pictures.keys()
    shots = Shots(lambda: station.model, accounts.folder)
    live = Live(
        station.screen,
        Board(station.order, is_simulated=station.is_simulated),
        lambda board: in_every_language(write, "board.html", board=board, verdicts=list(Verdict)),
        surroundings(station, accounts.folder),
        shots,
        (lambda: in_every_language(write, "bench.html", panel=panel(room.now()), token=token)) if room else None,
    )
    picture = Picture(station.screen, station.clock, lambda: station.model)
    try:
        hosts = HOSTS | frozenset(names)
        app = routes(station, paper, live, picture, shots, accounts.folder, room, hosts)
        flow.add(app, station, accounts, paper)
        close_desk = supervisor.add(app, station, accounts, paper)
        technician.add(app, station, accounts, paper)
        wizard.add(app, station, bay, accounts, paper)
        app.include_router(probes(station, accounts.folder, process))
        try:
            with sessions.watched():
                yield app
        finally:
            close_desk()
    finally:
        live.close()


def writer() -> Environment:
    """What writes the pages, in the language that is spoken."""
    write = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    write.install_gettext_callables(language.text, language.texts, newstyle=True)  # type: ignore[attr-defined] # jinja2.ext.i18n's, which has no types
    write.globals |= {
        "said": language.said,
        "language": language.current,
        "languages": LANGUAGES,
        "links": links,
        "verified_since": verified_since,
        "simulated": False,
        "near_a_limit": lambda: False,
        "unwatched": str,
    }
    return write


def in_every_language(write: Environment, template: str, **shown: object) -> Page:
    """A part of a page, for every language."""
    pages = {}
    for each in LANGUAGES:
        with language.speaking(each):
            pages[each] = write.get_template(template).render(shown)
    return pages


def links(role: Role) -> list[tuple[str, str]]:
    """Path and name of the pages that are for this role."""
    return [(path, name) for path, name in MENU if role in WHO.get(("GET", path), OPEN)]


def verified_since(minutes: int) -> str:
    """How long ago, in words."""
    if minutes < 1:
        return language.text("Verified just now")
    if minutes < 120:
        return language.texts("Verified %(num)s min ago", "Verified %(num)s min ago", minutes) % {"num": minutes}
    return language.text("Verified %(hours)s h ago") % {"hours": minutes // 60}


def surroundings(station: Watched, data: Path) -> Callable[[], Around]:
    """A look at what is true of a station besides its last placement, for any thread but the loop's."""
    looked, free, left_since = float("-inf"), None, None
    asked: str | None = None  # the order whose placements before this were looked up
    before, held, orders = Placed(), frozenset[str](), Orders(data)

    def look() -> Around:
        nonlocal looked, free, left_since, asked, before, held
        order = station.order
        if order.work_order != asked:
            with suppress(LogError, sqlite3.Error):  # else the next look tries again
                before, asked = _placed(data, order.work_order), order.work_order
        if time.monotonic() - looked > DISK:
            looked = time.monotonic()
            free = shutil.disk_usage(data).free if data.exists() else None
        with suppress(OrderError):
            held = orders.lately(OVERRIDE)
        view = station.screen.view
        is_left = not view.is_there and station.trigger is not None and station.trigger.is_spent
        left_since = (left_since or time.monotonic()) if is_left else None
        age = station.clock.monotonic() - view.frame.monotonic if view.frame else None
        since, ends = view.standing.since, view.standing.bypass_ends
        return Around(
            order=order,
            tally=station.tally,
            placed=before if order.work_order == asked else Placed(),
            health=health(view, station.model.recipe.light, age, station.is_line_open, free),
            minutes=int((station.clock.now() - since).total_seconds() // 60) if since else None,
            bypass_ends=ends.astimezone() if ends else None,
            held=held,
            is_left=left_since is not None and time.monotonic() - left_since > LEFT,
            is_silent=age is not None and age > OLD,
        )

    return look


def _placed(data: Path, work_order: str) -> Placed:
    if not (data / DATABASE).exists():
        return Placed()
    with queries.reading(data) as log:
        return placed(log, work_order)


def known_of_escapes(station: Watched, data: Path) -> str:
    """What is known of wrong parts that pass as the expected one, in words, for whoever answers for what is shipped."""
    model, part_number = station.model, station.order.part_number
    bound = model.bounds.get(part_number)
    if bound is None:
        return f"How many wrong parts pass as {part_number} is not known: the bundle does not tell."
    calibration = model.profile.name if model.profile else ""
    laid: list[escapes.Challenge] = []
    with suppress(LogError, sqlite3.Error), queries.reading(data) as log:
        laid = escapes.challenges(log, model.name, calibration, part_number)
    return escapes.known(part_number, bound, calibration, laid).sentence()


def routes(
    station: Watched,
    paper: Paper,
    live: Live,
    picture: Picture,
    shots: Shots,
    data: Path,
    room: Showroom | None = None,
    hosts: frozenset[str] = HOSTS,
) -> FastAPI:
    """The application."""
    sessions = paper.sessions
    app = FastAPI(title="station", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sessions = sessions
    app.add_middleware(Guard, sessions=sessions, hosts=hosts)
    app.add_middleware(Speaking)
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    def signing_in(status: int = 200, mistake: str = "") -> HTMLResponse:
        visit = sessions.new_cookie()
        shown = {"names": sessions.names(), "token": sessions.token(visit), "mistake": mistake}
        answer = HTMLResponse(paper.write.get_template("sign_in.html").render(shown), status)
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
        token: Short,
        pin: Annotated[str, Form(max_length=64)] = "",
        name: Annotated[str, Form(max_length=64)] = "",
        badge: Short = "",
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
    def sign_out(session: Signed) -> Response:
        sessions.sign_out(session)
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(SESSION)
        return answer

    @app.get("/operator")
    def operator(request: Request) -> Response:
        session: Session = request.scope["session"]
        return paper.page(
            request,
            "operator.html",
            board=live.board,
            verdicts=list(Verdict),
            bound=known_of_escapes(station, data) if session.person.role is not Role.OPERATOR else "",
            bench=live.beside(language.current()),
            may_begin=session.person.role in RUNS,
        )

    @app.post("/bench")
    def bench(session: Signed, act: Annotated[str, Form(max_length=32)]) -> Response:  # noqa: ARG001 - that it is signed
        if room is None:
            return PlainTextResponse(language.text("This station has no simulated bench to move."), 404)
        if not room.ask(act):
            return PlainTextResponse(language.text("The bench does not do that, or has too much to do already."), 409)
        return RedirectResponse("/operator", 303)

    @app.get("/reference.png")
    def reference(part: Annotated[str, Query(max_length=64)] = "") -> Response:
        return _picture(station.model.pictures.get(part, b""), "image/png")

    @app.get("/judged.jpg")
    def judged(id: Annotated[str, Query(max_length=64)] = "") -> Response:  # noqa: A002 - its name in the address
        return _picture(shots.jpeg(id), "image/jpeg")

    @app.post("/language")
    def choose(
        request: Request,
        chosen: Annotated[str, Form(alias="language", max_length=8)],
        token: Short,
    ) -> Response:
        session: Session | None = request.scope["session"]
        holder = session.cookie if session else cookie_of(request.headers, VISIT)
        if not sessions.fits(holder, token):
            raise OldPage
        answer = RedirectResponse(_back(request), 303)
        if chosen in LANGUAGES:
            _set(answer, COOKIE, chosen)
        return answer

    @app.get("/live")
    async def stream(request: Request) -> Response:
        if live.streams >= STREAMS:
            return PlainTextResponse(language.text("Too many screens watch this station."), 503)
        cookie = request.scope["session"].cookie

        async def is_welcome() -> bool:
            return await run_in_threadpool(sessions.find, cookie) is not None

        return StreamingResponse(live.stream(is_welcome, language.current()), media_type="text/event-stream")

    @app.get("/live.jpg")
    def live_picture() -> Response:
        jpeg = picture.jpeg()
        return _picture(jpeg, "image/jpeg") if jpeg else Response(status_code=204)

    @app.exception_handler(OldPage)
    def too_old(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return paper.page(request, "trouble.html", 403, sentence=TOO_OLD, back=(_back(request), N_("Load it again")))

    @app.exception_handler(RequestValidationError)
    def incomplete(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return PlainTextResponse(language.text("This form is not complete; load the page again."), 422)

    @app.exception_handler(AccountError)
    def unreadable(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        return PlainTextResponse(language.said(str(trouble)), 503)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, trouble: Exception) -> Response:  # noqa: ARG001 - FastAPI's form
        with speaking(preferred(request.headers, cookie_of(request.headers, COOKIE))):  # nothing above has asked
            sentence = language.text("This page has a fault of its own; the station inspects on without it.")
        return PlainTextResponse(sentence, 500)

    return app


def _picture(encoded: bytes, kind: str) -> Response:
    if not encoded:
        return PlainTextResponse(language.text("There is no such picture."), 404)
    return Response(encoded, media_type=kind)


def _back(request: Request) -> str:
    """The page from which a form came, if it is one of ours."""
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # whoever calls may write anything there
        return "/"
    is_ours = ("GET", came_from.path) in WHO
    return came_from._replace(scheme="", netloc="").geturl() if is_ours else "/"


def _set(answer: Response, name: str, value: str) -> None:
    """A cookie for this browser session. Not `secure`: on loopback there is no TLS, and nothing else is served."""
    answer.set_cookie(name, value, httponly=True, samesite="strict")
