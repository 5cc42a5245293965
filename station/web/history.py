"""The calibrations' pages: history, one whole, two compared, another put in use.

A choice is the note that `station calibration use` leaves; the loop takes it up between two placements.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from calibration.profile import DamagedProfile, Profile, Profiles
from station.errors import LogError, ProfileError
from station.log import queries
from station.log.record import time_text
from station.recalibrated import fits
from station.web import calibrations, language
from station.web.forms import PATIENCE, Signed, Text, sentence
from station.web.sentences import N_
from station.web.tending import MENU, Page
from station.web.watched import Watched

NO_CALIBRATION = N_("There is no such calibration.")
NO_REASON = N_("It needs a reason: it is asked for years later.")
CHOSEN = {
    "yes": N_("It is in use, and recorded. The station has to be verified again."),
    "soon": N_("It is chosen; the station takes it up between two placements, or at its next start."),
    "no": N_("The station has refused it, the former one stays in use."),
}


def add(app: FastAPI, station: Watched, data: Path, page: Page) -> None:
    """Put these pages on the station's."""
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
            raise ProfileError(sentence(trouble)) from trouble

    @app.get("/calibrations")
    def history(request: Request) -> Response:
        before = request.query_params.get("before", "")
        is_number = before.isascii() and before.isdecimal() and len(before) <= 9
        shown, older = calibrations.history(profiles, int(before) if is_number else None)
        _, trouble = calibrations.active(profiles)
        return page(request, "calibrations.html", shown=shown, older=older, trouble=sentence(trouble))

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
    def use(request: Request, session: Signed, n: Text, reason: Text = "") -> Response:
        try:
            profile = loaded(n)
            if not reason.strip():
                raise ProfileError(NO_REASON)
            if station.model.profile is not None:
                fits(profile, station.model.profile.camera, station.model.profile.frame)
            since = _newest(data)
            profiles.use(profile.number, session.person.name, time_text(station.clock.now()), reason.strip())
        except ProfileError as mistake:
            return one(request, n, 409, str(mistake))
        except (DamagedProfile, OSError) as trouble:
            return one(request, n, 409, sentence(trouble))
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
