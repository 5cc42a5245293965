"""The desk in a real browser: searched, looked at, released, certified, exported, approved; by keyboard too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from station.bundles import Bundles
from station.certificate import check
from station.desk import Desk
from station.people import Role
from tests.station.releases import release
from tests.station.web.browser.chromium import LARGE, SMALL, faults, opened, overflowing, small_targets
from tests.station.web.demo import Demo

CERTIFIED = ("/certificate?about=record&value={n}",)
PAGES = (
    "/records",
    "/rejects",
    "/record?n={n}",
    "/certificate",
    "/figures",
    "/proof",
    "/alerts",
    "/bundles",
    "/keeping",
    *CERTIFIED,
)


@pytest.fixture(scope="module")
def address(demo: Demo, steps: list[str]) -> Iterator[str]:
    """Of a station that has judged one of each."""
    assert steps
    demo.station.order = replace(demo.station.order, lot="4711")
    for part in ("1041-A", "1041-B", "1042", "1041-B"):
        demo.lay(part)
    demo.room.ask("remove")
    with demo.visited(Role.SUPERVISOR) as address:
        yield address


@pytest.fixture(scope="module", params=[SMALL, LARGE], ids=["800x480", "1280x720"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    page = opened(browser, address + "records", request.param)
    yield page
    page.context.close()


def newest(page: Page, address: str, reason: str) -> str:
    """The number of the newest record that nobody has released."""
    page.goto(f"{address}records?reason={reason}")
    link = page.locator(".records a").first.get_attribute("href")
    assert link
    return link.removeprefix("/record?n=")


def test_from_the_search_to_the_release_and_the_certificate(page: Page, address: str, demo: Demo) -> None:
    page.goto(address + "records")
    page.get_by_label("Work order").fill("demo")
    page.get_by_text("More to look for").click()
    page.get_by_label("Reason").select_option("wrong_part")
    page.get_by_role("button", name="Search").click()
    rows = page.locator(".records a")
    expect(rows.first).to_contain_text("seen: 1041-B")
    page.wait_for_function("() => document.querySelector('.records img').naturalWidth > 0")
    is_released = page.viewport_size == {"width": LARGE[0], "height": LARGE[1]}
    rows.nth(int(is_released)).click()  # each screen has a record of its own
    expect(page.locator("h1")).to_contain_text("Record")
    expect(page.locator("#why ~ p").first).to_contain_text("1041-A is expected")
    page.get_by_label("Release the part, because").fill("Measured by hand & found <right>")
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".message.done")).to_contain_text("It is in the log", timeout=15_000)
    expect(page.locator(".acts")).to_contain_text("Release by Demo supervisor")
    expect(page.locator(".acts")).to_contain_text("Measured by hand & found <right>")
    page.get_by_role("link", name="Work order demo").first.click()
    article = page.locator(".certificate")
    expect(article).to_contain_text("Work order demo")
    expect(article).to_contain_text("SIMULATED")
    expect(article).to_contain_text("by Demo supervisor: Measured by hand & found <right>")
    with page.expect_download() as pdf:
        page.get_by_role("link", name="PDF").click()
    assert pdf.value.path().read_bytes().startswith(b"%PDF")
    told = page.request.get(address.rstrip("/") + str(page.get_by_role("link", name="JSON").get_attribute("href")))
    assert check(told.json()) == []
    assert page.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`


@pytest.mark.parametrize("page", [SMALL], ids=["800x480"], indirect=True)
def test_you_sent_us_a_wrong_part_is_answered_in_few_touches(page: Page, address: str) -> None:
    page.goto(address + "records")
    page.get_by_label("Lot").fill("4711")
    page.get_by_role("button", name="Search").click()
    page.locator(".records a", has_text="PASS").first.click()
    page.get_by_text("The part turned out to be wrong").click()
    page.get_by_label("How it was found").fill("The customer called")
    page.get_by_role("button", name="Enter the escape").click()
    expect(page.locator(".message.done")).to_contain_text("It is in the log", timeout=15_000)
    page.get_by_role("link", name="Lot 4711").first.click()
    expect(page.locator(".certificate")).to_contain_text("by Demo supervisor: The customer called")
    page.goto(address + "records?lot=4711")
    expect(page.locator(".records a", has_text="PASS").first).to_contain_text("Escape")
    assert (overflowing(page), small_targets(page)) == ([], [])
    page.get_by_role("link", name="Certificate: Lot 4711").click()
    expect(page.locator(".certificate")).to_contain_text("Escapes found later")


@pytest.mark.parametrize("page", [SMALL], ids=["800x480"], indirect=True)
def test_a_span_of_time_is_downloaded_with_its_pictures_and_verifies_with_python_alone(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(address + "records")
    page.get_by_text("More to look for").click()
    page.get_by_label("From").fill(f"{datetime.now().astimezone() - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("More forms").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="With pictures, to be verified (zip)").click()
    with ZipFile(download.value.path()) as file:
        file.extractall(tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "check.py")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, "whole: as the station recorded it" in checked.stdout) == (0, True), checked
    page.goto(address + "export?format=zip&lot=0815")
    expect(page.get_by_role("alert")).to_contain_text("No record matches")
    page.troubles.clear()  # type: ignore[attr-defined] # as hung there by `opened`; the browser tells of every 404


def test_a_record_is_found_and_opened_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address + "records")
    page.get_by_label("Serial").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**work_order=demo**")
    page.locator("summary").first.focus()
    page.keyboard.press("Tab")  # what is folded away is passed over
    expect(page.get_by_role("link", name="Certificate: Work order demo")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record?n=*")


def test_what_mattered_and_the_nearest_known_pictures_come_by_themselves(page: Page, address: str) -> None:
    page.goto(f"{address}record?n={newest(page, address, 'wrong_part')}")
    picture = page.locator("img.explained")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('img.explained').naturalWidth > 0", timeout=30_000)
    expect(page.locator("#why ~ p").nth(1)).to_contain_text("distance")


def test_the_log_is_verified_by_a_button_with_its_result_in_words(page: Page, address: str) -> None:
    page.goto(address + "proof")
    page.get_by_role("button", name="Verify the log").click()
    expect(page.locator(".message.done")).to_have_text("The log is whole.", timeout=30_000)


def test_the_numbers_of_a_chart_are_one_touch_away(page: Page, address: str) -> None:
    page.goto(address + "figures?by=part_number")
    expect(page.locator(".chart")).to_have_count(4)
    page.get_by_text("The numbers").click()
    expect(page.locator("tbody th").first).to_have_text("1041-A")
    assert overflowing(page) == []
    assert small_targets(page) == []
    assert faults(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_cut_off_too_small_or_keeps_somebody_out(page: Page, address: str, path: str) -> None:
    page.goto(address.rstrip("/") + path.format(n=newest(page, address, "wrong_part")))
    page.wait_for_load_state("networkidle")
    assert overflowing(page) == []
    assert small_targets(page) == []
    assert faults(page) == []
    assert page.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`


@pytest.mark.parametrize("page", [LARGE], ids=["1280x720"], indirect=True)
def test_a_bundle_that_a_technician_proposed_is_approved_and_used(
    page: Page, address: str, demo: Demo, tmp_path: Path
) -> None:
    name, bundle = Bundles(demo.folder).stage(release(tmp_path, "bench-2"))
    desk = Desk(demo.folder)
    left = desk.propose(name, bundle.sha256, bundle.part_numbers, "Technician", "Sees the new lot")
    assert desk.recorded(left)
    page.goto(address + "bundles")
    proposal = page.get_by_role("region", name=f"Proposed: {name}")
    expect(proposal).to_contain_text("by Technician")
    expect(proposal).to_contain_text("Sees the new lot")
    proposal.get_by_label("Because").fill("Its card is good")
    assert (overflowing(page), small_targets(page), faults(page)) == ([], [], [])
    proposal.get_by_role("button", name="Approve and use").click()
    expect(page.locator(".message.done")).to_contain_text("It is kept with your name", timeout=15_000)
    expect(page.get_by_role("region", name="Answered")).to_contain_text("approved by Demo supervisor")
    demo.until(lambda: demo.station.model.name.startswith("bench-2"))  # between two placements
    page.reload()
    expect(page.get_by_text("In use: bench-2")).to_be_visible()
    assert demo.station.verification.standing.since is None
