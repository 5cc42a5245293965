"""The pages around the operator's: orders, what is said of a part, bypass, people. Who may what stands in auth.WHO.

Nothing here touches the loop: a page changes orders.db or people.db, or leaves a note, and the loop takes it up between
two placements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from station.accounts import Accounts
from station.acts import BYPASS, VERIFY, Act, Acts, order_of
from station.errors import AccountError, LogError, OrderError, StationError
from station.log import queries
from station.log.record import Row, time_text
from station.log.store import DATABASE
from station.orders.order import Stage, WorkOrder, fit_order
from station.orders.remarks import OVERRIDE, REASONS, RED_BIN, disagree, in_red_bin
from station.orders.store import Orders
from station.orders.summary import Summary, summed_up
from station.people import Role
from station.types import Verdict
from station.verification import bypass_seconds
from station.web import api, language
from station.web.auth import Session
from station.web.forms import Paper, Short, Signed, sentence
from station.web.watched import Watched

MINUTES = (15, 30, 60, 120, 240)  # that a bypass may be asked for


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages work with."""

    station: Watched
    accounts: Accounts
    orders: Orders
    paper: Paper

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.accounts.folder

    def summary(self, order: WorkOrder) -> Summary:
        """What the log tells of an order."""
        has_log = (self.folder / DATABASE).exists()
        return summed_up(self.folder, order.work_order) if has_log else Summary()

    def begin(self, work_order: str, by: str, part_number: str = "", quantity: str = "", lot: str = "") -> None:
        """Have an order run; a new one where more than its name is told. Raises OrderError, ValueError: a sentence."""
        if part_number or quantity:
            order = fit_order(work_order, part_number, quantity, lot)
            self._know(order)
            self.orders.add(order, by)
        elif (known := self.orders.find(work_order.strip())) is None:
            raise OrderError(f"There is no work order {work_order.strip()[:40]}. Type its part number and quantity.")
        else:
            self._know(known)
        self.orders.begin(work_order.strip(), by)

    def _know(self, order: WorkOrder) -> None:
        self.station.model.expecting(order.part_number)  # the loop asks anew when it takes the order up


def add(app: FastAPI, station: Watched, accounts: Accounts, paper: Paper) -> None:
    """Put these pages, and the API, into the application."""
    desk = Desk(station, accounts, Orders(accounts.folder, station.clock), paper)
    form = APIRouter(include_in_schema=False)
    for pages in (_orders, _part, _gate, _people):
        pages(form, desk)
    app.include_router(form)
    api.add(app, desk)

    @app.exception_handler(OrderError)
    @app.exception_handler(LogError)
    def unreadable(request: Request, trouble: Exception) -> Response:
        is_api = request.url.path.startswith(api.PREFIX)
        return api.refusal(503, str(trouble)) if is_api else PlainTextResponse(language.said(str(trouble)), 503)


def _orders(app: APIRouter, desk: Desk) -> None:
    """Choose, scan or type an order; look at one, and close it."""

    def choosing(request: Request, status: int = 200, mistake: str = "", **typed: str) -> Response:
        open_ones = desk.orders.all((Stage.RUNNING, Stage.WAITING))
        known = desk.station.model.classifier.part_numbers
        typed = {"work_order": "", "part_number": "", "quantity": "", "lot": ""} | typed
        return desk.paper.page(
            request,
            "orders.html",
            status,
            orders=open_ones,
            part_numbers=list(map(str, known)),
            typed=typed,
            mistake=mistake,
        )

    @app.get("/orders")
    def choose(request: Request) -> Response:
        return choosing(request)

    @app.post("/orders")
    def begin(
        request: Request,
        session: Signed,
        work_order: Short,
        part_number: Short = "",
        quantity: Short = "",
        lot: Short = "",
    ) -> Response:
        try:
            desk.begin(work_order, session.person.name, part_number, quantity, lot)
        except (StationError, ValueError) as mistake:
            typed = {"work_order": work_order.strip(), "part_number": part_number, "quantity": quantity, "lot": lot}
            return choosing(request, 409, sentence(mistake), **typed)
        return RedirectResponse("/operator", 303)

    @app.get("/order")
    def order(request: Request, work_order: str = "") -> Response:
        running = desk.orders.all((Stage.RUNNING,))
        found = desk.orders.find(work_order) if work_order else next(iter(running), None)
        if found is None:
            return RedirectResponse("/orders", 303)
        lines = desk.summary(found).lines(found.quantity)
        return desk.paper.page(request, "order.html", order=found, lines=lines)

    @app.post("/order/close")
    def close(session: Signed, work_order: Short) -> Response:
        try:
            closed = desk.orders.close(work_order, session.person.name)
        except OrderError as mistake:
            return PlainTextResponse(language.said(str(mistake)), 409)
        return RedirectResponse(_url("/order", work_order=closed.work_order), 303)


def _part(app: APIRouter, desk: Desk) -> None:
    """What is said of the last part, or of that of a record."""

    def found(inspection_id: str) -> Row | None:
        if not (desk.folder / DATABASE).exists():
            return None
        with queries.reading(desk.folder) as log:
            if inspection_id:
                return queries.show(log, inspection_id)
            return next(iter(queries.search(log, queries.Search(), limit=1)), None)

    def said(inspection_id: str, say: Callable[[Row], bool]) -> Response:
        row = found(inspection_id) if inspection_id else None
        if row is None:
            return PlainTextResponse(language.text("There is no such record."), 404)
        try:
            say(row)
        except OrderError as mistake:
            return PlainTextResponse(language.said(str(mistake)), 409)
        return RedirectResponse(_url("/part", inspection_id=row["inspection_id"]), 303)

    @app.get("/part")
    def part(request: Request, inspection_id: str = "") -> Response:
        row = found(inspection_id)
        if row is None:
            return RedirectResponse("/operator", 303)
        told = desk.orders.said(row["inspection_id"])
        return desk.paper.page(
            request,
            "part.html",
            row=row,
            verdict=Verdict(row["verdict"]),
            is_binned=RED_BIN in told,
            disagreed=REASONS.get(told.get(OVERRIDE, ""), ""),
            reasons=REASONS,
        )

    @app.post("/part/bin")
    def red_bin(session: Signed, inspection_id: Short) -> Response:
        return said(inspection_id, lambda row: in_red_bin(desk.orders, row, session.person.name))

    @app.post("/part/disagree")
    def disagrees(session: Signed, inspection_id: Short, reason: Short) -> Response:
        return said(inspection_id, lambda row: disagree(desk.orders, row, reason, session.person.name))


def _gate(app: APIRouter, desk: Desk) -> None:
    """Verify again; work unverified for a while, in a supervisor's name."""

    def asked(act: str, by: str, reason: str, until: str = "", of: str = "") -> None:
        Acts(desk.folder).leave(Act(act, by, reason, until, time_text(desk.station.clock.now()), of))

    @app.post("/verify")
    def verify(session: Signed) -> Response:
        asked(VERIFY, session.person.name, f"{session.person.name} has asked for it")
        return RedirectResponse("/operator", 303)

    def form(request: Request, status: int = 200, mistake: str = "", reason: str = "") -> Response:
        shown = {"minutes": MINUTES, "mistake": mistake, "reason": reason, "of": order_of(desk.station.order)}
        return desk.paper.page(request, "bypass.html", status, **shown)

    @app.get("/bypass")
    def bypass_form(request: Request) -> Response:
        return form(request)

    @app.post("/bypass")
    def bypass(
        request: Request,
        session: Signed,
        reason: Short,
        minutes: Annotated[int, Form(ge=1, le=720)],
        of: Annotated[str, Form(max_length=300)],
        pin: Short = "",
    ) -> Response:
        name, now = session.person.name, desk.station.clock.now()
        until = now + timedelta(minutes=minutes)
        try:
            bypass_seconds(name, reason, until, now)
            desk.paper.sessions.confirm(session, pin, "for a bypass of verification")
        except (AccountError, ValueError) as mistake:
            return form(request, 409, sentence(mistake), reason)
        asked(BYPASS, name, reason.strip(), time_text(until), of)
        return RedirectResponse("/operator", 303)


def _people(app: APIRouter, desk: Desk) -> None:
    """One's own PIN; and everybody's accounts, for the administrator."""
    accounts = desk.accounts

    def own(request: Request, status: int = 200, mistake: str = "") -> Response:
        return desk.paper.page(request, "pin.html", status, mistake=mistake)

    def everybody(request: Request, status: int = 200, mistake: str = "") -> Response:
        people = accounts.people()
        return desk.paper.page(request, "people.html", status, people=people, roles=list(Role), mistake=mistake)

    def changed(request: Request, change: Callable[[], object]) -> Response:
        try:
            change()
        except AccountError as mistake:
            return everybody(request, 409, str(mistake))
        return RedirectResponse("/people", 303)

    @app.get("/pin")
    def pin_form(request: Request) -> Response:
        return own(request)

    @app.post("/pin")
    def pin(request: Request, session: Signed, former: Short, wanted: Short, again: Short) -> Response:
        try:
            if wanted != again:
                raise AccountError("The two new PINs are not the same.")
            if session is desk.paper.sessions.visitor:
                raise AccountError("Who visits a demo has no PIN.")
            desk.paper.sessions.confirm(session, former, "to change it")
            accounts.change_pin(session.person.name, wanted, session.person.name)
        except AccountError as mistake:
            return own(request, 409, str(mistake))
        return RedirectResponse("/sign-in", 303)

    @app.get("/people")
    def people(request: Request) -> Response:
        return everybody(request)

    @app.post("/people/add")
    def add(request: Request, session: Signed, name: Short, role: Annotated[Role, Form()], pin: Short) -> Response:
        return changed(request, lambda: accounts.add(name, role, pin, session.person.name))

    @app.post("/people/role")
    def role(request: Request, session: Signed, name: Short, role: Annotated[Role, Form()]) -> Response:
        return changed(request, lambda: accounts.change_role(_another(name, session), role, session.person.name))

    @app.post("/people/pin")
    def pin_of(request: Request, session: Signed, name: Short, pin: Short) -> Response:
        return changed(request, lambda: accounts.change_pin(_another(name, session), pin, session.person.name))

    @app.post("/people/badge")
    def badge_of(request: Request, session: Signed, name: Short, badge: Short = "") -> Response:
        return changed(request, lambda: accounts.give_badge(name, badge.strip(), session.person.name))

    @app.post("/people/disable")
    def disable(request: Request, session: Signed, name: Short) -> Response:
        return changed(request, lambda: accounts.disable(_another(name, session), session.person.name))


def _another(name: str, session: Session) -> str:
    """Nobody shuts the door behind himself: some administrator stays."""
    if name.casefold() == session.person.name.casefold():
        raise AccountError("This is your own account; another administrator changes it, or `station user`.")
    return name


def _url(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"
