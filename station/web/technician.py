"""The technician's pages: calibrations, the trend of the stage, the agreement study. Who may what stands in auth.WHO.

Everything is read from the data folder: profiles, trend.csv, studies, and the log over connections of its own. What is
done goes the way of the commands: a choice of calibration is the note that `station calibration use` leaves, a study is
made from the records of an order that bears its name.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment

from calibration.agreement import Limits, Study
from calibration.ground import State
from calibration.profile import DamagedProfile, Profile, Profiles
from station import trend
from station.accounts import Accounts
from station.errors import DataError, LogError, OrderError, ProfileError, StationError
from station.log import queries
from station.log.record import time_text
from station.orders.order import fit_order
from station.orders.store import Orders
from station.recalibrated import fits
from station.study import Known, judged
from station.study_log import LogStudy, limits_of, names, planned
from station.web import calibrations, language, trends
from station.web.auth import TENDS, Session, Sessions
from station.web.sentences import N_
from station.web.supervisor import TOO_OLD, UNREADABLE
from station.web.watched import Watched

MENU = (
    ("/calibrations", N_("Calibrations")),
    ("/trend", N_("Trend")),
    ("/study", N_("Agreement study")),
)
Text = Annotated[str, Form(max_length=500)]
Long = Annotated[str, Form(max_length=3000)]
PATIENCE = 3.0  # seconds until a running station has come between two placements
NO_CALIBRATION = N_("There is no such calibration.")
NO_REASON = N_("It needs a reason: it is asked for years later.")
CHOSEN = {
    "yes": N_("It is in use, and recorded. The station has to be verified again."),
    "soon": N_("It is chosen; the station takes it up between two placements, or at its next start."),
    "no": N_("The station has refused it, the former one stays in use."),
}
LIMITS = {  # of a study
    "effectiveness": N_("Effectiveness, at least, in percent"),
    "miss": N_("Misses, at most, in percent"),
    "false_alarm": N_("False alarms, at most, in percent"),
    "kappa": N_("Kappa, at least"),
}
PERCENT = dict.fromkeys(("effectiveness", "miss", "false_alarm"), 100)  # these are typed as such
LOOKS = 5.0  # seconds between two looks for a warning, for the menu


def add(app: FastAPI, station: Watched, accounts: Accounts, sessions: Sessions, write: Environment) -> None:
    """Put these pages on the station's."""
    data = accounts.folder
    warnings = Warnings(data)
    write.globals |= {"near_a_limit": warnings.are_there}

    def page(request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        session: Session = request.scope["session"]
        shown |= {"person": session.person, "is_visitor": session is sessions.visitor}
        shown |= {"token": sessions.token(session.cookie), "may_act": session.person.role in TENDS}
        return HTMLResponse(write.get_template(template).render(shown), status)

    def is_old(request: Request, token: str) -> bool:
        return not sessions.fits(request.scope["session"].cookie, token)

    _calibrations(app, station, data, page, is_old)
    _trend(app, data, page)
    _study(app, station, data, page, is_old)


Page = Callable[..., HTMLResponse]
IsOld = Callable[[Request, str], bool]


class Warnings:
    """Whether the stage is near a limit, for the menu of the technician: looked up now and then."""

    def __init__(self, data: Path) -> None:
        self._data, self._next, self._are_there = data, float("-inf"), False

    def are_there(self) -> bool:
        """Never raises: a menu has to be there."""
        if (now := time.monotonic()) >= self._next:
            self._next, self._are_there = now + LOOKS, bool(self.read())
        return self._are_there

    def read(self) -> list[trends.Warned]:
        """What is near a limit; nothing where the log cannot be read."""
        with suppress(LogError, sqlite3.Error), queries.reading(self._data) as rows:
            return trends.warned(rows)
        return []


# calibrations


def _calibrations(app: FastAPI, station: Watched, data: Path, page: Page, is_old: IsOld) -> None:
    profiles = Profiles(data / "calibration")

    def refused(request: Request, status: int, sentence: str) -> Response:
        return page(request, "trouble.html", status, sentence=sentence, back=MENU[0])

    def loaded(name: str) -> Profile:
        """Raises ProfileError, a sentence."""
        if not (name.isascii() and name.isdecimal() and len(name) <= 4 and int(name) in profiles.numbers()):
            raise ProfileError(NO_CALIBRATION)
        try:
            return profiles.load(int(name))
        except DamagedProfile as trouble:
            raise ProfileError(_sentence(trouble)) from trouble

    @app.get("/calibrations")
    def history(request: Request) -> Response:
        before = request.query_params.get("before", "")
        is_number = before.isascii() and before.isdecimal() and len(before) <= 9
        shown, older = calibrations.history(profiles, int(before) if is_number else None)
        _, trouble = calibrations.active(profiles)
        return page(request, "calibrations.html", shown=shown, older=older, trouble=_sentence(trouble))

    def one(request: Request, name: str, status: int = 200, mistake: str = "", done: str = "") -> Response:
        try:
            profile = loaded(name)
        except ProfileError as trouble:
            return refused(request, 404, str(trouble))
        in_use, _ = calibrations.active(profiles)
        more = {"mistake": mistake, "done": CHOSEN.get(done, ""), "how": done}
        return page(
            request,
            "calibration.html",
            status,
            profile=profile,
            in_use=in_use,
            lines=calibrations.lines(profile),
            controls=calibrations.controls(profile),
            pictures=calibrations.there(profile),
            **more,
        )

    @app.get("/calibration")
    def whole(request: Request) -> Response:
        return one(request, request.query_params.get("n", ""), done=request.query_params.get("done", ""))

    @app.get("/calibration/picture")
    def picture(request: Request) -> Response:
        try:
            found = calibrations.picture(
                loaded(request.query_params.get("n", "")), request.query_params.get("which", "")
            )
        except ProfileError:
            found = None
        if found is None:
            return PlainTextResponse(language.text("There is no such picture."), 404)
        return Response(found, media_type="image/png")

    @app.get("/calibration/compare")
    def compare(request: Request) -> Response:
        try:
            these = [loaded(request.query_params.get(name, "")) for name in ("first", "second")]
        except ProfileError as trouble:
            return refused(request, 404, str(trouble))
        lines = calibrations.lines(*these)
        settings = [{name: got for name, _, got, _ in calibrations.controls(each)} for each in these]
        controls = [
            (name, *(each.get(name) for each in settings)) for name in dict.fromkeys([*settings[0], *settings[1]])
        ]
        pictures = [name for name, _ in calibrations.there(these[0])]
        shared = [(name, words) for name, words in calibrations.there(these[1]) if name in pictures]
        return page(request, "compare.html", these=these, lines=lines, controls=controls, pictures=shared)

    @app.post("/calibration/use")
    def use(request: Request, n: Text, token: Text, reason: Text = "") -> Response:
        session: Session = request.scope["session"]
        if is_old(request, token):
            return refused(request, 403, TOO_OLD)
        try:
            profile = loaded(n)
            if not reason.strip():
                raise ProfileError(NO_REASON)
            if station.model.profile is not None:
                fits(profile, station.model.profile.camera)
            since = _newest(data)
            profiles.use(profile.number, session.person.name, time_text(station.clock.now()), reason.strip())
        except ProfileError as mistake:
            return one(request, n, 409, str(mistake))
        except (DamagedProfile, OSError) as trouble:
            return one(request, n, 409, _sentence(trouble))
        done = _taken_up(data, profile, since)
        return RedirectResponse(f"/calibration?{urlencode({'n': profile.number, 'done': done})}", 303)


def _newest(data: Path) -> int:
    with suppress(LogError, sqlite3.Error), queries.reading(data) as rows:
        return queries.newest(rows)
    return 0


def _taken_up(data: Path, profile: Profile, since: int) -> str:
    """What the log tells of the choice: yes, no; soon where the station has not come to it in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(LogError, sqlite3.Error), queries.reading(data) as rows:
            for event in queries.events(rows, limit=1, kinds=["calibration", "calibration_refused"]):
                if event["sequence"] > since:
                    is_it = event["details"].get("calibration") == profile.name
                    return "yes" if is_it else "no"
        time.sleep(0.05)
    return "soon"


# the trend


def _trend(app: FastAPI, data: Path, page: Page) -> None:
    @app.get("/trend")
    def shown(request: Request) -> Response:
        asked = request.query_params.get("days", "")
        days = int(asked) if asked in map(str, trends.SPANS) else trends.SPANS[1]
        table = trend.read(data / "calibration")
        if table:
            newest = max(each.day for each in table)
            first = (date.fromisoformat(newest) - timedelta(days=days - 1)).isoformat()
            table = [each for each in table if each.day >= first]
        put_in_use, warned = [], []
        with suppress(LogError, sqlite3.Error), queries.reading(data) as rows:
            put_in_use, warned = trends.put_in_use(rows), trends.warned(rows)
        more = {"days": days, "spans": trends.SPANS, "states": trends.STATES, "measures": trends.MEASURES}
        more |= {"number": trends.number, "limit": trends.limit, "state_of": trends.state_of}
        drawn = trends.drawn(table, put_in_use)
        is_near = any(each.state is not State.WITHIN for each in drawn)
        return page(request, "trend.html", table=table[::-1], drawn=drawn, warned=warned, is_near=is_near, **more)


# the agreement study


def _study(app: FastAPI, station: Watched, data: Path, page: Page, is_old: IsOld) -> None:
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

    def done(request: Request, name: str, token: str, act: Callable[[LogStudy, str], object]) -> Response:
        """Do something about a study, one at a time, and show it again."""
        session: Session = request.scope["session"]
        if is_old(request, token):
            return page(request, "trouble.html", 403, sentence=TOO_OLD, back=MENU[2])
        try:
            with one_at_a_time:
                act(LogStudy(data, name), session.person.name)
        except sqlite3.Error:
            return shown(request, name, 503, UNREADABLE)
        except StationError as trouble:
            return shown(request, name, 409, _sentence(trouble))
        return RedirectResponse(f"/study?{urlencode({'name': name})}", 303)

    @app.get("/study")
    def study(request: Request) -> Response:
        name = request.query_params.get("name", "")
        return shown(request, name) if name else choosing(request)

    @app.post("/study")
    def plan(
        request: Request,
        token: Text,
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
        session: Session = request.scope["session"]
        if is_old(request, token):
            return page(request, "trouble.html", 403, sentence=TOO_OLD, back=MENU[2])
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
        except StationError as mistake:
            typed = {"name": name, "good": good, "wrong": wrong, "people": people, "trials": trials}
            return choosing(request, 409, _sentence(mistake), part_number=part_number, **typed, **asked)
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
    def go_on(request: Request, name: Text, token: Text) -> Response:
        def act(study: LogStudy, by: str) -> None:
            known = study.known()
            order = orders.find(name)
            if order is None:
                part, quantity = str(known.head.get("part_number", "")), str(study.quantity(known))
                try:
                    orders.add(fit_order(name, part, quantity), by)
                except ValueError as mistake:
                    raise OrderError(_sentence(mistake)) from mistake
            orders.begin(name, by)
            study.go_on(by)

        return done(request, name, token, act)

    @app.post("/study/take")
    def take(request: Request, name: Text, token: Text, number: Annotated[int, Form(ge=0, le=10**6)]) -> Response:
        return done(request, name, token, lambda study, by: study.take(number))  # noqa: ARG005 - every act gets it

    @app.post("/study/back")
    def back(request: Request, name: Text, token: Text) -> Response:
        return done(request, name, token, lambda study, by: study.take_back(by))

    @app.post("/study/leave")
    def leave(request: Request, name: Text, token: Text) -> Response:
        def act(study: LogStudy, by: str) -> None:
            study.leave(by)
            if study.wanted(study.known()) is None:
                _close(orders, name, by)

        return done(request, name, token, act)

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


def _sentence(trouble: object) -> str:
    text = str(trouble).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
