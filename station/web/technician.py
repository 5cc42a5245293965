"""The technician's pages: calibrations, the trend of the stage, the agreement study. Who may what stands in auth.WHO.

Everything is read from the data folder: profiles, trend.csv, studies, and the log over connections of its own. What is
done goes the way of the commands.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from calibration.ground import State
from station import trend
from station.accounts import Accounts
from station.errors import LogError
from station.log import queries
from station.web import history, studying, trends
from station.web.auth import TENDS
from station.web.forms import Paper
from station.web.tending import MENU, Page, unwatched
from station.web.watched import Watched

__all__ = ["MENU", "add"]
LOOKS = 5.0  # seconds between two looks for a warning, for the menu


def add(app: FastAPI, station: Watched, accounts: Accounts, paper: Paper) -> None:
    """Put these pages on the station's."""
    data = accounts.folder
    warnings = Warnings(data)
    paper.write.globals |= {"near_a_limit": warnings.are_there, "unwatched": lambda: unwatched(station)}

    def page(request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        may_act = request.scope["session"].person.role in TENDS
        return paper.page(request, template, status, may_act=may_act, **shown)

    history.add(app, station, data, page)
    _trend(app, data, page)
    studying.add(app, station, accounts, page)


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
