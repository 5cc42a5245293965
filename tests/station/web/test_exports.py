"""Exports over a real socket: what the search found, proved where it is signed; a page where there is none."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from station.log import queries
from station.log.record import uuid7
from station.web import exports
from station.web.exporting import FORMATS
from tests.station.factories import AT
from tests.station.web.desk import MANY, desk, pictures, placement
from tests.station.web.site import Site

SAVED = re.compile(r'href="(/export\?[^"]+)"')
PROGRESS = re.compile(r'data-asks="(/export/progress[^"]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with desk(tmp_path_factory.mktemp("desk")) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with site.signed_in("supervisor") as browser:
        yield browser


def test_an_export_holds_what_the_search_found_oldest_first(browser: httpx.Client) -> None:
    told = browser.get("/export?format=jsonl&lot=L1&verdict=PASS")
    rows = [json.loads(line) for line in told.text.splitlines()]
    assert [row["serial"] for row in rows] == [f"S{number}" for number in range(20, 40) if number % 3]
    table = [*csv.DictReader(io.StringIO(browser.get("/export?lot=L1&verdict=PASS").text))]
    assert [row["serial"] for row in table] == [row["serial"] for row in rows]
    assert 'filename="records.csv"' in browser.get("/export").headers["content-disposition"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The export is the answer itself, however busy the machine is."""
    monkeypatch.setattr(exports, "PATIENCE", 60.0)


def unpacked(browser: httpx.Client, folder: Path) -> Path:
    with browser.stream("GET", "/export?format=zip&lot=L1") as answer:
        assert 'filename="records.zip"' in answer.headers["content-disposition"]
        assert "content-length" not in answer.headers  # it is sent as it is made
        (folder / "span.zip").write_bytes(b"".join(answer.iter_bytes()))
    with ZipFile(folder / "span.zip") as file:
        file.extractall(folder)
    return folder


@pytest.mark.usefixtures("at_once")
def test_an_export_with_pictures_is_one_zip_that_verifies_by_itself(
    site: Site, browser: httpx.Client, tmp_path: Path
) -> None:
    site.log.log.sign("test")
    folder = unpacked(browser, tmp_path)
    command = [sys.executable, "-S", "-E", str(folder / "check.py"), str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(list(folder.glob("pictures/*/*/*/*.png"))) >= 20
    assert not list(site.folder.glob(".export-*"))


@pytest.mark.usefixtures("at_once")
def test_a_database_and_epcis_are_exported_too(site: Site, browser: httpx.Client, tmp_path: Path) -> None:
    site.log.log.sign("test")
    (tmp_path / "records.db").write_bytes(browser.get("/export?format=sqlite&lot=L1").content)
    with closing(sqlite3.connect(tmp_path / "records.db")) as rows:
        assert rows.execute("SELECT count(*) FROM inspections WHERE lot = 'L1'").fetchone() == (20,)
    told = browser.get("/export?format=epcis&lot=L1&verdict=PASS").json()
    assert len(told["epcisBody"]["eventList"]) == len([number for number in range(20, 40) if number % 3])


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_of_nothing_is_a_sentence_and_no_file(browser: httpx.Client, kind: str) -> None:
    answer = browser.get(f"/export?format={kind}&lot=L999")
    assert answer.status_code == 404
    assert "No record matches, so there is nothing to export" in answer.text
    assert "content-disposition" not in answer.headers
    listed = browser.get("/records").text
    assert 'href="/export?format=zip"' in listed
    assert " download" not in listed  # else a browser shows no page where there is no file, and nobody reads why


def test_an_export_that_proves_the_log_shows_how_far_it_is_and_is_fetched_once(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PATIENCE", 0.0)
    begun, again = (browser.get("/export?format=sqlite&lot=L2") for _ in range(2))
    assert (begun.status_code, again.headers["location"]) == (303, begun.headers["location"])
    address = begun.headers["location"]
    page = browser.get(address)
    assert "Export: Lot L2" in page.text
    assert "The whole log is proved before anything is signed" in page.text
    asks = PROGRESS.findall(page.text)[0]
    Site.until(lambda: not browser.get(asks).json()["is_running"], 60)
    ready = browser.get(address).text
    save = next(found for found in SAVED.findall(ready) if "mark=" in found).replace("&amp;", "&")
    assert f'<meta http-equiv="refresh" content="0; url={html.escape(save)}">' in ready, "it is saved by itself"
    assert browser.get(save).content.startswith(b"SQLite format 3")
    gone = browser.get(address).text
    assert "http-equiv" not in gone, "and once"
    assert "was fetched already" in gone
    assert 'href="/export?lot=L2&amp;format=sqlite"' in gone


def test_who_asks_again_after_new_records_gets_them_and_the_page_says_up_to_which(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PATIENCE", 0.0)
    export = "/export?format=sqlite&lot=NEW"

    def laid() -> int:
        one = placement(MANY)
        site.log.log.append(replace(one, inspection_id=uuid7(AT), order=replace(one.order, lot="NEW")), pictures(MANY))
        with queries.reading(site.folder) as rows:
            return queries.newest(rows)

    def ready() -> str:
        address = browser.get(export).headers["location"]
        page = browser.get(address).text
        assert f"Everything up to record {newest} is in it." in page
        asks = PROGRESS.findall(page)
        Site.until(lambda: not any(browser.get(each).json()["is_running"] for each in asks), 60)
        return browser.get(address).text

    newest = laid()
    assert "Save the file" in ready(), "and it is not fetched"
    newest = laid()
    page = ready()
    save = next(found for found in SAVED.findall(page) if "mark=" in found).replace("&amp;", "&")
    (site.folder / "saved.db").write_bytes(browser.get(save).content)
    with closing(sqlite3.connect(site.folder / "saved.db")) as rows:
        assert rows.execute("SELECT count(*) FROM inspections WHERE lot = 'NEW'").fetchone() == (2,)


def test_an_export_that_fails_says_why_on_its_page(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PATIENCE", 0.0)
    key = site.folder / "signing.key"
    key.rename(site.folder / "signing.away")
    try:
        address = browser.get("/export?format=zip&lot=L1").headers["location"]
        Site.until(lambda: browser.get(address).status_code == 503, 60)
        assert "s key in" in browser.get(address).text
    finally:
        (site.folder / "signing.away").rename(key)


def test_an_export_of_a_mistaken_search_is_refused_rather_than_of_everything(browser: httpx.Client) -> None:
    answer = browser.get("/export?since=yesterday")
    assert answer.status_code == 400
    assert "That is no time" in answer.text
