"""What a supervisor decides for the days to come: which bundle is used, and how long pictures are kept.

Both go the way of every act: into the accounts with a reason, and from there into the log by the loop. A bundle is
wanted only when its approval is on disk; the station takes it up between two placements, and has to be verified again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from models.bundle import Bundle
from station import escapes
from station.bundles import Bundles, Kept, name_of
from station.desk import Desk
from station.errors import AccountError, BundleError
from station.log import keeping, queries
from station.log.keeping import Terms
from station.people import Role
from station.proposals import APPROVAL, proposals
from station.web.auth import Session
from station.web.forms import PATIENCE, Signed, Text
from station.web.sentences import N_
from station.web.watched import Watched

LONGEST_DAYS, MOST_GIB = 100_000.0, 100_000.0
NO_NUMBER = N_("Days and GiB are numbers from 0 to 100000; 0 is for ever, or no limit.")
WAIT_FOR_IT = N_("The station takes it up as soon as its stage is empty, and has to be verified again.")
KEEPING = (
    ("passed_days", N_("Pictures of passed parts, days")),
    ("others_days", N_("All other pictures, days")),
    ("free_gib", N_("Free space below which passed parts' pictures go earlier, GiB")),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A staged bundle, as the page shows it.

    known  what is known of wrong parts that pass, a sentence a part number
    """

    kept: Kept
    is_in_use: bool
    known: tuple[str, ...]

    @property
    def name(self) -> str:
        """The folder of a staged one."""
        return self.kept.place.name


def candidates(bundles: Bundles, in_use: str | None) -> list[Candidate]:
    """What the station has; damaged ones too, which say so. Raises BundleError."""
    found = []
    for kept in bundles.all():
        is_in_use = kept.bundle is not None and name_of(kept.bundle) == in_use
        found.append(Candidate(kept, is_in_use, _known(kept.bundle) if kept.bundle else ()))
    return found


def _known(bundle: Bundle) -> tuple[str, ...]:
    bounds = bundle.bounds.items()
    return tuple(escapes.known(part, bound, bound.calibration or "", ()).sentence() for part, bound in bounds)


def terms(passed_days: str, others_days: str, free_gib: str) -> Terms:
    """What a form says. Raises ValueError, a sentence."""
    try:
        told = [float(each.strip().replace(",", ".") or 0) for each in (passed_days, others_days, free_gib)]
    except ValueError:
        raise ValueError(NO_NUMBER) from None
    if not all(math.isfinite(each) and 0 <= each <= LONGEST_DAYS for each in told):
        raise ValueError(NO_NUMBER)
    return Terms(*told)


def add(
    app: FastAPI,
    data: Path,
    station: Watched,
    desk: Desk,
    page: Callable[..., Response],
    log: Callable[[], AbstractContextManager[Connection]],
) -> None:
    """Put both pages on the desk. page, log: the desk's own."""

    def bundles_shown(request: Request, status: int = 200, mistake: str = "", done: str = "") -> Response:
        with log() as rows:
            asked, in_use = proposals(rows), queries.model_in_use(rows)
        try:
            found = candidates(Bundles(data), in_use)
        except BundleError as trouble:
            found, mistake = [], mistake or str(trouble)
        waiting = [each for each in asked if not each.answer]
        more: dict[str, Any] = {"waiting": waiting, "answered": [each for each in asked if each.answer][:10]}
        more |= {"found": found, "in_use": in_use, "known": {each.name: each for each in found}}
        more |= {"may_propose": _role(request) is Role.TECHNICIAN, "approved": APPROVAL, "wait": WAIT_FOR_IT}
        return page(request, "bundles.html", status, mistake=mistake, done=done, **more)

    @app.get("/bundles")
    def bundles(request: Request) -> Response:
        return bundles_shown(request, done=request.query_params.get("done", ""))

    def decided(request: Request, session: Session, act: Callable[[str], None], path: str, shown: Any) -> Response:
        try:
            act(session.person.name)
        except (AccountError, BundleError, ValueError) as refusal:
            shown_again: Response = shown(request, 409, str(refusal))
            return shown_again
        return RedirectResponse(f"{path}?done=yes", 303)

    @app.post("/bundles/propose")
    def propose(request: Request, session: Signed, bundle: Text, sha256: Text, reason: Text = "") -> Response:
        def act(by: str) -> None:
            _, found = Bundles(data).staged(bundle, sha256)
            desk.recorded(desk.propose(bundle, sha256, found.part_numbers, by, reason), PATIENCE)

        return decided(request, session, act, "/bundles", bundles_shown)

    @app.post("/bundles/approve")
    def approve(
        request: Request, session: Signed, bundle: Text, sha256: Text, reason: Text = "", proposal: Text = ""
    ) -> Response:
        def act(by: str) -> None:
            wanted = Bundles(data)
            place, found = wanted.staged(bundle, sha256, station.order.part_number or None)
            number = _number(proposal) if proposal else None
            desk.recorded(desk.approve(bundle, sha256, by, reason, number), PATIENCE)
            wanted.want(found, place, by, station.clock.now())  # what was looked at, and not what lies there now

        return decided(request, session, act, "/bundles", bundles_shown)

    @app.post("/bundles/refuse")
    def refuse(request: Request, session: Signed, proposal: Text, reason: Text = "") -> Response:
        def act(by: str) -> None:
            desk.recorded(desk.refuse(_number(proposal), by, reason), PATIENCE)

        return decided(request, session, act, "/bundles", bundles_shown)

    def keeping_shown(request: Request, status: int = 200, mistake: str = "", done: str = "") -> Response:
        with log() as rows:
            in_force, configured = keeping.terms_in_force(rows), keeping.told(rows, keeping.CONFIGURED) or Terms()
            said = queries.events(rows, limit=1, kinds=[keeping.SAID])
            purges = queries.events(rows, limit=10, kinds=["purge"])
        more = {"in_force": in_force, "configured": configured, "said_last": said[0] if said else None}
        return page(request, "keeping.html", status, mistake=mistake, done=done, purges=purges, fields=KEEPING, **more)

    @app.get("/keeping")
    def kept(request: Request) -> Response:
        return keeping_shown(request, done=request.query_params.get("done", ""))

    @app.post("/keeping")
    def keep(
        request: Request,
        session: Signed,
        passed_days: Text = "",
        others_days: Text = "",
        free_gib: Text = "",
        reason: Text = "",
    ) -> Response:
        def act(by: str) -> None:
            desk.recorded(desk.retain(terms(passed_days, others_days, free_gib), by, reason), PATIENCE)

        return decided(request, session, act, "/keeping", keeping_shown)


def _number(proposal: str) -> int:
    """Of the event that proposed it; one that is none is that of no proposal, which is refused as such."""
    return int(proposal) if proposal.isascii() and proposal.isdecimal() and len(proposal) < 19 else 0


def _role(request: Request) -> Role:
    session: Session = request.scope["session"]
    return session.person.role
