"""The technician's pages over a real socket: the wizard from the first touch to the signature, and the camera."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from calibration.wizard import Live
from station.accounts import Accounts
from station.bay import CONTINUE, FOR_PAGES, HANDS, LEAVE
from station.people import Person, Role
from station.types import State
from station.web.apart import Handed, apart
from station.web.app import pages
from station.web.gauges import CLIP, LONG, gauge, pillars
from station.web.server import LOOPBACK, serving
from station.web.spoken import Wanted
from station.web.viewing import BINS, Figures
from tests.station.bays import BY, Shop
from tests.station.web.site import PIN, sign_in, token_of

NAME = "Nur"


class Desk(Shop):
    """A shop with its pages served, and a technician signed in."""

    @contextmanager
    def served(self, visitor: Person | None = None) -> Iterator[str]:
        self.accounts = Accounts(self.data, self.clock)
        for name, role in ((NAME, Role.TECHNICIAN), ("Eva", Role.OPERATOR), ("Sam", Role.SUPERVISOR)):
            self.accounts.add(name, role, PIN, by="test")
        with pages(self.station, self.accounts, visitor, bay=self.bay) as app, serving(app, 0) as self.address:
            yield self.address

    @contextmanager
    def signed_in(self, name: str = NAME) -> Iterator[httpx.Client]:
        headers = {"accept": "text/html"}
        with httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=20) as browser:
            assert sign_in(browser, name, PIN).status_code == 303
            yield browser

    def post(self, browser: httpx.Client, path: str, **form: object) -> httpx.Response:
        token = token_of(browser.get("/calibrate"))
        return browser.post(path, data={"token": token} | {name: str(each) for name, each in form.items()})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with desk.served():
        desk.start()
        desk.until(lambda: desk.station.state is State.READY)
        yield desk
    desk.close()


@pytest.fixture
def nur(desk: Desk) -> Iterator[httpx.Client]:
    with desk.signed_in() as browser:
        yield browser


def test_one_touch_halts_the_line_and_shows_the_first_instruction(desk: Desk, nur: httpx.Client) -> None:
    assert "Halt the line and calibrate" in nur.get("/calibrate").text
    assert desk.post(nur, "/calibrate/begin").status_code == 303
    shown = desk.asks()
    assert desk.station.state is State.HALTED
    page = nur.get("/calibrate").text
    assert "The line is halted: nothing passes until the calibration is signed." in page
    assert f'value="{shown.number}"' in page
    assert shown.by == NAME


def test_the_page_is_told_a_new_instruction_once_and_else_the_live_number_alone(desk: Desk, nur: httpx.Client) -> None:
    desk.calibrates("lock")
    desk.until(lambda: desk.shown.live is not None)
    first = nur.get("/calibrate/now", params={"mark": "another"}).json()
    assert "Lay the white sheet flat" in first["html"]
    again = nur.get("/calibrate/now", params={"mark": first["mark"]}).json()
    assert again["html"] is None
    assert "Brightest place" in again["live"]
    assert not again["is_over"]


def test_looking_at_the_page_keeps_it_alive_and_nothing_else_does(desk: Desk, nur: httpx.Client) -> None:
    desk.bay.begin(NAME)
    desk.asks()
    for _ in range(3):
        desk.people[0] += 600.0
        nur.get("/calibrate/now")
    nur.get("/camera.jpg")
    assert desk.bay.is_wanted
    desk.people[0] += 901.0
    nur.get("/camera.jpg")
    desk.until(lambda: not desk.bay.is_wanted)
    assert "nobody looked after it" in nur.get("/calibrate").text


def test_whoever_signs_gives_the_pin_again_and_is_named(desk: Desk, nur: httpx.Client) -> None:
    number = desk.calibrates("sign").number
    refused = desk.post(nur, "/calibrate/do", act=CONTINUE, number=number, pin="0000")
    assert refused.status_code == 409
    assert "Name and PIN do not belong together" in refused.text
    assert desk.profiles.numbers() == [1]
    assert desk.post(nur, "/calibrate/do", act=CONTINUE, number=number, pin=PIN).status_code == 303
    desk.until(lambda: not desk.bay.is_wanted)
    page = nur.get("/calibrate").text
    assert "Calibration 0002 is signed." in page
    assert "Signal to noise" in page
    profile = desk.profiles.active()
    assert profile
    assert (profile.number, profile.made_by) == (2, NAME)


def test_it_is_left_and_gone_on_with(desk: Desk, nur: httpx.Client) -> None:
    shown = desk.calibrates("lock")
    desk.post(nur, "/calibrate/do", act=LEAVE, number=shown.number)
    desk.until(lambda: not desk.bay.is_wanted)
    page = nur.get("/calibrate").text
    assert "left at its step lock" in page
    assert "Go on where it was left" in page
    assert f"{BY} began one that was left in the middle" in page
    desk.post(nur, "/calibrate/begin", anew="false")
    assert desk.asks().step == "lock"
    assert f"It goes on where it was left: {BY} began it" in nur.get("/calibrate").text


def test_a_second_technician_is_told_that_somebody_calibrates(desk: Desk, nur: httpx.Client) -> None:
    desk.bay.begin("Ali")
    desk.asks()
    assert desk.post(nur, "/calibrate/begin").status_code == 409
    assert desk.bay.look().by == "Ali"


@pytest.mark.parametrize("name", ["Eva", "Sam"])
def test_nobody_but_a_technician_halts_the_line_or_sets_the_camera(desk: Desk, name: str) -> None:
    with desk.signed_in(name) as browser:
        token = token_of(browser.get("/operator"))
        for path, form in (
            ("/calibrate/begin", {}),
            ("/calibrate/do", {"act": HANDS, "number": "1"}),
            ("/camera", {"control": "gain", "value": "2"}),
        ):
            assert browser.post(path, data={"token": token} | form).status_code == 403
        assert browser.get("/camera.jpg").status_code == 403
    assert not desk.bay.is_wanted
    assert desk.raw.gain == 1.0


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/calibrate/do", {"act": "x" * 200, "number": 1}),
        ("/calibrate/do", {"act": CONTINUE, "number": -1}),
        ("/calibrate/do", {"act": CONTINUE, "number": 10**30}),
        ("/calibrate/do", {"act": CONTINUE, "number": "one"}),
        ("/camera", {"control": "gain", "value": "much"}),
    ],
)
def test_what_no_form_of_ours_sends_is_refused_and_changes_nothing(
    desk: Desk, nur: httpx.Client, path: str, form: dict[str, object]
) -> None:
    desk.bay.begin(NAME)
    before = desk.asks()
    assert desk.post(nur, path, **form).status_code == 422
    assert desk.asks().number == before.number


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "9"])
def test_a_value_out_of_range_is_refused_on_the_page(desk: Desk, nur: httpx.Client, value: str) -> None:
    nur.get("/camera")
    answer = desk.post(nur, "/camera", control="gain", value=value)
    assert answer.status_code == 409
    assert "is not in it" in answer.text
    assert desk.raw.gain == 1.0


def test_the_camera_page_shows_what_there_is_and_hands_on_what_is_set(desk: Desk, nur: httpx.Client) -> None:
    page = nur.get("/camera").text
    rows = re.findall(r'<th scope="row">(\w+)', page)
    assert rows == ["Exposure", "Gain", "Focus"]
    assert desk.post(nur, "/camera", control="gain", value=3).status_code == 303
    desk.until(lambda: desk.raw.gain == 3.0)
    desk.until(lambda: bool(desk.noted("camera_changed")))
    assert desk.noted("camera_changed")[0]["operator"] == NAME


def test_snapshot_and_zoom_are_pictures_and_the_snapshot_is_the_cameras_own(desk: Desk, nur: httpx.Client) -> None:
    desk.until(lambda: desk.station.screen.view.frame is not None)
    answer = nur.get("/camera/snapshot")
    assert answer.headers["content-disposition"] == 'attachment; filename="snapshot.jpg"'
    for answered in (answer, nur.get("/camera.jpg"), nur.get("/camera.jpg?zoom=true")):
        assert answered.headers["content-type"] == "image/jpeg"
        assert answered.content.startswith(b"\xff\xd8")


def test_a_station_without_a_bay_says_what_to_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.bay = None  # type: ignore[assignment] # as where pages are given none
    with desk.served(), desk.signed_in() as browser:
        for path in ("/calibrate", "/camera"):
            answer = browser.get(path)
            assert answer.status_code == 404
            assert "station calibrate" in answer.text
    desk.log.log.close()


def test_it_is_led_from_the_process_of_the_pages_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    Accounts(desk.data, desk.clock).add(NAME, Role.TECHNICIAN, PIN, by="test")
    desk.start()
    with apart(desk.station, Wanted(desk.data, LOOPBACK, 0), {"bay": Handed(desk.bay, FOR_PAGES)}) as served:
        desk.address = served.wait()
        with desk.signed_in() as browser:
            desk.post(browser, "/calibrate/begin")
            number = desk.asks().number
            assert "The line is halted" in browser.get("/calibrate/now").json()["html"]
            desk.post(browser, "/calibrate/do", act=CONTINUE, number=number)
            assert desk.asks(number).step == "clean"
            desk.until(lambda: browser.get("/camera.jpg").content.startswith(b"\xff\xd8"))
            assert "Exposure" in browser.get("/camera").text
            desk.post(browser, "/calibrate/do", act=LEAVE, number=number)
            desk.until(lambda: not desk.bay.is_wanted)
    desk.close()


# what is drawn


def test_a_number_stands_left_of_in_or_right_of_its_target() -> None:
    bars = [gauge(Live("brightest place", value, "of 255", 215.6, 224.4)) for value in (100.0, 220.0, 250.0)]
    low, good, high = bars
    assert low.at < low.left < good.at < good.right < high.at < LONG
    assert [bar.is_good for bar in bars] == [False, True, False]
    assert good.target == "216 – 224"


def test_a_number_is_written_with_as_many_digits_as_a_screw_needs() -> None:
    written = {value: gauge(Live("shift", value, "mm", most=0.5)).value for value in (1079.6, 27.61, 0.00378)}
    assert written == {1079.6: "1080 mm", 27.61: "27.6 mm", 0.00378: "0.00 mm"}


def test_a_number_without_a_target_has_no_bar_of_one() -> None:
    assert gauge(Live("level", 50.0)).target == ""


@pytest.mark.parametrize("value", [0.0, 1e9])
def test_no_number_leaves_the_bar(value: float) -> None:
    assert 0.0 <= gauge(Live("shift", value, "mm", most=0.5)).at <= LONG


def test_a_single_clipped_pixel_is_seen_among_many() -> None:
    counts = [0] * BINS
    counts[20], counts[CLIP + 1] = 90_000, 1
    drawn = pillars(Figures(tuple(counts), 0.0, 1e-5, 80.0, 90.0, 1.0))
    assert drawn[CLIP + 1].kind == "clip"
    assert drawn[CLIP + 1].height > 0.5
    assert drawn[20].kind == "well"
    assert drawn[0].kind == "dark"
