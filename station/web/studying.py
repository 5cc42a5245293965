"""The agreement study's pages: plan, one piece after the other, the report for the audit.

A study is made from the records of an order that bears its name.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from calibration.agreement import Limits, Study
from station.accounts import Accounts
from station.errors import DataError, OrderError, StationError
from station.log import queries
from station.orders.order import fit_order
from station.orders.store import Orders
from station.study import Known, judged
from station.study_log import LogStudy, limits_of, names, planned
from station.web import language
from station.web.auth import Session
from station.web.forms import Signed, Text, sentence
from station.web.sentences import N_
from station.web.supervisor import UNREADABLE
from station.web.tending import MENU, Page
from station.web.watched import Watched

Long = Annotated[str, Form(max_length=3000)]
LIMITS = {  # of a study
    "effectiveness": N_("Effectiveness, at least, in percent"),
    "miss": N_("Misses, at most, in percent"),
    "false_alarm": N_("False alarms, at most, in percent"),
    "kappa": N_("Kappa, at least"),
}
PERCENT = dict.fromkeys(("effectiveness", "miss", "false_alarm"), 100)  # these are typed as such


def add(app: FastAPI, station: Watched, accounts: Accounts, page: Page) -> None:
    """Put these pages on the station's."""
    data = accounts.folder
    one_at_a_time = threading.Lock()
    orders = Orders(data, station.clock)

    def choosing(request: Request, status: int = 200, mistake: str = "", **typed: str) -> Response:
        shown = []
        for name in names(data):
            with suppress(StationError):
                known = LogStudy(data, name).known()
                shown.append((name, len(known.done), len(known.plan.rounds()), known.head.get("at", "")))
        usual = {name: f"{value * PERCENT.get(name, 1):g}" for name, value in asdict(Limits()).items()}
        typed = {"name": "", "good": "", "wrong": "", "people": "", "trials": "3", "part_number": ""} | usual | typed
        parts = list(map(str, station.model.classifier.part_numbers))
        more = {"typed": typed, "parts": parts, "limits": LIMITS}
        return page(request, "studies.html", status, shown=shown, mistake=mistake, **more)

    def shown(request: Request, name: str, status: int = 200, mistake: str = "") -> Response:
        try:
            study = LogStudy(data, name)
            known = study.known()
            waiting = study.waiting(known)
            last = _record(data, known)
        except StationError as trouble:
            return choosing(request, 404, str(trouble))
        except sqlite3.Error:
            return page(request, "trouble.html", 503, sentence=UNREADABLE, back=MENU[2])
        runs = orders.find(name)
        more = {"waiting": waiting, "last": last, "mistake": mistake, "total": len(known.plan.rounds())}
        more |= {"is_running": runs is not None and runs.stage == "running", "runs": station.order.work_order == name}
        more |= {"unverified": _unverified(station)}
        wanted = study.wanted(known)
        return page(request, "study.html", status, name=name, known=known, wanted=wanted, **more)

    def done(
        request: Request, session: Session, name: str, act: Callable[[LogStudy, str], object], said: str
    ) -> Response:
        """Do something about a study, one at a time, have it recorded, and show it again."""
        try:
            with one_at_a_time:
                if act(LogStudy(data, name), session.person.name) is not False:  # which says that nothing was done
                    accounts.note("study", f"{said} the study {name}", session.person.name, study=name)
        except sqlite3.Error:
            return shown(request, name, 503, UNREADABLE)
        except StationError as trouble:
            return shown(request, name, 409, sentence(trouble))
        return RedirectResponse(f"/study?{urlencode({'name': name})}", 303)

    @app.get("/study")
    def study(request: Request) -> Response:
        name = request.query_params.get("name", "")
        return shown(request, name) if name else choosing(request)

    @app.post("/study")
    def plan(
        request: Request,
        session: Signed,
        name: Text = "",
        good: Long = "",
        wrong: Long = "",
        people: Text = "",
        trials: Text = "",
        part_number: Text = "",
        effectiveness: Text = "",
        miss: Text = "",
        false_alarm: Text = "",
        kappa: Text = "",
    ) -> Response:
        asked = {"effectiveness": effectiveness, "miss": miss, "false_alarm": false_alarm, "kappa": kappa}
        name = name.strip()
        try:
            with one_at_a_time:
                if orders.find(name) is not None:
                    raise DataError(f"There is a work order {name} already; give the study another name.")
                station.model.expecting(part_number)
                profile = station.model.profile
                LogStudy(data, name).begin(
                    planned(good, wrong, people, trials),
                    part_number,
                    _asked(asked),
                    session.person.name,
                    station.clock.now(),
                    model=station.model.name,
                    calibration=profile.name if profile else "",
                    is_simulated=station.is_simulated,
                )
                accounts.note("study", f"Planned the study {name}", session.person.name, study=name)
        except StationError as mistake:
            typed = {"name": name, "good": good, "wrong": wrong, "people": people, "trials": trials}
            return choosing(request, 409, sentence(mistake), part_number=part_number, **typed, **asked)
        return RedirectResponse(f"/study?{urlencode({'name': name})}", 303)

    @app.get("/study/now")
    def now(request: Request) -> Response:
        try:
            study = LogStudy(data, request.query_params.get("name", ""))
            known = study.known()
            waiting = study.waiting(known)
        except (StationError, sqlite3.Error):
            return JSONResponse({"number": -1, "is_there": False, "again": "", "unverified": False})
        is_there = waiting.record is not None or waiting.is_unclear
        again = language.said(waiting.again)
        told = {"number": len(known.done), "is_there": is_there, "again": again}
        return JSONResponse(told | {"unverified": bool(_unverified(station))})

    @app.post("/study/on")
    def go_on(request: Request, session: Signed, name: Text) -> Response:
        def act(study: LogStudy, by: str) -> None:
            known = study.known()
            order = orders.find(name)
            part, quantity = str(known.head.get("part_number", "")), str(study.quantity(known))
            if order is not None and (order.part_number, str(order.quantity)) != (part, quantity):
                raise OrderError(f"The work order {name} is one of production; give the study another name.")
            if order is None:
                try:
                    orders.add(fit_order(name, part, quantity), by)
                except ValueError as mistake:
                    raise OrderError(sentence(mistake)) from mistake
            orders.begin(name, by)
            study.go_on(by)

        return done(request, session, name, act, "Went on with")

    @app.post("/study/take")
    def take(request: Request, session: Signed, name: Text, number: Annotated[int, Form(ge=0, le=10**6)]) -> Response:
        return done(request, session, name, lambda study, by: study.take(number) is not None, "Took a placement for")  # noqa: ARG005 - every act gets it

    @app.post("/study/back")
    def back(request: Request, session: Signed, name: Text) -> Response:
        return done(request, session, name, lambda study, by: study.take_back(by), "Took back a placement of")

    @app.post("/study/leave")
    def leave(request: Request, session: Signed, name: Text) -> Response:
        def act(study: LogStudy, by: str) -> None:
            study.leave(by)
            if study.wanted(study.known()) is None:
                _close(orders, name, by)

        return done(request, session, name, act, "Left")

    @app.get("/study/report")
    def report(request: Request) -> Response:
        name = request.query_params.get("name", "")
        try:
            known = LogStudy(data, name).known()
            found = judged(known.plan, known.done, limits_of(known))
        except StationError as trouble:
            return page(request, "trouble.html", 404, sentence=str(trouble), back=MENU[2])
        told = {"everybody": (*found.each, found.all), "notes": _notes(found)}
        more = {"truth": {piece.name: piece.is_good for piece in known.plan.pieces}, "total": len(known.plan.rounds())}
        return page(request, "study_report.html", name=name, known=known, found=found, **told, **more)


def _asked(typed: dict[str, str]) -> Limits:
    """As they were typed. Raises DataError."""
    found = {}
    for name, text in typed.items():
        try:
            found[name] = float(text.strip().replace(",", ".")) / PERCENT.get(name, 1)
        except ValueError:
            found[name] = -1.0
    if not all(0 <= value <= 1 for value in found.values()):
        raise DataError("A limit is a number from 0 to 100 %, kappa one from 0 to 1.")
    return Limits(**found)


def _unverified(station: Watched) -> str:
    """The golden or challenge part that the station asks for first; empty where it asks for none."""
    standing = station.screen.view.standing
    return "" if standing.wants is None or standing.is_bypassed else str(standing.wants)


def _record(data: Path, known: Known) -> dict[str, object] | None:
    """The record of the last placement, for its picture and its verdict."""
    if not known.done or not known.done[-1].record:
        return None
    with queries.reading(data) as rows:
        return queries.show(rows, str(known.done[-1].record))


def _close(orders: Orders, name: str, by: str) -> None:
    """Its order is over with it; somebody may have closed it before."""
    with suppress(OrderError):
        orders.close(name, by)


def _notes(found: Study) -> list[str]:
    """What is not met, by whom; and what so few placements do not show."""
    told = [
        f"Not met by {one.name}: {words}."
        for one in (*found.each, found.all)
        for words, is_met in one.judged(found.limits)
        if not is_met
    ]
    most = found.all.miss.interval[1]
    if found.is_met and most > found.limits.miss:
        told.append(f"So few placements do not show it: with 95 % confidence up to {most:.0%} of wrong parts may pass.")
    return told
