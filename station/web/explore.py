"""Questions that nobody foresaw: Datasette on the log, below /explore, for who answers for what is shipped.

It stands behind the guard like every page: the same sign-in, roles and headers. Under their content security policy no
inline script or style of its runs, which takes its looks and the colours of its editor, and nothing else. It reads over
connections of its own that cannot write, opens no other database, and gives way to everybody: one thread, niceness 19,
a second a question. Without the extra `explore` there is a sentence in its place.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from station.gentle import NICE
from station.log.store import DATABASE
from station.web import language
from station.web.sentences import N_

PATH = "/explore"
SETTINGS = {
    "base_url": f"{PATH}/",
    "num_sql_threads": 1,
    "sql_time_limit_ms": 1000,
    "max_returned_rows": 1000,
    "allow_download": False,  # a database that is written meanwhile is copied by the export
    "allow_csv_stream": False,  # whole tables are the export's matter too
    "suggest_facets": False,  # looks through every column of millions
    "default_cache_ttl": 0,
}
ABOUT = {
    "title": "The log of the station",
    "source": "Records of the station",  # at the foot of its pages; they have no bar, and a kiosk has no way back
    "source_url": "/records",
    "databases": {"station": {"tables": {"tail": {"hidden": True}}}},
}
MISSING = N_("Datasette is not installed here: sudo bash deploy/install.sh --extras explore")
NO_LOG = N_("There is no log yet.")


def is_installed() -> bool:
    """Whether there is a Datasette; looked for, not imported, which takes a second."""
    return find_spec("datasette") is not None


class Explore:
    """The application that is mounted; Datasette is imported when somebody first asks for it."""

    def __init__(self, data: Path) -> None:
        self._database = data / DATABASE
        self._app: ASGIApp | None = None
        self._turn = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await run_in_threadpool(self._made)
        await app(scope, receive, send)

    def _made(self) -> ASGIApp:
        with self._turn:
            if not is_installed():
                return PlainTextResponse(language.text(MISSING), 404)
            if not self._database.is_file():
                return PlainTextResponse(language.text(NO_LOG), 404)
            if self._app is None:
                self._app = _datasette(self._database)
            return self._app


def _datasette(database: Path) -> ASGIApp:
    from datasette.app import Datasette
    from datasette.plugins import pm

    if not pm.has_plugin(READ_ONLY):
        pm.register(_hooks(), READ_ONLY)
    app: ASGIApp = Datasette([str(database)], settings=SETTINGS, metadata=ABOUT).app()
    return app


READ_ONLY = "station_read_only"


def _hooks() -> Any:
    from datasette import hookimpl

    class ReadOnly:
        @staticmethod
        @hookimpl  # type: ignore[untyped-decorator] # Datasette has no types
        def prepare_connection(conn: sqlite3.Connection) -> None:
            """Called in the thread that asks the questions."""
            conn.set_authorizer(_allowed)
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)

    return ReadOnly


def _allowed(action: int, *_: object) -> int:
    """No other file is opened: mode=ro keeps this one as it is, and there are others beside it."""
    return sqlite3.SQLITE_DENY if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH) else sqlite3.SQLITE_OK
