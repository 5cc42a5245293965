"""The whole wizard at a tablet's size: from one touch on the running station to an active profile, signed by PIN."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from station.types import State
from tests.station.web.browser.chromium import faults, opened, overflowing, signed_in, small_targets
from tests.station.web.demo import PIN, Demo

TABLET = (1024, 768)
STEPS = ["Halt the line", "Clean and warm up", "Exposure", "Even light", "Focus", "Place of the camera"]
STEPS += ["Golden parts", "Blind check", "Sign"]
OTHER = """mark => document.querySelector('form.begin')
    || document.querySelector('.lead[data-phase=asks]') && document.querySelector('.lead').dataset.mark != mark"""


def is_well(page: Page) -> None:
    page.wait_for_load_state()
    assert (overflowing(page), small_targets(page), faults(page)) == ([], [], [])


def touches(page: Page, name: str) -> None:
    """One touch, and what comes of it."""
    page.wait_for_selector(".lead[data-phase=asks]", timeout=60_000)
    mark = page.locator(".lead").get_attribute("data-mark")
    page.get_by_role("button", name=name).click()
    page.wait_for_function(OTHER, arg=mark, timeout=60_000)


def test_a_technician_calibrates_in_the_browser_and_the_station_asks_to_be_verified(
    demo: Demo, browser: Browser
) -> None:
    demo.room.is_by_itself = False
    demo.start()
    with demo.served() as address:
        page = signed_in(opened(browser, address, TABLET), "Technician")
        demo.until(lambda: demo.station.state is State.READY)
        former = demo.station.model.profile
        page.locator(".who").click()
        page.locator("#menu").get_by_role("link", name="Calibrate", exact=True).click()
        is_well(page)
        page.get_by_role("button", name="Halt the line and calibrate").click()
        seen: list[str] = []
        while True:
            page.wait_for_selector(".lead[data-phase=asks]", timeout=60_000)
            step = page.locator(".way .now").inner_text()
            if step == "Sign":
                break
            touches(page, "Let the simulated technician do it")
            if step not in seen:
                seen.append(step)
                is_well(page)
            if step == "Focus":  # left in the middle, and gone on with
                page.get_by_role("button", name="Leave").click()
                page.get_by_role("button", name="Go on where it was left").click()
                page.wait_for_selector(".lead[data-phase=asks]", timeout=60_000)
                expect(page.locator(".words .message")).to_contain_text("It goes on where it was left")
                is_well(page)
                touches(page, "Let the simulated technician do it")
                step = "Focus again"
            if step == "Exposure":
                expect(page.locator("#live .gauge")).to_contain_text("target 216 – 224")
            touches(page, "Done, continue")
        assert [*seen, "Sign"] == STEPS
        page.get_by_label("Your PIN").fill(PIN)
        is_well(page)
        page.get_by_role("button", name="Sign as Technician").click()
        expect(page.get_by_role("status")).to_contain_text("Calibration 0002 is signed.", timeout=30_000)
        is_well(page)
        page.get_by_role("link", name="Verify at the stage").click()
        expect(page.locator("#screen")).to_have_attribute("data-mode", "not-verified", timeout=15_000)
        expect(page.locator("#now")).to_contain_text("Another calibration is in use.")
        assert page.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`
        profile = demo.station.model.profile
        assert profile is not former
        assert profile
        assert (profile.number, profile.made_by) == (2, "Technician")
        page.goto(f"{address}camera")
        expect(page.locator(".histogram")).to_be_visible()
        is_well(page)
        demo.verify()  # with the new calibration golden passes, challenge is rejected
