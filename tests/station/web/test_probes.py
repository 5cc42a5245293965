"""Programs that watch are told how the station is, on this computer alone, without a name of anybody or any part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from station import service
from station.errors import CameraError
from station.web.probes import PROXIED, Sample, written
from tests.promises.stations import EXPECTED
from tests.station.web.site import Site

LINE = re.compile(r'^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+-]+)$')


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    with site.served():
        yield site
    site.close()


@pytest.fixture
def watcher(site: Site) -> Iterator[httpx.Client]:
    site.station.alive = site.clock.monotonic()
    with site.browser(accept="*/*") as browser:
        yield browser


def figures(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")}


def test_a_station_at_work_is_live_and_ready(watcher: httpx.Client) -> None:
    assert watcher.get("/health/live").status_code == 200
    assert watcher.get("/health/ready").json()["ok"]


def test_in_a_fault_it_is_live_and_not_ready_and_says_why(site: Site, watcher: httpx.Client) -> None:
    service.fail(site.station, CameraError("The camera is gone: plug it in."))
    assert watcher.get("/health/live").status_code == 200
    answer = watcher.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["fault"] == "camera"


def test_a_loop_that_does_not_go_on_is_not_live(site: Site, watcher: httpx.Client) -> None:
    site.clock.sleep(10)
    assert watcher.get("/health/live").status_code == 503
    assert figures(watcher.get("/metrics").text)["station_up"] == 0


def test_every_line_of_the_metrics_is_in_the_format_of_prometheus(site: Site, watcher: httpx.Client) -> None:
    answer = watcher.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert not [line for line in answer.text.splitlines() if not LINE.match(line)]


def test_inspections_are_counted_by_the_log(site: Site, watcher: httpx.Client) -> None:
    site.look(30)
    site.bench.place(EXPECTED)
    site.look(60)
    told = figures(watcher.get("/metrics").text)
    assert told['station_inspections_total{verdict="PASS",reason=""}'] == 1
    assert told['station_state{state="ready"}'] == 1


def test_nothing_of_a_part_or_a_person_is_told(site: Site, watcher: httpx.Client) -> None:
    assert EXPECTED not in watcher.get("/metrics").text


@pytest.mark.parametrize("header", PROXIED)
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_what_a_proxy_passes_on_is_refused(watcher: httpx.Client, path: str, header: str) -> None:
    assert watcher.get(path, headers={header: "192.0.2.7"}).status_code == 403


def test_a_label_may_hold_anything() -> None:
    told: list[Sample] = [("station_fault", {"code": 'a"b\\c\nd'}, 1)]
    assert list(written(told))[-1] == 'station_fault{code="a\\"b\\\\c\\nd"} 1.0\n'
