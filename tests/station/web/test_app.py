"""The pages over a real socket: who may what, what is refused, and that no client is felt by the loop."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from queue import Queue

import cv2
import httpx
import numpy as np
import pytest
from fastapi.routing import APIRoute

from station.errors import DeviceError, LogError
from station.log.archive import Archive
from station.people import FREE, Person, Role
from station.screen import View
from station.simulation import Showroom, SimulatedDisk
from station.types import State, Verdict
from station.web import live
from station.web.app import pages
from station.web.auth import HEADERS, LONGEST_BODY, MOUNTED, OPEN, SESSION, TRIES, WHO
from station.web.health import OLD
from station.web.language import COOKIE
from station.web.operator import KEPT
from station.web.server import serving
from tests.promises.stations import EXPECTED
from tests.station.factories import inspection
from tests.station.web.site import PIN, Site, boards, sign_in, token_of

CLIENTS = 20


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site.peopled(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests that are refused at the door and change nothing."""
    with Site.peopled(tmp_path_factory.mktemp("shut")) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with site.browser() as browser:
        yield browser


def fetch(browser: httpx.Client, method: str, path: str) -> int:
    with browser.stream(method, path) as answer:  # the stream of events has no end
        return answer.status_code


# who may what


def test_the_table_of_who_may_what_names_every_route_and_no_other(site: Site) -> None:
    with pages(site.station, site.accounts) as app:
        every = [route for one in app.routes for route in getattr(one, "original_router", app).routes]
        found = [route for route in (*app.routes, *every) if isinstance(route, APIRoute)]
    routes = {(method, route.path) for route in found for method in route.methods or ()}
    assert {*routes, *(("GET", path) for path in MOUNTED)} == set(WHO)


@pytest.mark.parametrize(("method", "path"), [route for route, roles in WHO.items() if roles is not OPEN])
def test_without_a_sign_in_every_page_but_the_sign_in_is_refused(shut: Site, method: str, path: str) -> None:
    with shut.browser(accept="*/*") as browser:
        assert fetch(browser, method, path) == 401
        browser.cookies.set(SESSION, "made-up.signature")
        assert fetch(browser, method, path) == 401


def test_whoever_reads_pages_is_led_to_the_sign_in(browser: httpx.Client) -> None:
    answer = browser.get("/operator")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert fetch(browser, "GET", "/sign-in") == 200
    assert fetch(browser, "GET", "/static/station.css") == 200


@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_what_the_table_says(site: Site, role: Role) -> None:
    site.look()  # there is a picture
    with site.signed_in(role.value) as browser:
        for (method, path), roles in WHO.items():
            if method == "GET" and roles is not OPEN:
                assert (fetch(browser, method, path) not in (401, 403)) == (role in roles)


def test_what_the_table_does_not_name_is_nobodys(site: Site) -> None:
    with site.signed_in("administrator") as browser:
        for path in ("/openapi.json", "/docs", "/operator/", "/static/..%2f..%2fpeople.db", "/..%2fpeople.db"):
            assert fetch(browser, "GET", path) == 404
        assert fetch(browser, "PUT", "/operator") == 405


# sign-in


def test_the_cookie_is_for_this_site_alone_and_out_of_reach_of_scripts(site: Site, browser: httpx.Client) -> None:
    answer = sign_in(browser, "operator", PIN)
    (cookie,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith(SESSION)]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()


def test_a_wrong_pin_is_told_on_the_page_and_locks_after_a_while(site: Site, browser: httpx.Client) -> None:
    for _ in range(FREE):
        answer = sign_in(browser, "operator", "0815")
        assert answer.status_code == 401
        assert "do not belong together" in answer.text
    answer = sign_in(browser, "operator", PIN)
    assert answer.status_code == 401
    assert "wait 30 seconds" in answer.text
    site.clock.sleep(31)
    assert sign_in(browser, "operator", PIN).status_code == 303


def test_guessing_at_all_names_in_turn_comes_to_an_end_too(site: Site, browser: httpx.Client) -> None:
    for number in range(TRIES):
        assert sign_in(browser, f"nobody {number}", "0815").status_code == 401
    assert "wait a minute" in sign_in(browser, "operator", PIN).text


def test_who_has_signed_out_is_out_also_with_the_old_cookie(site: Site) -> None:
    with site.signed_in("operator") as browser:
        cookie = browser.cookies[SESSION]
        answer = browser.post("/sign-out", data={"token": token_of(browser.get("/operator"))})
        assert answer.status_code == 303
        browser.cookies.set(SESSION, cookie)
        assert browser.get("/operator").status_code == 303


def test_who_is_disabled_is_out_at_once_and_their_stream_ends(site: Site) -> None:
    with site.signed_in("operator") as browser, browser.stream("GET", "/live") as stream:
        came = boards(stream)
        next(came)
        site.accounts.disable("operator", by="test")
        assert browser.get("/operator").status_code == 303
        assert len(list(came)) <= 2  # it ends: within a beat, in which the board may change by itself


# what is refused


def test_a_form_without_the_token_of_its_page_is_refused(site: Site, browser: httpx.Client) -> None:
    with site.browser() as other:
        foreign = token_of(other.get("/sign-in"))
    for token in (foreign, "x", "é"):
        assert sign_in(browser, "operator", PIN, token=token).status_code == 403
    with site.signed_in("operator") as signed_in:
        assert signed_in.post("/sign-out", data={"token": foreign}).status_code == 403
        assert signed_in.post("/sign-out", data={}).status_code == 422
        assert signed_in.get("/operator").status_code == 200


def test_a_form_of_an_old_page_leads_back_to_that_page_in_the_language_of_its_reader(site: Site) -> None:
    with site.signed_in("technician") as browser:
        browser.cookies.set(COOKIE, "ms", domain="127.0.0.1")
        headers = {"referer": f"{site.address}calibration?n=1"}
        answer = browser.post("/calibration/use", data={"n": "1", "token": "x"}, headers=headers)
        assert answer.status_code == 403
        assert '<a class="button" href="/calibration?n=1">Muatkan semula</a>' in answer.text
        assert 'action="/sign-out"' in answer.text


@pytest.mark.parametrize(
    "header", [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_from_another_page_is_refused(site: Site, header: dict[str, str]) -> None:
    with site.browser(**header) as browser:
        assert sign_in(browser, "operator", PIN).status_code == 403


@pytest.mark.parametrize("name", ["evil.example", "["])
def test_a_name_that_was_bent_to_this_computer_is_refused(site: Site, name: str) -> None:
    with site.browser(host=name) as browser:
        assert fetch(browser, "GET", "/sign-in") == 400


def test_a_body_longer_than_any_form_is_refused(browser: httpx.Client) -> None:
    assert browser.post("/sign-in", content=b"x" * (LONGEST_BODY + 1)).status_code == 413
    assert browser.post("/sign-in", content=iter([b"x"])).status_code == 413


def test_every_answer_carries_the_headers_of_the_house_and_opens_to_no_other_site(browser: httpx.Client) -> None:
    for path in ("/sign-in", "/operator", "/nothing", "/static/station.css"):
        answer = browser.get(path, headers={"origin": "http://evil.example"})
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert "access-control-allow-origin" not in answer.headers


def test_a_name_is_written_on_the_page_and_never_run(site: Site, browser: httpx.Client) -> None:
    site.accounts.add("<script>alert(1)</script>", Role.OPERATOR, PIN, by="test")
    assert "<script>alert" not in browser.get("/sign-in").text


def test_a_fault_of_the_pages_is_one_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.signed_in("operator") as browser:
        monkeypatch.setattr(live.Picture, "jpeg", lambda self: 1 / 0)
        answer = browser.get("/live.jpg")
    assert answer.status_code == 500
    assert answer.text == "This page has a fault of its own; the station inspects on without it."


def test_plain_answers_are_in_the_language_of_who_asks(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a fault of the pages themselves, and what the guard refuses before any page is asked."""
    with site.signed_in("operator") as browser:
        browser.headers["accept-language"] = "ms"
        form = {"token": token_of(browser.get("/operator")), "act": "explode"}
        assert browser.get("/reference.png").text == "Tiada gambar sedemikian."
        assert browser.get("/nowhere").text == "Tiada halaman sedemikian."
        assert browser.get("/people").text == "Ini bukan untuk operator."
        assert browser.put("/operator").text == "Halaman dibaca atau borang dihantar; selain itu tidak."
        assert browser.post("/bench", data=form).text == "Stesen ini tiada bangku simulasi untuk digerakkan."
        closed = browser.post("/order/close", data={"token": form["token"], "work_order": "W-1"})
        assert (closed.status_code, closed.text) == (409, "Tiada pesanan kerja W-1 yang terbuka.")
        monkeypatch.setattr(live.Picture, "jpeg", lambda self: 1 / 0)
        assert browser.get("/live.jpg").text.startswith("Halaman ini sendiri ada kerosakan;")


# what is shown


def test_a_verdict_reaches_the_page_as_word_and_shape_and_goes_with_the_part(site: Site) -> None:
    with site.signed_in("operator") as browser, browser.stream("GET", "/live") as stream:
        came = boards(stream)
        site.look()
        site.bench.place(EXPECTED)
        site.look(45)
        passed = next(board for board in came if 'data-mode="pass"' in board)
        assert '<h1 class="verdict">PASS</h1>' in passed
        assert "<circle" in passed
        assert "Simulated" in passed
        site.bench.remove()
        site.look(45)
        assert 'data-mode="ready"' in next(came)


def test_a_pass_goes_from_the_page_when_the_loop_does_not_go_on(site: Site) -> None:
    """Its part may have been taken away, and nobody has looked."""
    with site.signed_in("operator") as browser, browser.stream("GET", "/live") as stream:
        came = boards(stream)
        site.look()
        site.bench.place(EXPECTED)
        site.look(45)
        next(board for board in came if 'data-mode="pass"' in board)
        site.clock.sleep(OLD + 1)
        silent = next(came)
        assert 'data-mode="fault"' in silent
        assert '<h1 class="verdict">PASS</h1>' not in silent


def test_no_threshold_and_no_number_of_the_gates_is_on_the_page(site: Site) -> None:
    site.look()
    site.bench.place(EXPECTED)
    site.look(45)
    with site.signed_in("operator") as browser:
        text = browser.get("/operator").text.lower()
    assert not any(word in text for word in ("score", "distance", "threshold", "traceback"))


def test_the_live_picture_is_the_newest_frame(site: Site) -> None:
    site.look()
    with site.signed_in("operator") as browser:
        shown = cv2.imdecode(np.frombuffer(browser.get("/live.jpg").content, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    width, height = site.bench.size
    assert shown.shape == (height // 2, width // 2, 3)


def test_a_reject_comes_with_what_was_judged_and_what_was_expected(site: Site) -> None:
    site.look()
    site.station.model = replace(site.station.model, pictures={EXPECTED: b"a picture"})
    with site.signed_in("operator") as browser, browser.stream("GET", "/live") as stream:
        came = boards(stream)
        site.bench.place(EXPECTED)
        site.look(45)
        next(board for board in came if 'data-mode="pass"' in board)
        inspection = site.station.screen.view.inspection
        assert inspection
        judged = browser.get(f"/judged.jpg?id={inspection.inspection_id}")
        archived = Archive(site.folder).read(str(inspection.image_sha256), inspection.acquired_at)
        assert archived
        shown, kept = (cv2.imdecode(np.frombuffer(each, np.uint8), 0) for each in (judged.content, archived))
        assert shown is not None
        assert kept is not None
        assert np.abs(shown.astype(int) - kept).mean() < 4  # the same patch, as JPEG
        assert browser.get(f"/reference.png?part={EXPECTED}").content == b"a picture"
        for unknown in ("/judged.jpg?id=1", "/judged.jpg", "/reference.png?part=../people.db", "/reference.png"):
            assert browser.get(unknown).status_code == 404


def test_pages_that_are_served_anew_show_what_was_placed_before(site: Site) -> None:
    site.look()
    site.bench.place(EXPECTED)
    site.look(45)
    inspection = site.station.screen.view.inspection
    assert inspection
    shots = live.Shots(lambda: site.station.model, site.folder)  # those of a process that has just begun
    shown = cv2.imdecode(np.frombuffer(shots.jpeg(inspection.inspection_id), np.uint8), 0)
    assert shown is not None
    assert shots.jpeg(str(inspection.sequence)) == shots.jpeg("") == b""
    path = Archive(site.folder).path_of(str(inspection.image_sha256))
    assert path
    path.write_bytes(b"no picture")
    assert shots.jpeg(inspection.inspection_id) == b""


def test_pictures_of_placements_are_bounded(site: Site) -> None:
    shots = live.Shots(lambda: site.station.model, site.folder)
    for number in range(20):
        shots.keep(View(frame=site.camera.read(), inspection=inspection(inspection_id=str(number)), is_there=True))
    assert len(shots._kept) <= KEPT + 1
    assert shots.jpeg("19")
    assert shots.jpeg("0") == b""


def test_an_old_picture_is_not_shown_as_if_it_were_live(site: Site) -> None:
    site.look()
    with site.signed_in("operator") as browser:
        assert browser.get("/live.jpg").status_code == 200
        site.clock.sleep(OLD + 1)
        time.sleep(1 / live.PICTURES)
        answer = browser.get("/live.jpg")
        assert (answer.status_code, answer.content) == (204, b"")


def test_the_language_is_chosen_by_a_form_of_ours_and_kept(site: Site, browser: httpx.Client) -> None:
    token = token_of(browser.get("/sign-in"))
    assert browser.post("/language", data={"language": "ms", "token": "x"}).status_code == 403
    headers = {"referer": f"{site.address}sign-in"}
    answer = browser.post("/language", data={"language": "ms", "token": token}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Siapakah anda?" in browser.get("/sign-in").text
    token = token_of(browser.get("/sign-in"))
    for elsewhere in ("http://evil.example/elsewhere", "http://["):
        headers = {"referer": elsewhere}
        answer = browser.post("/language", data={"language": "xx", "token": token}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie" not in answer.headers


def test_only_who_answers_for_what_is_shipped_reads_of_escapes(site: Site) -> None:
    for role, reads in ((Role.OPERATOR, False), (Role.SUPERVISOR, True)):
        with site.signed_in(role.value) as browser:
            assert ("How many wrong parts pass" in browser.get("/operator").text) is reads


# no client is felt by the loop


def test_twenty_screens_hear_of_a_verdict_within_0_3_seconds_of_it(site: Site) -> None:
    heard: Queue[float] = Queue()
    ready = threading.Barrier(CLIENTS + 1, timeout=20)

    def watch(cookie: str) -> None:
        with site.browser(cookie=cookie) as browser, browser.stream("GET", "/live") as stream:
            came = boards(stream)
            next(came)
            ready.wait()
            next(board for board in came if 'data-mode="pass"' in board)
            heard.put(time.monotonic())

    site.look()
    with site.signed_in("operator") as browser:
        cookie = f"{SESSION}={browser.cookies[SESSION]}"
    screens = [threading.Thread(target=watch, args=(cookie,)) for _ in range(CLIENTS)]
    for screen in screens:
        screen.start()
    ready.wait()
    site.bench.place(EXPECTED)
    while (inspection := site.station.screen.view.inspection) is None:
        site.look(1)
    told = time.monotonic()
    for screen in screens:
        screen.join(20)
    assert inspection.verdict is Verdict.PASS
    assert heard.qsize() == CLIENTS
    # the median, because twenty browsers of one test share its thread of Python
    assert sorted(heard.queue)[CLIENTS // 2] - told < 0.3


def test_clients_that_never_read_hold_up_neither_the_loop_nor_the_others(site: Site) -> None:
    site.look()
    with site.signed_in("operator") as browser, ExitStack() as dead:
        for _ in range(CLIENTS):
            sleeper = dead.enter_context(closing(socket.create_connection(("127.0.0.1", httpx.URL(site.address).port))))
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            request = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {SESSION}={browser.cookies[SESSION]}\r\n\r\n"
            sleeper.sendall(request.encode())
        begun = time.monotonic()
        for number in range(3000):
            site.station.screen.tell(State.READY, f"Step {number}.")
        assert time.monotonic() - begun < 1.0  # the loop only puts; nobody waits for it to be taken
        with browser.stream("GET", "/live") as stream:
            site.station.screen.tell(State.READY, "The last step.")
            assert next(board for board in boards(stream) if "The" in board and "last" in board)


def test_what_nobody_folds_is_bounded(site: Site) -> None:
    feed: Queue[View] = site.station.screen.follow(live.DEPTH)
    for number in range(live.DEPTH + 10):
        site.station.screen.tell(State.READY, str(number))
    assert feed.qsize() == live.DEPTH


def test_too_many_screens_are_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.web.app.STREAMS", 1)
    with site.signed_in("operator") as browser, browser.stream("GET", "/live") as first:
        came = boards(first)
        next(came)
        assert fetch(browser, "GET", "/live") == 503


# the demo


def test_a_demo_signs_everybody_in_as_one_named_person_and_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.served(Person("Demo supervisor", Role.SUPERVISOR)), site.browser() as browser:
        text = browser.get("/operator").text
        assert "everybody is signed in as <b>Demo supervisor</b>" in text
        assert "Sign out" not in text
        assert site.address.startswith("http://127.0.0.1:")
    site.close()


def test_a_visitor_moves_the_bench_of_a_demo_and_of_nothing_else(site: Site) -> None:
    with site.signed_in("operator") as browser:
        page = browser.get("/operator")
        assert "simulated bench" not in page.text
        assert browser.post("/bench", data={"act": "1041-A", "token": token_of(page)}).status_code == 404
    disk = SimulatedDisk(site.station.log, LogError("full"))
    room = Showroom(site.bench, disk, lambda: None, lambda: True, iter(()))
    visitor = Person("Demo operator", Role.OPERATOR)
    with (
        pages(site.station, site.accounts, visitor, room) as app,
        serving(app, 0) as address,
        httpx.Client(base_url=address, trust_env=False) as browser,
    ):
        token = token_of(browser.get("/operator"))
        assert browser.post("/bench", data={"act": "1041-A", "token": "x"}).status_code == 403
        assert browser.post("/bench", data={"act": "explode", "token": token}).status_code == 409
        assert browser.post("/bench", data={"act": "1041-A", "token": token}).status_code == 303
        room.step()
        assert room.last == "1041-A"


def test_a_port_that_is_in_use_is_one_sentence(site: Site) -> None:
    port = httpx.URL(site.address).port
    assert port
    with pages(site.station, site.accounts) as app, pytest.raises(DeviceError, match="--port"), serving(app, port):
        pass
