"""/health/live, /health/ready and /metrics, for the programs that watch over stations. Nobody signs in for these.

They are answered to this computer alone, and not to what a proxy on it passes on: a program that watches has no PIN,
and whoever stands at the machine sees more on its screen. There is nothing of a part or a person in them.

The metrics are text as Prometheus reads it (0.0.4). Its library would keep counters of its own, which begin at nought
with each start; the log has counted already, and goes on counting where it stopped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from station.errors import LogError
from station.log import queries
from station.screen import word
from station.types import State
from station.web import language
from station.web.watched import Watched

LONGEST_TURN = 5.0  # seconds that the loop may be silent, and be taken for alive
AT_WORK = (State.READY, State.EXECUTING)
PROXIED = ("x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip")
THIS = Path("/proc/self")
TEXT = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = ("127.0.0.1", "::1")

Sample = tuple[str, dict[str, str], float]


def probes(station: Watched, data: Path, process: Path = THIS) -> APIRouter:
    """The three addresses; `data` is the folder of the log, `process` the kernel's folder of the loop's process."""
    router = APIRouter()

    def answer(request: Request, well: bool) -> Response:
        if not is_near(request):
            return PlainTextResponse(language.text("This is told to this computer alone."), 403)
        view = station.screen.view
        told = {"state": view.state.value, "says": word(view), "message": view.message, "fault": view.fault}
        return JSONResponse(told | {"ok": well}, 200 if well else 503)

    @router.get("/health/live")
    def live(request: Request) -> Response:
        return answer(request, is_alive(station))

    @router.get("/health/ready")
    def ready(request: Request) -> Response:
        return answer(request, is_alive(station) and station.screen.view.state in AT_WORK)

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        if not is_near(request):
            return PlainTextResponse(language.text("This is told to this computer alone."), 403)
        return PlainTextResponse("".join(written(samples(station, data, process))), media_type=TEXT)

    return router


def is_near(request: Request) -> bool:
    """Whether a program on this computer asks, for itself."""
    host = request.client.host if request.client else ""
    return host in LOOPBACK and not any(name in request.headers for name in PROXIED)


def is_alive(station: Watched) -> bool:
    """Whether the loop went on lately, be it in a fault."""
    return station.clock.monotonic() - station.alive < LONGEST_TURN


HELP = {
    "station_up": "gauge|Whether the loop goes on",
    "station_state": "gauge|1 for the state that the station is in",
    "station_fault": "gauge|1 for what is in trouble",
    "station_verified": "gauge|Whether parts may pass",
    "station_loop_age_seconds": "gauge|Since the loop went on",
    "station_picture_age_seconds": "gauge|Since the newest picture was taken",
    "station_light_ratio": "gauge|Light over the empty stage, 1 is as calibrated",
    "station_clock_synchronised": "gauge|Whether times can be trusted",
    "station_inspections_total": "counter|Records of the log, by verdict and reason",
    "station_decision_seconds_sum": "counter|Time that all verdicts took",
    "station_record": "gauge|Sequence of the newest record",
    "station_disk_free_bytes": "gauge|Room on the disk of the log",
    "station_resident_memory_bytes": "gauge|Memory of the process",
    "station_open_files": "gauge|File descriptors of the process",
    "station_threads": "gauge|Threads of the process",
}


def samples(station: Watched, data: Path, process: Path = THIS) -> Iterator[Sample]:
    """Every figure as it stands now."""
    view, now = station.screen.view, station.clock.monotonic()
    yield "station_up", {}, is_alive(station)
    for state in State:
        yield "station_state", {"state": state.value}, state is view.state
    for fault in ("camera", "light", "line", "log", "internal"):
        yield "station_fault", {"code": fault}, fault == view.fault
    yield "station_verified", {}, view.state in AT_WORK and not view.message
    yield "station_loop_age_seconds", {}, now - station.alive
    if view.frame:
        yield "station_picture_age_seconds", {}, now - view.frame.monotonic
    if view.light is not None:
        yield "station_light_ratio", {}, view.light
    yield "station_clock_synchronised", {}, station.clock.is_synchronised()
    yield from _of_the_log(data)
    yield from of_the_process(process)


def _of_the_log(data: Path) -> Iterator[Sample]:
    """What cannot be read is left out: that it is missing is for whoever watches to see."""
    try:
        yield "station_disk_free_bytes", {}, shutil.disk_usage(data).free
        with queries.reading(data) as rows:
            sql = "SELECT verdict, reason, sum(records), total(decision_ms) FROM tallies GROUP BY 1, 2 ORDER BY 1, 2"
            found = rows.execute(sql).fetchall()
            newest = queries.newest(rows)
    except (OSError, LogError):
        return
    for verdict, reason, records, _ in found:
        yield "station_inspections_total", {"verdict": verdict, "reason": reason}, records
    yield "station_decision_seconds_sum", {}, sum(each[3] for each in found) / 1e3
    yield "station_record", {}, newest


def of_the_process(proc: Path) -> Iterator[Sample]:
    """Memory, files and threads, from the kernel's folder of a process."""
    try:
        resident = int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        yield "station_resident_memory_bytes", {}, resident
        yield "station_open_files", {}, len(list((proc / "fd").iterdir()))
        yield "station_threads", {}, len(list((proc / "task").iterdir()))
    except OSError:
        return


def written(told: Iterable[Sample]) -> Iterator[str]:
    """The text that Prometheus reads."""
    before = ""
    for name, labels, value in told:
        if name != before:
            kind, _, meaning = HELP[name].partition("|")
            yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
            before = name
        named = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
        yield f"{name}{f'{{{named}}}' if named else ''} {float(value)!r}\n"


def escaped(text: str) -> str:
    """A label's value."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
