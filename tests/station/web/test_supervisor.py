"""The supervisor's desk over a real socket: found, shown, released, and nothing that an address says breaks it."""

from __future__ import annotations

import html
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.assembly import BENCH
from station.bundles import Bundles
from station.certificate import check
from station.desk import Desk, Left
from station.errors import LogError
from station.log import queries
from station.log.keeping import Terms, terms_in_force
from station.log.record import Row
from station.people import Role
from station.types import State
from station.web import supervisor
from station.web.asked import ASKED, asked
from station.web.auth import READS, WHO
from station.web.certificates import AT_ONCE, TOO_MANY, Certificates
from station.web.proving import BROKE_OFF, Proving
from station.web.statistics import BY
from station.wishes import Wish
from tests.station.releases import release
from tests.station.web.desk import MANY, desk, pictures, placement
from tests.station.web.site import Site, running, token_of

FILE = re.compile(r'href="(/certificate/file[^"]+)"')
PROGRESS = re.compile(r'data-asks="(/certificate/progress[^"]+)"')
RECORD = re.compile(r'href="/record\?n=(\d+)"')
HOSTILE = (
    "'; DROP TABLE inspections; --",
    '"><script>alert(1)</script>',
    "%",
    "_",
    "\x00",
    "\u202e部品" * 20,
    "x" * 1000,
    "-1",
    "9" * 40,
    "NaN",
    "../../people.db",
    "{{ 7 * 7 }}",
)
PATHS = tuple(path for method, path in WHO if method == "GET" and WHO[method, path] is READS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with desk(tmp_path_factory.mktemp("desk")) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with site.signed_in("supervisor") as browser:
        yield browser


@pytest.fixture(scope="module")
def reader(site: Site) -> Iterator[httpx.Client]:
    """Somebody who stays signed in, and only reads."""
    with site.signed_in("supervisor") as browser:
        yield browser


def row_of(site: Site, number: int) -> Row:
    with queries.reading(site.folder) as rows:
        [row] = queries.search(rows, queries.Search(serial=f"S{number}"))
        return row


def numbers(page: httpx.Response) -> list[int]:
    assert page.status_code == 200, page.text
    return [int(found) for found in RECORD.findall(page.text)]


def link(page: httpx.Response, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.text)
    return found[1].replace("&amp;", "&") if found else None


# found


def test_the_first_page_is_there_at_once_newest_first(browser: httpx.Client, site: Site) -> None:
    found = numbers(browser.get("/records"))
    assert found == sorted(found, reverse=True)
    assert found[0] == row_of(site, MANY - 1)["sequence"]


def test_older_and_newer_pages_lead_through_every_record_and_back(browser: httpx.Client) -> None:
    page = browser.get("/records")
    there = [numbers(page)]
    while older := link(page, "next"):
        page = browser.get(older)
        there.append(numbers(page))
    assert len(set(chain(*there))) == len([*chain(*there)]) == MANY
    back = [numbers(page)]
    while newer := link(page, "prev"):
        page = browser.get(newer)
        back.append(numbers(page))
    assert set(chain(*back)) == set(chain(*there))
    assert link(page, "prev") is None


def test_whatever_is_given_has_to_fit(browser: httpx.Client, site: Site) -> None:
    row = row_of(site, 27)
    for query in (
        {"serial": "S27"},
        {"lot": "L1", "since": row["acquired_at"], "until": "2026-01-05T06:34:10Z"},
        {"image_sha256": row["image_sha256"]},
        {"image_sha256": row["frame_sha256"].upper(), "work_order": "4711"},
        {"serial": " S27 ", "verdict": "REJECT", "reason": "wrong_part", "operator": "Tan", "part_number": "A"},
    ):
        assert numbers(browser.get("/records", params=query)) == [row["sequence"]]
    assert numbers(browser.get("/records", params={"serial": "S27", "verdict": "PASS"})) == []


def test_a_page_of_a_search_is_of_the_same_search(browser: httpx.Client) -> None:
    first = browser.get("/records", params={"verdict": "PASS"})
    older = link(first, "next")
    assert older
    assert "verdict=PASS" in older
    assert len(numbers(first)) + len(numbers(browser.get(older))) == MANY - MANY // 3


def test_the_gallery_shows_rejects_alone_each_with_its_serial(browser: httpx.Client) -> None:
    page = browser.get("/rejects", params={"verdict": "PASS"})
    assert len(numbers(page)) == MANY // 3
    assert re.findall(r'title="S(\d+)"', page.text) == [str(number) for number in reversed(range(0, MANY, 3))]


def test_times_are_local_with_their_zone_and_the_record_keeps_utc(browser: httpx.Client, site: Site) -> None:
    row = row_of(site, 1)
    page = browser.get(f"/record?n={row['sequence']}").text
    assert f"{row['acquired_at']} (UTC)" in page
    assert re.search(r"2026-01-0\d \d\d:08:08 [A-Z+-]", page)


# shown whole


def test_a_record_shows_its_numbers_hashes_and_pictures(browser: httpx.Client, site: Site) -> None:
    row = row_of(site, 27)
    page = browser.get(f"/record?n={row['sequence']}").text
    for each in ("record_hash", "prev_hash", "image_sha256", "frame_sha256", "inspection_id", "serial", "work_order"):
        assert row[each] in page
    patch = browser.get(f"/picture?record={row['sequence']}&which=image")
    assert (patch.headers["content-type"], patch.content) == ("image/png", pictures(27).patch)
    frame = browser.get(f"/picture?record={row['sequence']}&which=frame")
    assert (frame.headers["content-type"], frame.content) == ("image/jpeg", pictures(27).frame)


def test_a_record_leads_to_all_of_its_lot_order_and_serial(browser: httpx.Client, site: Site) -> None:
    page = html.unescape(browser.get(f"/record?n={row_of(site, 27)['sequence']}").text)
    for asked_for, found in (("serial=S27", 1), ("lot=L1", 20), ("work_order=4711", 25)):
        assert f'href="/records?{asked_for}"' in page
        assert len(numbers(browser.get(f"/records?{asked_for}"))) == found


def test_a_picture_that_is_gone_is_told_as_purged_or_missing(browser: httpx.Client, site: Site) -> None:
    row = row_of(site, 3)
    day = row["acquired_at"][:10].replace("-", "/")
    path = site.folder / "pictures" / day / f"{row['image_sha256']}.png"
    content = path.read_bytes()
    path.unlink()
    try:
        assert "missing" in browser.get(f"/record?n={row['sequence']}").text
        assert "missing" in browser.get("/records?serial=S3").text
        assert browser.get(f"/picture?record={row['sequence']}").status_code == 404
        site.log.note("purge", "Pictures were let go", what="others", through=row["sequence"])
        assert "purged" in browser.get(f"/record?n={row['sequence']}").text
    finally:
        path.write_bytes(content)


def test_a_picture_that_was_changed_is_not_shown_as_the_archived_one(browser: httpx.Client, site: Site) -> None:
    row = row_of(site, 4)
    day = row["acquired_at"][:10].replace("-", "/")
    path = site.folder / "pictures" / day / f"{row['image_sha256']}.png"
    content = path.read_bytes()
    path.write_bytes(content + b"x")
    try:
        answer = browser.get(f"/picture?record={row['sequence']}")
        assert answer.status_code == 503
        assert "is not the picture that was archived" in answer.text
    finally:
        path.write_bytes(content)


# acts


def test_a_release_is_recorded_with_who_and_why_and_the_old_record_stays(site: Site) -> None:
    before = row_of(site, 30)
    record = before["sequence"]
    with site.signed_in("supervisor") as browser, running(site):
        form = {"record": record, "token": token_of(browser.get(f"/record?n={record}")), "reason": "measured by hand"}
        answer = browser.post("/record/release", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/record?n={record}&done=yes")
        page = browser.get(answer.headers["location"]).text
        assert "The old record stays as it was." in page
        assert "measured by hand" in page
        assert "by supervisor" in page
        again = browser.post("/record/release", data=form)
        assert again.status_code == 409
        assert "was released before" in again.text
        assert '<b class="told release">Released</b>' in browser.get(f"/records?serial={before['serial']}").text
    with queries.reading(site.folder) as rows:
        [act] = queries.acts_about(rows, record)
    assert (act["kind"], act["operator"], act["details"]["reason"]) == ("release", "supervisor", "measured by hand")
    assert row_of(site, 30) == before


def test_a_part_that_passed_and_was_put_on_hold_can_be_released(site: Site) -> None:
    row = row_of(site, 35)
    assert row["verdict"] == "PASS"
    with site.signed_in("supervisor") as browser, running(site):
        page = f"/record?n={row['sequence']}"
        assert "/record/release" not in browser.get(page).text
        site.log.note("override", "on hold: a scratch", operator="Tan", record=row["sequence"], verdict="PASS")
        form = {"record": row["sequence"], "token": token_of(browser.get(page)), "reason": "a hair, no scratch"}
        assert "/record/release" in browser.get(page).text
        assert browser.post("/record/release", data=form).status_code == 303


def test_an_escape_is_entered_for_a_part_that_passed(site: Site) -> None:
    record = row_of(site, 31)["sequence"]
    with site.signed_in("supervisor") as browser, running(site):
        token = token_of(browser.get(f"/record?n={record}"))
        form = {"record": record, "token": token, "reason": "the customer called", "part_number": "B"}
        assert browser.post("/record/escape", data=form).status_code == 303
        assert "is an escape" in browser.get(f"/record?n={record}").text


def test_a_station_that_does_not_come_to_it_says_so_and_keeps_it(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.0)
    record = row_of(site, 33)["sequence"]
    form = {"record": record, "token": token_of(browser.get(f"/record?n={record}")), "reason": "later"}
    answer = browser.post("/record/release", data=form)
    assert "between two placements" in browser.get(answer.headers["location"]).text
    with running(site):
        site.until(lambda: "was released" in browser.get(f"/record?n={record}").text)


def test_an_act_needs_a_reason_a_record_and_a_form_of_ours(site: Site, browser: httpx.Client) -> None:
    rejected, passed = row_of(site, 36)["sequence"], row_of(site, 37)["sequence"]
    token = token_of(browser.get(f"/record?n={rejected}"))

    def refused(path: str, **form: object) -> tuple[int, str]:
        answer = browser.post(path, data={"record": rejected, "token": token, "reason": "why"} | form)
        return answer.status_code, answer.text

    assert refused("/record/release", token="x")[0] == 403
    assert "needs a name and a reason" in refused("/record/release", reason="  ")[1]
    assert "nothing to release" in refused("/record/release", record=passed)[1]
    assert "cannot have escaped" in refused("/record/escape")[1]
    for record in ("0", "999999", "x", "-1", "9" * 30):
        code, text = refused("/record/release", record=record)
        assert code in (404, 409)
        assert "There is no" in text
    with queries.reading(site.folder) as rows:
        assert queries.acts_about(rows, rejected) == []


@pytest.mark.parametrize("role", list(Role))
def test_only_a_supervisor_sees_the_forms_and_may_send_them(site: Site, role: Role) -> None:
    record = row_of(site, 39)["sequence"]
    with site.signed_in(role.value) as browser:
        page = browser.get(f"/record?n={record}")
        assert (page.status_code == 200) == (role in READS)
        assert ('action="/record/release"' in page.text) == (role is Role.SUPERVISOR)
        if role is not Role.SUPERVISOR:
            form = {"record": record, "token": "x", "reason": "why"}
            assert browser.post("/record/release", data=form).status_code == 403
        menu = browser.get("/operator").text
        assert ('href="/records"' in menu) == (role in READS)


def test_an_alert_stands_on_every_page_until_its_cause_is_gone_and_somebody_has_taken_note(site: Site) -> None:
    site.log.note("verification", "The golden part in record 3 got REJECT wrong_part", result="failed")
    with site.signed_in("technician") as browser, running(site):
        for path in ("/records", "/figures", "/proof"):
            assert 'class="strip"' in browser.get(path).text
        page = browser.get("/alerts")
        assert "The golden part in record 3 got REJECT wrong_part" in page.text
        [event] = re.findall(r'name="alert" value="(\d+)"', page.text)
        form = {"alert": event, "token": token_of(page), "remark": "boxes set aside"}
        assert browser.post("/alerts/acknowledge", data=form | {"token": "x"}).status_code == 403
        assert browser.post("/alerts/acknowledge", data=form | {"alert": "9999"}).status_code == 409
        assert browser.post("/alerts/acknowledge", data=form).headers["location"] == "/alerts?done=yes"
        page = browser.get("/alerts")
        assert "technician took note" in page.text
        assert 'class="strip noted"' in browser.get("/records").text
        assert browser.post("/alerts/acknowledge", data=form).status_code == 409
        site.log.note("verification", "Verified", result="verified")
        assert "nothing to see to" in browser.get("/alerts").text
        assert "strip" not in browser.get("/records").text


def test_a_log_that_is_in_trouble_is_an_alert_although_it_cannot_tell(site: Site, browser: httpx.Client) -> None:
    site.station.screen.tell(State.ERROR, "There is no room for the log.", fault="log")
    try:
        page = browser.get("/alerts").text
        assert "the log cannot tell of it yet" in page
        assert "There is no room for the log." in page
    finally:
        site.station.screen.tell(State.READY)


def test_a_bundle_that_a_technician_proposes_is_wanted_once_a_supervisor_has_approved_it(site: Site) -> None:
    wanted = Bundles(site.folder)
    name, bundle = wanted.stage(BENCH)
    form = {"bundle": name, "sha256": bundle.sha256, "reason": "sees the new lot"}
    with site.signed_in("technician") as technician, site.signed_in("supervisor") as supervisor, running(site):
        token = {"token": token_of(technician.get("/bundles"))}
        assert technician.post("/bundles/approve", data=form | token).status_code == 403
        assert technician.post("/bundles/propose", data=form | token | {"bundle": "../models"}).status_code == 409
        assert technician.post("/bundles/propose", data=form | token).status_code == 303
        assert "A supervisor answers." in technician.get("/bundles").text
        assert wanted.wanted() == Wish()
        page = supervisor.get("/bundles")
        assert "by technician" in page.text
        assert "sees the new lot" in page.text
        [event] = set(re.findall(r'name="proposal" value="(\d+)"', page.text))
        answer = form | {"token": token_of(page), "proposal": event, "reason": "its card is good"}
        assert supervisor.post("/bundles/approve", data=answer | {"sha256": "0" * 64}).status_code == 409
        assert supervisor.post("/bundles/approve", data=answer | {"reason": " "}).status_code == 409
        assert wanted.wanted() == Wish()
        assert supervisor.post("/bundles/approve", data=answer).status_code == 303
        assert (wanted.wanted().bundle, wanted.wanted().by) == (name, "supervisor")
        assert "Nothing is proposed." in supervisor.get("/bundles").text
        assert supervisor.post("/bundles/refuse", data=answer).status_code == 409
    with queries.reading(site.folder) as rows:
        [approval] = queries.events(rows, kinds=["approval"])
    assert (approval["operator"], approval["details"]["proposed_by"]) == ("supervisor", "technician")


def test_a_bundle_that_is_exchanged_while_it_is_approved_is_not_wanted(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put in use is what was looked at and approved, and not what lies in its place a moment later."""
    wanted, other = Bundles(site.folder), release(tmp_path, "other", score_thresholds={"1041-A": 0.6, "1041-B": 0.6})
    name, bundle = wanted.stage(release(tmp_path, "approved"))
    before, approve = wanted.wanted(), Desk.approve

    def exchanged(self: Desk, *told: Any) -> Left:
        place = site.folder / "models" / name
        shutil.rmtree(place)
        shutil.copytree(other, place)
        return approve(self, *told)

    monkeypatch.setattr(Desk, "approve", exchanged)
    with site.signed_in("supervisor") as supervisor, running(site):
        token = {"token": token_of(supervisor.get("/bundles"))}
        form = {"bundle": name, "sha256": bundle.sha256, "reason": "its card is good"}
        answer = supervisor.post("/bundles/approve", data=form | token)
    assert wanted.wanted() == before
    assert answer.status_code == 409
    assert "was changed while it was read" in answer.text


def test_a_supervisor_sets_how_long_pictures_are_kept_with_a_reason(site: Site, browser: httpx.Client) -> None:
    with running(site):
        page = browser.get("/keeping")
        assert "That is what station.toml says" in page.text
        form = {"token": token_of(page), "passed_days": "30", "others_days": "400,5", "free_gib": "", "reason": "room"}
        for wrong in ({"passed_days": "soon"}, {"passed_days": "nan"}, {"others_days": "-1"}, {"free_gib": "1e9"}):
            answer = browser.post("/keeping", data=form | wrong)
            assert answer.status_code == 409
            assert "are numbers from 0 to 100000" in answer.text
        assert "needs a name and a reason" in browser.post("/keeping", data=form | {"reason": ""}).text
        assert browser.post("/keeping", data=form).status_code == 303
        page = browser.get("/keeping?done=yes")
        assert "400.5 days" in page.text
        assert "Said by supervisor" in page.text
    with queries.reading(site.folder) as rows:
        assert terms_in_force(rows) == Terms(passed_days=30, others_days=400.5)


# whatever an address says


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_an_address_says_breaks_a_page(reader: httpx.Client, path: str, text: str) -> None:
    names = (
        *ASKED,
        "after",
        "before",
        "n",
        "record",
        "which",
        "done",
        "about",
        "value",
        "kind",
        "mark",
        "by",
        "format",
    )
    together = {"about": "lot"} | dict.fromkeys(names, text)
    for query in (together, together | {"about": "lot"}, together | {"about": "record"}):
        answer = reader.get(path, params=query)
        is_begun = answer.status_code == 303 and answer.headers["location"].startswith("/certificate?about=")
        assert is_begun or answer.status_code in (200, 400, 404), answer.text
        assert "<script>alert" not in answer.text
        assert "fault of its own" not in answer.text


@pytest.mark.parametrize("name", [*ASKED, "after", "before"])
@pytest.mark.parametrize("text", HOSTILE)
def test_each_thing_that_is_looked_for_may_be_anything(reader: httpx.Client, name: str, text: str) -> None:
    assert reader.get(f"/records?{name}={quote(text)}").status_code == 200


def test_a_mistake_is_told_in_a_plain_sentence(browser: httpx.Client) -> None:
    for query, sentence in (
        ("after=x", "That page does not exist"),
        (f"before={'9' * 30}", "That page does not exist"),
        ("since=yesterday", "That is no time"),
        ("until=0001-01-01", "That is no time"),
        ("image_sha256=abc", "has 64 signs"),
        ("verdict=OK", "no such verdict"),
        (f"lot={'x' * 201}", "at most 200 letters"),
    ):
        assert sentence in browser.get(f"/records?{query}").text


@given(st.dictionaries(st.sampled_from([*ASKED, "after", "before"]), st.text(max_size=300)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_whatever_is_asked_is_a_search_or_a_mistake(query: dict[str, str]) -> None:
    wanted = asked(query)
    assert asked({**wanted.told}) == replace(wanted, after=None, before=None, mistakes=())


def test_another_file_of_the_data_folder_cannot_be_had(browser: httpx.Client, site: Site) -> None:
    assert (site.folder / "people.db").exists()
    for record in ("../../../people.db", "..%2f..%2fpeople.db", str(Path(site.folder) / "people.db")):
        for which in ("image", "frame", "../people.db"):
            assert browser.get("/picture", params={"record": record, "which": which}).status_code == 404


def test_a_search_that_finds_shows_its_results_and_says_in_a_line_what_else_was_asked(browser: httpx.Client) -> None:
    found = browser.get("/records?reason=wrong_part&part_number=A&lot=L1").text
    assert "<details open>" not in found
    summary = re.sub(r"<[^>]+>|\s+", " ", found.split("<summary>")[1].split("</summary>")[0])
    assert " ".join(summary.split()) == "More to look for · Part number A · Reason wrong part"
    assert "· Verdict" not in browser.get("/rejects").text


def test_a_search_that_finds_nothing_says_how_to_look_and_leads_back_to_all(browser: httpx.Client) -> None:
    nothing = browser.get("/rejects?lot=L999&part_number=A").text
    assert "<details open>" in nothing
    assert "letter by letter" in nothing
    assert '<a class="button" href="/rejects">Show all</a>' in nothing


def test_a_record_says_at_its_head_what_is_the_matter_with_its_part(tmp_path: Path) -> None:
    with Site.peopled(tmp_path) as site, site.signed_in("supervisor") as browser:
        held, golden = (site.log.log.append(placement(number), pictures(number)).sequence for number in (0, 3))
        pages = [f"/record?n={record}" for record in (held, golden)]
        assert not [page for page in pages if "is on hold" in browser.get(page).text]
        site.log.log.note("hold", "on hold", records=[held])
        site.log.log.note("verification", "asked for again", record=golden, result="again")
        assert "is on hold: release it below" in browser.get(pages[0]).text
        shown = browser.get(pages[1]).text
        assert "to verify the station: it counts as no product" in shown
        assert "Release the part" not in shown
        site.log.log.note("release", "released", record=held)
        assert "is on hold" not in browser.get(pages[0]).text


# certificate, figures


def certified(browser: httpx.Client, query: str) -> httpx.Response:
    """The page of a certificate, once it is made: a busy machine takes its time."""
    pages = (browser.get(f"/certificate?{query}", follow_redirects=True) for _ in iter(int, 1))
    page = next(page for page in pages if TOO_MANY not in page.text)  # other tests have asked for some
    asks = PROGRESS.search(page.text)
    if asks:
        Site.until(lambda: not browser.get(asks[1]).json()["is_running"], 60)
        return browser.get(page.url)
    return page


def test_a_certificate_is_one_and_the_same_as_page_pdf_and_json(browser: httpx.Client) -> None:
    page = certified(browser, "about=lot&value=L1")
    assert "Lot L1" in page.text
    pdf, told = (
        browser.get(next(found for found in FILE.findall(page.text) if kind in found).replace("&amp;", "&"))
        for kind in ("kind=pdf", "kind=json")
    )
    assert pdf.content.startswith(b"%PDF")
    assert check(told.json()) == []
    assert told.json()["signature"] in page.text
    assert (told.json()["counts"]["inspected"], told.json()["about"]) == (20, {"lot": "L1"})
    assert 'filename="certificate-lot-L1.json"' in told.headers["content-disposition"]


def test_a_certificate_of_what_there_is_not_is_one_sentence(browser: httpx.Client) -> None:
    for query, sentence in (("about=lot&value=L999", "no inspection of lot L999"), ("about=moon&value=1", "take one")):
        answer = certified(browser, query)
        assert answer.status_code == 404
        assert sentence in answer.text


def test_whoever_asks_for_a_certificate_of_what_there_is_not_is_sent_to_the_records_and_to_no_command(
    browser: httpx.Client, site: Site
) -> None:
    for about, value in (("lot", "L999"), ("work_order", "9999"), ("serial", "<b>"), ("record", "123456")):
        answer = browser.get("/certificate", params={"about": about, "value": value})
        assert answer.status_code == 404, "nothing is begun"
        told = html.unescape(answer.text)
        assert f"There is no inspection of {about.replace('_', ' ')} {value}. See under Records" in told
        assert "station log" not in told
        assert "fault of the station" not in told
        assert str(site.folder) not in told


def test_a_certificate_of_a_log_that_was_changed_is_refused_with_the_page_that_tells_more(tmp_path: Path) -> None:
    with desk(tmp_path) as site, site.signed_in("supervisor") as browser:
        changed = row_of(site, 25)["sequence"]
        with closing(sqlite3.connect(tmp_path / "station.db", isolation_level=None)) as rows:
            rows.execute("DROP TRIGGER inspections_are_not_changed")
            rows.execute("UPDATE inspections SET score = 0.99 WHERE sequence = ?", [changed])
        answer = certified(browser, "about=lot&value=L2")
        told = html.unescape(answer.text)
        assert f"Record {changed} does not stand as it was recorded: see under Proof of the log." in told
        assert 'href="/proof"' in answer.text.partition('role="alert"')[2], "a touch away"
        assert "`" not in told


def test_a_certificate_that_takes_its_time_shows_how_far_it_is_and_is_made_once_for_all_who_ask(
    site: Site, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.0)
    first, second = (browser.get("/certificate?about=lot&value=L2", follow_redirects=True) for _ in range(2))
    assert first.status_code == 200
    assert "The whole log is proved before anything is signed" in first.text
    [asks, again] = [PROGRESS.findall(page.text)[0] for page in (first, second)]
    assert asks == again
    told = browser.get(asks).json()
    assert told["is_running"]
    assert told["step"] == "Begins"
    Site.until(lambda: not browser.get(asks).json()["is_running"], 60)
    assert "Lot L2" in browser.get(first.url).text
    assert "Certificate of inspection" in browser.get(first.url).text


def test_who_has_gone_on_meanwhile_finds_the_certificate_made_once_and_then_asks_for_another(site: Site) -> None:
    with closing(Certificates(site.folder, site.clock)) as made:
        first = made.begin("lot", "L1")
        assert first.over.wait(60)
        assert made.begin("lot", "L1") is first
        first.is_seen = True
        assert made.begin("lot", "L1") is not first


def test_a_certificate_that_is_kept_no_more_is_made_anew(browser: httpx.Client) -> None:
    answer = browser.get("/certificate/file?about=lot&value=L1&kind=pdf&mark=1234")
    assert (answer.status_code, answer.headers["location"]) == (303, "/certificate?about=lot&value=L1")


def test_a_certificate_whose_program_dies_says_that_it_could_not_be_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/of/the/kind")
    making = Certificates(site.folder, site.clock).begin("lot", "L1")
    assert making.over.wait(10)
    assert "could not be made" in making.trouble


def test_no_more_than_a_few_certificates_wait_at_once(site: Site) -> None:
    with closing(Certificates(site.folder, site.clock)) as made:
        for number in range(AT_ONCE):
            made.begin("serial", f"S{number}")
        with pytest.raises(LogError, match="Several certificates are being made already"):
            made.begin("serial", "S9")


def test_figures_are_drawn_and_the_numbers_stand_below(browser: httpx.Client) -> None:
    for by in BY:
        page = browser.get(f"/figures?by={by}").text
        drawn, nothing = page.count('<svg viewBox="-70'), page.count("There was none of it in this time.")
        assert drawn + nothing == 4
        assert drawn >= 2, "yield and time there are, whatever it is shown for"
        assert "<style" not in page
        assert " style=" not in page
    page = browser.get("/figures?by=part_number").text
    assert f'<td class="number">{MANY}</td><td class="number">{MANY - MANY // 3}</td>' in page
    assert "66.7 %" in page
    assert "Nothing was inspected" in browser.get("/figures?since=2031-01-01T00:00").text


# proof


def proved(site: Site, browser: httpx.Client) -> str:
    answer = browser.post("/proof", data={"token": token_of(browser.get("/proof"))})
    assert (answer.status_code, answer.headers["location"]) == (303, "/proof")
    site.until(lambda: not browser.get("/proof/progress").json()["is_running"], 30)
    return browser.get("/proof").text


def test_the_log_is_verified_at_the_push_of_a_button_and_what_was_changed_is_named(
    site: Site, browser: httpx.Client
) -> None:
    whole = proved(site, browser)
    assert "The log is whole." in whole
    assert "What to do:" not in whole
    row = row_of(site, 5)
    day = row["acquired_at"][:10].replace("-", "/")
    path = site.folder / "pictures" / day / f"{row['frame_sha256']}.jpg"
    content = path.read_bytes()
    path.write_bytes(b"another")
    try:
        page = proved(site, browser)
        assert f"the first broken record is {row['sequence']}" in page
        assert "Change nothing, and call the technician" in page
        assert f'href="/record?n={row["sequence"]}"' in page
    finally:
        path.write_bytes(content)


def test_how_much_of_the_log_is_signed_is_told_in_a_sentence(site: Site, browser: httpx.Client) -> None:
    site.log.log.sign("test")
    assert "Every record is signed." in browser.get("/proof").text
    with queries.reading(site.folder) as rows:
        newest = queries.newest(rows)
    site.log.note("start", "ready")
    assert f"Records {newest + 1} to {newest + 1} are not signed yet." in browser.get("/proof").text


def test_one_verification_at_a_time(site: Site) -> None:
    proving = Proving(site.folder, site.clock)
    assert proving.begin("one")
    assert not proving.begin("another")
    site.until(lambda: not proving.progress.is_running, 30)
    assert proving.progress.by == "one"
    assert proving.progress.report is not None


def test_a_verification_that_dies_says_that_it_broke_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/of/the/kind")
    proving = Proving(site.folder, site.clock)
    proving.begin("one")
    site.until(lambda: not proving.progress.is_running)
    assert proving.progress.trouble == BROKE_OFF


def test_a_form_of_another_page_begins_no_verification(browser: httpx.Client) -> None:
    assert browser.post("/proof", data={"token": "x"}).status_code == 403
    assert not browser.get("/proof/progress").json()["is_running"]
