"""The desk's routes for an export: ask for one, see how far it is, fetch it.

One that is made quickly is the answer itself. One that proves the log first is made beside its page (making.py), which
fetches it once it is ready.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from sqlite3 import Connection

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse

from station.errors import LogError
from station.log import queries, spans
from station.web.asked import asked
from station.web.exporting import FORMATS, PROVED, STEPS, Exporting
from station.web.forms import PATIENCE
from station.web.making import far
from station.web.sentences import N_

NOTHING = N_("No record matches, so there is nothing to export: ask for less, or for a longer time.")


def add(
    app: FastAPI,
    data: Path,
    page: Callable[..., HTMLResponse],
    trouble: Callable[[Request, int, str], HTMLResponse],
    log: Callable[[], AbstractContextManager[Connection]],
) -> Callable[[], None]:
    """Put them on the desk; page, trouble, log: the desk's own. What is returned ends the exports that run."""
    those = Exporting(data)

    @app.get("/export")
    def exported(request: Request) -> Response:
        wanted = asked(request.query_params)
        if wanted.mistakes:
            return trouble(request, 400, wanted.mistakes[0])
        kind = request.query_params.get("format", "")
        kind = kind if kind in FORMATS else "csv"
        try:
            export = those.find(request.query_params.get("mark", ""))
            if export is None:
                with log() as rows:  # what there is not is told on a page
                    if not queries.search(rows, wanted.search, limit=1):
                        return trouble(request, 404, NOTHING)
                    reach = spans.reach(rows, wanted.search) if kind in PROVED else None
                export = those.begin(wanted, kind, request.scope["session"].person.name, reach)
            if not export.over.wait(PATIENCE if export.kind in PROVED else None):
                made_there = wanted.address("/export/making", format=export.kind, mark=export.mark)
                return RedirectResponse(made_there, 303)
            pieces = those.take(export.mark)
        except LogError as why:
            return trouble(request, 503, str(why))
        if pieces is None:  # somebody else has fetched it this moment
            return RedirectResponse(wanted.address("/export", format=kind), 303)
        media, name = FORMATS[export.kind]
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(pieces, media_type=media, headers=headers)

    @app.get("/export/making")
    def making_export(request: Request) -> Response:
        wanted, kind = asked(request.query_params), request.query_params.get("format", "")
        export = those.find(request.query_params.get("mark", ""))
        if export and export.trouble:
            return trouble(request, 503, export.trouble)
        if export:
            export.look()
        more: dict[str, object] = {"wanted": wanted, "kind": kind if kind in PROVED else "zip", "making": export}
        return page(request, "exporting.html", 200, steps=STEPS, **more)

    @app.get("/export/progress")
    def how_far_exported(request: Request) -> Response:
        export = those.find(request.query_params.get("mark", ""))
        if export:
            export.look()
        return JSONResponse(far(export, STEPS))

    return those.close
