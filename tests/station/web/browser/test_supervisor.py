"""The desk in a real browser: searched, looked at, released, certified; by keyboard too, on both screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from station.certificate import check
from station.people import Role
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
    page.get_by_role("link", name="Work order demo").click()
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
