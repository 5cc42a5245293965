"""What a MES uses: begin an order, trigger, state, the last inspection, search. Described by /api/openapi.json.

Signed in by the session of a page, or by the token of a machine (`station user token`). Everything is as little able to
delay an inspection as the pages are; what is asked for is taken up by the loop between two placements.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from station.errors import LogError, OrderError, StationError
from station.log import queries
from station.log.record import Row
from station.log.store import DATABASE
from station.types import Reason, State, TriggerSource, Verdict

if TYPE_CHECKING:
    from station.web.flow import Desk

PREFIX = "/api"
PATIENCE = 2.0  # seconds that one search may take; the disk is the station's
STEPS = 20_000  # of SQLite's machine between two looks at the time
Word = Annotated[str, Field(max_length=40)]
MANY = 200


class OrderToBegin(BaseModel):
    """A work order that is there already, by its name; or a new one, whole."""

    model_config = ConfigDict(extra="forbid")
    work_order: Annotated[str, Field(min_length=1, max_length=40)]
    part_number: Word = ""
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    lot: Word = ""


class OrderToClose(BaseModel):
    """A work order that is open, by its name."""

    model_config = ConfigDict(extra="forbid")
    work_order: Annotated[str, Field(min_length=1, max_length=40)]


class StateNow(BaseModel):
    """The station at this moment. `asks` is what it waits for; nothing passes before that is done."""

    station: str
    state: State
    asks: str
    notice: str
    work_order: str
    lot: str
    part_number: str
    quantity: int
    passed: int
    operator: str
    is_simulated: bool


class Found(BaseModel):
    """A page of inspections, newest first; the next is got with `before`, where there is one."""

    inspections: list[dict[str, Any]]
    before: int | None


class Refusal(BaseModel):
    """Why not, in a sentence."""

    detail: str


Answers = dict[int | str, dict[str, Any]]
REFUSED: Answers = {409: {"model": Refusal, "description": "The station cannot do that now"}}
NONE: Answers = {404: {"model": Refusal, "description": "There is no such record"}}
WRONG: Answers = {422: {"model": Refusal, "description": "What was sent is not complete or not understood"}}
BUSY: Answers = {503: {"model": Refusal, "description": "The log cannot be read, or the search takes too long"}}


def add(app: FastAPI, desk: Desk) -> None:
    """Put the API into the application."""
    router = APIRouter(prefix=PREFIX, responses=WRONG)
    _acts(router, desk)
    _log(router, desk)

    @router.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return described

    app.include_router(router)
    described = get_openapi(title="station", version="1", description=__doc__, routes=list(router.routes))
    described["components"]["securitySchemes"] = {"machine": {"type": "http", "scheme": "bearer"}}
    described["security"] = [{"machine": []}]
    pages: Callable[[Request, Exception], Response] = app.exception_handlers[RequestValidationError]  # type: ignore[assignment] # the one that is there

    @app.exception_handler(RequestValidationError)
    def not_understood(request: Request, trouble: RequestValidationError) -> Response:
        if not request.url.path.startswith(PREFIX):
            return pages(request, trouble)
        told = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in trouble.errors()]
        return refusal(422, "; ".join(told)[:1000])


def _acts(router: APIRouter, desk: Desk) -> None:
    station = desk.station

    @router.get("/state", summary="State of the station")
    def state() -> StateNow:
        view, order, tally = station.screen.view, station.order, station.tally
        return StateNow(
            station=station.name,
            state=view.state,
            asks=view.message,
            notice=view.notice,
            work_order=order.work_order,
            lot=order.lot,
            part_number=order.part_number,
            quantity=tally.quantity,
            passed=tally.passed,
            operator=order.operator,
            is_simulated=station.is_simulated,
        )

    @router.post("/order", status_code=202, response_model=None, responses=REFUSED | BUSY, summary="Begin a work order")
    def begin(request: Request, order: OrderToBegin) -> Response:
        """The station takes it up when its stage is empty, and asks for its verification: `state` tells."""
        by = request.scope["session"].person.name
        quantity = "" if order.quantity is None else str(order.quantity)
        try:
            desk.begin(order.work_order, by, order.part_number, quantity, order.lot)
        except (StationError, ValueError) as mistake:
            return refusal(409, str(mistake))
        return answer(202, {"work_order": order.work_order.strip()})

    @router.post(
        "/order/close", status_code=202, response_model=None, responses=REFUSED | BUSY, summary="Close a work order"
    )
    def close(request: Request, order: OrderToClose) -> Response:
        """No more of it; if it runs, nothing does then, and nothing passes."""
        try:
            closed = desk.orders.close(order.work_order, request.scope["session"].person.name)
        except OrderError as mistake:
            return refusal(409, str(mistake))
        return answer(202, {"work_order": closed.work_order, "quantity": closed.quantity})

    @router.post("/trigger", status_code=202, response_model=None, responses=REFUSED, summary="Inspect now")
    def trigger() -> Response:
        """What lies on the stage is inspected, once; where [trigger] sources names "http"."""
        if TriggerSource.HTTP not in station.sources:
            return refusal(409, 'This station is not triggered by http: add "http" to [trigger] sources.')
        if station.screen.view.state is not State.READY:
            return refusal(409, "The station is not ready.")
        station.ask(TriggerSource.HTTP)
        return answer(202, {"asked": TriggerSource.HTTP.value})


def _log(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/inspection", response_model=None, responses=NONE | BUSY, summary="The last inspection, or one by its id"
    )
    def inspection(inspection_id: Annotated[str, Query(max_length=40)] = "") -> Response:
        with _reading(desk) as log:
            found = _one(log, inspection_id) if log else None
        return answer(200, found) if found else refusal(404, "There is no such record.")

    @router.get("/inspections", responses=BUSY, summary="Search")
    def inspections(
        part_number: Word | None = None,
        verdict: Verdict | None = None,
        reason: Reason | None = None,
        work_order: Word | None = None,
        lot: Word | None = None,
        serial: Word | None = None,
        operator: Word | None = None,
        image_sha256: Annotated[str | None, Query(max_length=64)] = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
        limit: Annotated[int, Query(ge=1, le=MANY)] = 50,
    ) -> Response:
        """Read-only, newest first; times about `acquired_at`. The next page is `before` of this one."""
        asked = queries.Search(
            part_number, verdict, reason, work_order, lot, serial, operator, image_sha256, since, until
        )
        try:
            asked.conditions()
        except (ValueError, OverflowError):
            return refusal(422, "since and until: there is no such time in UTC")
        with _reading(desk) as log:
            rows = queries.search(log, asked, before, limit) if log else []
        return answer(200, {"inspections": rows, "before": rows[-1]["sequence"] if len(rows) == limit else None})


def _one(log: sqlite3.Connection, inspection_id: str) -> Row | None:
    if inspection_id:
        return queries.show(log, inspection_id)
    return next(iter(queries.search(log, queries.Search(), limit=1)), None)


@contextmanager
def _reading(desk: Desk) -> Iterator[sqlite3.Connection | None]:
    """The log, for a while; None before there is one. Raises LogError."""
    if not (desk.folder / DATABASE).exists():
        yield None
        return
    with queries.reading(desk.folder) as log:
        until = time.monotonic() + PATIENCE
        log.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            yield log
        except sqlite3.OperationalError as trouble:
            if "interrupted" not in str(trouble):
                raise
            raise LogError("The search takes too long; ask for a shorter time or for one work order.") from trouble


def answer(status: int, told: object) -> Response:
    """JSON of plain ASCII, which any text can be written in."""
    return Response(json.dumps(told, ensure_ascii=True), status, media_type="application/json")


def refusal(status: int, sentence: str) -> Response:
    """Why not."""
    return answer(status, {"detail": sentence})
