"""Questions that nobody foresaw: the real Datasette behind the guard, which reads the log and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from station.log import queries
from station.log.verify import verify
from station.people import Role
from station.web import explore
from station.web.auth import EXPLORES, HEADERS
from tests.station.log.samples import judged, pictures
from tests.station.web.site import Site, add_people


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("explored"))
    add_people(site)
    for number in range(5):
        site.log.log.append(judged(is_simulated=True), pictures(number))
    with site.served():
        yield site
    site.close()


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with site.signed_in("supervisor") as browser:
        yield browser


def asked(browser: httpx.Client, sql: str) -> httpx.Response:
    return browser.get("/explore/station.json", params={"sql": sql, "_shape": "array"})


def test_a_question_in_sql_is_answered_from_the_running_log(site: Site, browser: httpx.Client) -> None:
    sql = "SELECT verdict, count(*) AS n FROM inspections GROUP BY verdict"
    assert asked(browser, sql).json() == [{"verdict": "PASS", "n": 5}]
    site.log.log.append(judged(is_simulated=True), pictures(9))
    assert asked(browser, sql).json() == [{"verdict": "PASS", "n": 6}]
    page = browser.get("/explore/station/inspections")
    assert page.status_code == 200
    assert 'href="/explore/' in page.text


@pytest.mark.parametrize("path", ["/explore/", "/explore/station", "/explore/station/inspections"])
def test_its_pages_lead_back_to_the_stations_own(browser: httpx.Client, path: str) -> None:
    assert 'href="/records"' in browser.get(path).text


def test_every_answer_bears_the_headers_of_the_stations_own_pages(browser: httpx.Client) -> None:
    for path in ("/explore/", "/explore/station", "/explore/-/static/app.css", "/explore/nothing"):
        answer = browser.get(path)
        assert answer.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items(), path


@pytest.mark.parametrize("role", list(Role))
def test_it_is_for_who_answers_for_what_was_shipped(site: Site, role: Role) -> None:
    with site.signed_in(role.value) as browser:
        for path in ("/explore/", "/explore/station/inspections", "/explore/-/databases.json"):
            assert (browser.get(path).status_code == 200) == (role in EXPLORES)
        assert ('href="/explore"' in browser.get("/operator").text) == (role in EXPLORES)
        assert browser.post("/explore/station", data={"sql": "SELECT 1"}).status_code in (403, 404)


def test_who_is_not_signed_in_sees_nothing_of_it(site: Site) -> None:
    with site.browser(accept="*/*") as stranger:
        for path in ("/explore", "/explore/", "/explore/station.json?sql=select+1", "/explore/-/static/app.css"):
            assert stranger.get(path).status_code == 401


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM events",
        "UPDATE inspections SET verdict = 'PASS'",
        "INSERT INTO events SELECT * FROM events",
        "ATTACH DATABASE '{folder}/people.db' AS people",
        "SELECT 1; ATTACH DATABASE '{folder}/people.db' AS people",
        "SELECT * FROM people.people",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    ],
)
def test_it_can_neither_write_nor_open_another_file_nor_ask_for_ever(
    site: Site, browser: httpx.Client, sql: str
) -> None:
    answer = asked(browser, sql.format(folder=site.folder))
    assert answer.status_code in (400, 403), answer.text
    with queries.reading(site.folder) as rows:
        assert verify(rows, site.folder).breaks == []


def test_its_connection_refuses_another_database_even_where_the_question_came_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.setpriority", lambda *_: None)  # this thread asks more than this
    with closing(sqlite3.connect(":memory:")) as connection:
        explore._hooks().prepare_connection(connection)
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            connection.execute("ATTACH DATABASE ? AS other", [str(tmp_path / "people.db")])


def test_without_datasette_there_is_a_sentence_that_names_the_mend(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explore, "is_installed", lambda: False)
    answer = browser.get("/explore/")
    assert answer.status_code == 404
    assert "sudo bash deploy/install.sh --extras explore" in answer.text
