"""The technician's pages: the calibration wizard, one instruction a screen, and the camera with all that it offers.

Nothing here touches the hardware: the pages ask the `Bay`, and the loop's thread does it. The wizard's page asks how it
stands a few times a second, which keeps it alive; whoever closes it for good gives the station back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse

from calibration.draft import LASTS, Draft
from calibration.profile import DamagedProfile, Profile, Profiles
from station.accounts import Accounts
from station.bay import CONTINUE, Bay, Shown
from station.calibrate import DRAFT
from station.errors import AccountError, DeviceError
from station.web import language
from station.web.forms import Paper, Short, Signed
from station.web.gauges import HIGH, LONG, WIDE, gauge, pillars
from station.web.sentences import N_
from station.web.sight import Sight
from station.web.watched import Watched

MENU = (("/calibrate", N_("Calibrate")), ("/camera", N_("Camera")))
NO_BAY = N_("Nobody can be given the camera of this station here; stop it, and run `station calibrate`.")
BUSY = N_("Somebody calibrates this station already.")
TITLES = {
    "halt": N_("Halt the line"),
    "clean": N_("Clean and warm up"),
    "lock": N_("Exposure"),
    "flat": N_("Even light"),
    "focus": N_("Focus"),
    "geometry": N_("Place of the camera"),
    "baseline": N_("Golden parts"),
    "check": N_("Blind check"),
    "sign": N_("Sign"),
}
NUMBERS = {  # the live numbers, by the names that the steps give them
    "brightest place": N_("Brightest place, of 255"),
    "level": N_("Brightness, of 255"),
    "fall-off": N_("Fall-off of the light"),
    "sharpness": N_("Sharpness"),
    "board seen": N_("Board in view"),
    "tilt": N_("Lean of the camera"),
    "shift": N_("Shift of the camera"),
}
CONTROLS = {
    "exposure": N_("Exposure"),
    "gain": N_("Gain"),
    "white_balance": N_("White balance"),
    "focus": N_("Focus"),
}
RESULTS = (  # figure of a profile → words, and how it is written
    ("white_level", N_("White sheet, of 255"), "{:.0f}"),
    ("falloff", N_("Fall-off of the light before correction"), "{:.0%}"),
    ("falloff_corrected", N_("Fall-off after correction"), "{:.1%}"),
    ("snr", N_("Signal to noise"), "{:.0f} dB"),
    ("scale", N_("Pixels a millimetre"), "{:.2f}"),
    ("golden_distance", N_("Distance of the golden parts, of its limit"), "{:.0%}"),
    ("misses", N_("Challenge placements that passed"), "{:.0f}"),
    ("miss_bound", N_("Their share is at most, with 0.95 confidence"), "{:.0%}"),
    ("false_alarms", N_("Golden placements that did not pass"), "{:.0f}"),
    ("false_alarm_bound", N_("Their share is at most, with 0.95 confidence"), "{:.0%}"),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """What the pages work with; `bay` is None where the station has none."""

    bay: Bay | None
    sight: Sight
    folder: Path
    paper: Paper

    def without(self, request: Request) -> Response:
        """There is no bay."""
        return self.paper.page(request, "trouble.html", 404, sentence=NO_BAY)


def add(app: FastAPI, station: Watched, bay: Bay | None, accounts: Accounts, paper: Paper) -> None:
    """Put the technician's pages on the station's."""
    paper.write.globals |= {"step_titles": TITLES, "live_names": NUMBERS, "control_names": CONTROLS}
    paper.write.globals |= {"gauge": gauge, "pillars": pillars, "long": LONG, "wide": WIDE, "high": HIGH}
    tool = Tool(bay, Sight(station), accounts.folder / "calibration", paper)
    routes = APIRouter(include_in_schema=False)
    _wizard(routes, tool)
    _camera(routes, tool)
    app.include_router(routes)

    @app.exception_handler(DeviceError)
    def unheard(request: Request, why: Exception) -> Response:  # the loop's process does not answer
        return tool.paper.page(request, "trouble.html", 503, sentence=str(why))


def _wizard(app: APIRouter, tool: Tool) -> None:
    """Begin, see how it stands, do something about it."""

    def shown(request: Request, status: int = 200, mistake: str = "") -> Response:
        if tool.bay is None:
            return tool.without(request)
        now = tool.bay.look(True)
        if now.is_at_work:
            return tool.paper.page(request, "calibrating.html", status, now=now, mark=_mark(now), mistake=mistake)
        profile = _profile(tool.folder, now.profile)
        left = Draft(tool.folder / DRAFT).found()
        more = {"profile": profile, "results": _results(profile), "left": left, "lasts": LASTS / 3600}
        return tool.paper.page(request, "calibrate.html", status, now=now, mistake=mistake, **more)

    @app.get("/calibrate")
    def calibrate(request: Request) -> Response:
        return shown(request)

    @app.get("/calibrate/now")
    def how_far(request: Request, mark: str = "") -> Response:
        """What has changed: all of it where the page shows another instruction, else the live number alone."""
        if tool.bay is None:
            return JSONResponse({"is_over": True})
        now = tool.bay.look(True)
        told: dict[str, object] = {"is_over": not now.is_at_work, "mark": _mark(now)}
        if now.is_at_work:
            is_other, more = mark != told["mark"], {"now": now, "mark": told["mark"], "mistake": ""}
            told["html"] = tool.paper.part(request, "wizard.html", **more) if is_other else None
            told["live"] = tool.paper.part(request, "gauge.html", now=now)
        return JSONResponse(told)

    @app.post("/calibrate/begin")
    def begin(
        request: Request,
        session: Signed,
        anew: Annotated[bool, Form()] = False,
        no_board: Annotated[bool, Form()] = False,
    ) -> Response:
        if tool.bay is None:
            return tool.without(request)
        if not tool.bay.begin(session.person.name, anew, not no_board):
            return shown(request, 409, BUSY)
        return RedirectResponse("/calibrate", 303)

    @app.post("/calibrate/do")
    def do(
        request: Request,
        session: Signed,
        act: Short,
        number: Annotated[int, Form(ge=0, lt=1 << 31)],
        pin: Short = "",
    ) -> Response:
        if tool.bay is None:
            return tool.without(request)
        word = ""
        if act == CONTINUE and tool.bay.look().wants:  # whoever signs gives the PIN once more
            try:
                tool.paper.sessions.confirm(session, pin, "to sign a calibration")
            except AccountError as mistake:
                return shown(request, 409, str(mistake))
            word = session.person.name
        tool.bay.do(act, number, word, session.person.name)
        return RedirectResponse("/calibrate", 303)


def _mark(now: Shown) -> str:
    """Differs wherever the page does, but for the live number."""
    return f"{now.number} {now.phase} {now.trouble}"


def _profile(folder: Path, number: int) -> Profile | None:
    try:
        return Profiles(folder).load(number) if number else None
    except DamagedProfile:
        return None


def _results(profile: Profile | None) -> list[tuple[str, str]]:
    """What came out, in words."""
    figures = profile.figures if profile else {}
    return [(words, form.format(figures[name])) for name, words, form in RESULTS if name in figures]


def _camera(app: APIRouter, tool: Tool) -> None:
    """The controls, the newest picture, and what it tells of exposure and focus."""

    def shown(request: Request, status: int = 200, mistake: str = "", done: str = "") -> Response:
        if tool.bay is None:
            return tool.without(request)
        more = {"camera": tool.bay.camera(), "figures": tool.sight.figures(), "is_busy": tool.bay.look().is_at_work}
        return tool.paper.page(request, "camera.html", status, mistake=mistake, done=done, **more)

    @app.get("/camera")
    def camera(request: Request) -> Response:
        return shown(request, done=request.query_params.get("done", "")[:40])

    @app.post("/camera")
    def tune(request: Request, session: Signed, control: Short, value: Annotated[float, Form()]) -> Response:
        if tool.bay is None:
            return tool.without(request)
        if refused := tool.bay.tune(control, value, session.person.name):
            return shown(request, 409, refused)
        return RedirectResponse("/camera?done=yes", 303)

    @app.get("/camera/now")
    def figures(request: Request) -> Response:
        return HTMLResponse(tool.paper.part(request, "histogram.html", figures=tool.sight.figures()))

    @app.get("/camera.jpg")
    def picture(zoom: bool = False) -> Response:
        jpeg = tool.sight.picture(zoom)
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=204)

    @app.get("/camera/snapshot")
    def snapshot() -> Response:
        jpeg = tool.sight.snapshot()
        if not jpeg:
            return PlainTextResponse(language.text("There is no such picture."), 404)
        headers = {"Content-Disposition": 'attachment; filename="snapshot.jpg"'}
        return Response(jpeg, media_type="image/jpeg", headers=headers)
