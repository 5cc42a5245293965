"""The supervisor's desk: every route of it. The log is read over connections of its own, never the loop's.

Routes are plain functions: they run in the server's threads, which are nicer than the loop. Whatever an address says is
read by asked.py; no route trusts any of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse

from station.accounts import Accounts
from station.certificate_page import COUNTED, lines, proof, title
from station.desk import Desk, Left
from station.errors import AccountError, BundleError, LogError
from station.log import queries
from station.log.record import Row
from station.web import certificates, certifying, deciding, explore, language
from station.web.alerts import ALERTS, to_see_to
from station.web.asked import CHOICES, NAMES, NO_RECORD, REASONS, asked, local, record_number, zone
from station.web.auth import ANSWERS, KEEPS, Session
from station.web.certificates import Certificates
from station.web.explained import Explaining
from station.web.exporting import FORMATS, PROVED, Exporting
from station.web.exporting import STEPS as EXPORT_STEPS
from station.web.forms import PATIENCE, Paper, Signed, Text
from station.web.making import far
from station.web.proving import STEPS, Proving
from station.web.records import GONE, MARKS, Pictures, acts_shown, marks, page_of, whole
from station.web.sentences import N_
from station.web.statistics import BY, statistics
from station.web.watched import Watched

MENU = (
    ("/records", N_("Records")),
    ("/rejects", N_("Rejects")),
    ("/alerts", N_("Alerts")),
    ("/figures", N_("Figures")),
    ("/certificate", N_("Certificate")),
    ("/proof", N_("Proof of the log")),
    ("/bundles", N_("Bundles")),
    ("/keeping", N_("Keeping")),
    *([(explore.PATH, N_("Questions in SQL"))] if explore.is_installed() else []),
)
NOTHING = N_("No record matches, so there is nothing to export: ask for less, or for a longer time.")
UNREADABLE = N_("The log cannot be read at this moment; the station inspects on. Try again.")


class Unreadable(Exception):  # noqa: N818 - it names what is the matter
    """What a page wanted of the log cannot be had; a sentence."""


def add(app: FastAPI, station: Watched, accounts: Accounts, paper: Paper) -> Callable[[], None]:
    """Put the desk on the station's pages. What is returned ends, with them, what runs for them."""
    data = accounts.folder
    pictures, desk, explaining = Pictures(data), Desk(data, station.clock), Explaining(data)
    made, proving, exporting = Certificates(data, station.clock), Proving(data, station.clock), Exporting(data)
    paper.write.globals |= {"local": local, "zone": zone, "asked_names": NAMES, "choices": CHOICES, "reasons": REASONS}
    paper.write.globals |= {"gone_words": GONE, "alert_names": ALERTS, "mark_names": MARKS}

    def page(request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        may_act = request.scope["session"].person.role in ANSWERS
        return paper.page(request, template, status, may_act=may_act, alerts=to_see_to(data, station), **shown)

    def trouble(request: Request, status: int, sentence: str) -> HTMLResponse:
        return page(request, "trouble.html", status, sentence=sentence)

    @contextmanager
    def log() -> Iterator[sqlite3.Connection]:
        with readable(), queries.reading(data) as rows:
            yield rows

    def listed(request: Request, template: str, limit: int, **fixed: str) -> Response:
        wanted = asked({**request.query_params, **fixed})
        with log() as rows:
            found = page_of(rows, wanted, limit)
            kept = pictures.there(rows, found.rows)
            marked = {number: marks(acts) for number, acts in queries.acts_of(rows, found.rows).items()}
        return page(request, template, wanted=wanted, found=found, kept=kept, marked=marked, path=request.url.path)

    @app.get("/records")
    def records(request: Request) -> Response:
        return listed(request, "records.html", 25)

    @app.get("/rejects")
    def rejects(request: Request) -> Response:
        return listed(request, "rejects.html", 24, verdict="REJECT")

    def shown(request: Request, record: str, status: int = 200, mistake: str = "", done: str = "") -> Response:
        with log() as rows:
            row = _row(rows, record)
            if row is None:
                return trouble(request, 404, NO_RECORD)
            acts = queries.acts_about(rows, row["sequence"])
            told = whole(rows, row, acts)
            kept = pictures.there(rows, [row])[row["sequence"]]
        more = {"kept": kept, "acts": acts_shown(row, acts), "explained": explaining.told(row)}
        return page(request, "record.html", status, row=row, told=told, mistake=mistake, done=done, **more)

    @app.get("/record")
    def record(request: Request) -> Response:
        return shown(request, request.query_params.get("n", ""), done=request.query_params.get("done", ""))

    @app.get("/picture")
    def picture(request: Request) -> Response:
        which = "frame" if request.query_params.get("which") == "frame" else "image"
        with log() as rows:
            row = _row(rows, request.query_params.get("record", ""))
            content = pictures.read(row, which) if row is not None else None
        return _picture(content, "image/jpeg" if which == "frame" else "image/png")

    @app.get("/explained.png")
    def explained(request: Request) -> Response:
        with log() as rows:
            row = _row(rows, request.query_params.get("record", ""))
        try:
            return _picture(explaining.png(row) if row is not None else None, "image/png")
        except (LogError, BundleError) as why:
            return PlainTextResponse(language.said(str(why)), 404)

    def acted(request: Request, session: Session, record: str, act: Callable[[int, str], Left]) -> Response:
        """Do something about a record, and show it again: with what came of it, or why it was not done."""
        try:
            with readable():
                left = act(record_number(record), session.person.name)
                is_recorded = desk.recorded(left, PATIENCE) is not None
        except (AccountError, ValueError) as refusal:
            return shown(request, record, 409, str(refusal))
        return RedirectResponse(f"/record?n={record_number(record)}&done={'yes' if is_recorded else 'soon'}", 303)

    @app.post("/record/release")
    def release(request: Request, session: Signed, record: Text, reason: Text = "") -> Response:
        return acted(request, session, record, lambda number, by: desk.release(number, by, reason))

    @app.post("/record/escape")
    def escape(request: Request, session: Signed, record: Text, reason: Text = "", part_number: Text = "") -> Response:
        return acted(request, session, record, lambda number, by: desk.escape(number, by, reason, part_number.strip()))

    def alerts_shown(request: Request, status: int = 200, mistake: str = "", done: str = "") -> Response:
        may_note = request.scope["session"].person.role in KEEPS
        more: dict[str, object] = {"mistake": mistake, "done": done, "may_note": may_note, "names": ALERTS}
        return page(request, "alerts.html", status, **more)

    @app.get("/alerts")
    def alerts(request: Request) -> Response:
        return alerts_shown(request, done=request.query_params.get("done", ""))

    @app.post("/alerts/acknowledge")
    def acknowledge(request: Request, session: Signed, alert: Text, remark: Text = "") -> Response:
        try:
            with readable():
                left = desk.acknowledge(record_number(alert), session.person.name, remark)
                is_recorded = desk.recorded(left, PATIENCE) is not None
        except (AccountError, ValueError) as refusal:
            return alerts_shown(request, 409, str(refusal))
        return RedirectResponse(f"/alerts?done={'yes' if is_recorded else 'soon'}", 303)

    @app.get("/certificate")
    def certificate(request: Request) -> Response:
        about, value, mark = (request.query_params.get(each, "") for each in ("about", "value", "mark"))
        making, mistake = made.find(mark), ""
        try:
            if making is None and (about or value):
                with busy():
                    making = made.begin(about, value)
                asks = urlencode({"about": about, "value": value, "mark": making.mark})
                return RedirectResponse(f"/certificate?{asks}", 303)
        except (ValueError, LogError) as why:
            mistake = str(why)
        is_made = making is not None and not making.over.wait(PATIENCE)
        told, mistake = (making.told, making.trouble) if making and not is_made else (None, mistake)
        if making and told:
            making.is_seen = True
        more: dict[str, object] = {"about": about[:20], "value": value[:200], "mistake": mistake}
        more |= {"making": making, "is_made": is_made, "told": told, "steps": certifying.STEPS}
        more |= {"names": certificates.NAMES, "title": title, "lines": lines}
        more |= {"proof": proof, "counted": COUNTED, "code": certificates.code}
        return page(request, "certificate.html", 404 if mistake else 200, **more)

    @app.get("/certificate/progress")
    def how_far_made(request: Request) -> Response:
        making = made.find(request.query_params.get("mark", ""))
        return JSONResponse(far(making, certifying.STEPS))

    @app.get("/certificate/file")
    def certificate_file(request: Request) -> Response:
        about, value, kind, mark = (request.query_params.get(each, "") for each in ("about", "value", "kind", "mark"))
        making = made.find(mark)
        if making is None or making.told is None:  # made anew, where it is kept no more
            return RedirectResponse(f"/certificate?{urlencode({'about': about, 'value': value})}", 303)
        told, kind = making.told, "pdf" if kind == "pdf" else "json"
        return _download(certificates.file(told, kind), certificates.KINDS[kind], certificates.file_name(told, kind))

    @app.get("/figures")
    def figures(request: Request) -> Response:
        wanted = asked(request.query_params)
        by = request.query_params.get("by", "")
        with log() as rows:
            told = statistics(rows, by if by in BY else "day", wanted.search.since, wanted.search.until)
        return page(request, "figures.html", wanted=wanted, told=told, groups=BY)

    @app.get("/export")
    def exported(request: Request) -> Response:
        wanted = asked(request.query_params)
        if wanted.mistakes:
            return trouble(request, 400, wanted.mistakes[0])
        kind = request.query_params.get("format", "")
        kind = kind if kind in FORMATS else "csv"
        try:
            export = exporting.find(request.query_params.get("mark", ""))
            if export is None:
                with log() as rows:  # what there is not is told on a page
                    if not queries.search(rows, wanted.search, limit=1):
                        return trouble(request, 404, NOTHING)
                export = exporting.begin(wanted, kind, request.scope["session"].person.name)
            if not export.over.wait(PATIENCE if export.kind in PROVED else None):
                made_there = wanted.address("/export/making", format=export.kind, mark=export.mark)
                return RedirectResponse(made_there, 303)
            pieces = exporting.take(export.mark)
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
        export = exporting.find(request.query_params.get("mark", ""))
        if export and export.trouble:
            return trouble(request, 503, export.trouble)
        if export:
            export.look()
        more: dict[str, object] = {"wanted": wanted, "kind": kind if kind in PROVED else "zip", "making": export}
        return page(request, "exporting.html", 200, steps=EXPORT_STEPS, **more)

    @app.get("/export/progress")
    def how_far_exported(request: Request) -> Response:
        export = exporting.find(request.query_params.get("mark", ""))
        if export:
            export.look()
        return JSONResponse(far(export, EXPORT_STEPS))

    @app.get("/proof")
    def proof_of_log(request: Request) -> Response:
        with log() as rows:
            head, newest = queries.newest_head(rows), queries.newest(rows)
        return page(request, "proof.html", progress=proving.progress, steps=STEPS, head=head, newest=newest)

    @app.get("/proof/progress")
    def how_far() -> Response:
        return JSONResponse(far(proving.progress, STEPS))

    @app.post("/proof")
    def prove(session: Signed) -> Response:
        proving.begin(session.person.name)
        return RedirectResponse("/proof", 303)

    deciding.add(app, data, station, desk, page, log)

    app.mount(explore.PATH, explore.Explore(data))

    @app.exception_handler(Unreadable)
    def unreadable(request: Request, why: Exception) -> Response:
        return trouble(request, 503, str(why))

    def close() -> None:
        proving.close()
        made.close()
        exporting.close()

    return close


@contextmanager
def busy() -> Iterator[None]:
    """Whatever SQLite says becomes one sentence."""
    try:
        yield
    except sqlite3.Error as why:
        raise Unreadable(UNREADABLE) from why


@contextmanager
def readable() -> Iterator[None]:
    """Whatever is wrong with the log becomes one sentence."""
    with busy():
        try:
            yield
        except LogError as why:
            raise Unreadable(str(why)) from why


def _row(rows: sqlite3.Connection, record: str) -> Row | None:
    try:
        return queries.show(rows, str(record_number(record)))
    except ValueError:
        return None


def _picture(content: bytes | None, kind: str) -> Response:
    if content is None:
        return PlainTextResponse(language.text("There is no such picture."), 404)
    return Response(content, media_type=kind)


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
