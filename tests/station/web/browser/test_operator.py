"""The operator's page in a real browser: what it shows, that it fits and can be touched, and that it is heard."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from station.types import Verdict
from tests.station.web.browser.chromium import LARGE, PHONE, SMALL, faults, opened, overflowing, small_targets
from tests.station.web.demo import PIN, Demo


def are_well(screens: list[Page]) -> None:
    """Nothing is cut off, nothing too small for a glove, nothing that keeps somebody out, and no error was told."""
    for screen in screens:
        assert overflowing(screen) == []
        assert small_targets(screen) == []
        assert faults(screen) == []
        assert screen.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`


def shows(screen: Page, mode: str) -> None:
    expect(screen.locator("#screen")).to_have_attribute("data-mode", mode, timeout=15_000)


def picture_is_there(screen: Page, selector: str) -> None:
    screen.wait_for_function(
        "selector => { const all = [...document.querySelectorAll(selector)];"
        " return all.length && all.every(each => each.complete && each.naturalWidth > 0); }",
        arg=selector,
    )


def test_verification_is_asked_for_step_by_step(steps: list[str]) -> None:
    assert steps == ["Golden part", "Challenge part", "Empty stage"]


def test_a_station_that_is_ready_shows_the_part_to_lay_and_the_stage(demo: Demo, watched: list[Page]) -> None:
    demo.room.ask("remove")
    for screen in watched:
        shows(screen, "ready")
        expect(screen.locator("#now h1")).to_have_text("Lay 1041-A on the stage.")
        expect(screen.locator("#top")).to_contain_text("Verified")
        picture_is_there(screen, ".reference img, #picture")
    are_well(watched)


def test_pass_fills_the_page_with_the_part_number(demo: Demo, watched: list[Page]) -> None:
    assert demo.lay("1041-A").verdict is Verdict.PASS
    for screen in watched:
        shows(screen, "pass")
        expect(screen.locator("#now h1")).to_have_text("PASS")
        expect(screen.locator("#now .sentence")).to_have_text("1041-A")
    are_well(watched)


def test_reject_shows_what_it_is_beside_what_is_expected(demo: Demo, watched: list[Page]) -> None:
    assert demo.lay("1041-B").verdict is Verdict.REJECT
    for screen in watched:
        shows(screen, "reject")
        expect(screen.locator("#now .sentence")).to_have_text("This is 1041-B; expected is 1041-A.")
        expect(screen.locator(".pair figcaption")).to_have_text(["This is 1041-B", "Expected is 1041-A"])
        picture_is_there(screen, ".pair img")
    are_well(watched)


def test_an_unknown_part_is_named_so(demo: Demo, watched: list[Page]) -> None:
    assert demo.lay("1042").verdict is Verdict.REJECT
    for screen in watched:
        expect(screen.locator(".pair figcaption").first).to_have_text("This is unknown")
    are_well(watched)


def test_unsure_says_and_draws_what_to_do(demo: Demo, watched: list[Page]) -> None:
    assert demo.lay("two").verdict is Verdict.UNSURE
    for screen in watched:
        shows(screen, "unsure")
        expect(screen.locator("#now .sentence")).to_have_text("More than one part is seen. Leave one on the stage.")
        expect(screen.locator("#now .drawing")).to_be_visible()
    are_well(watched)


def test_the_verdict_goes_with_its_part_and_stays_as_a_small_picture(demo: Demo, watched: list[Page]) -> None:
    demo.room.ask("remove")
    for screen in watched:
        shows(screen, "ready")
        picture_is_there(screen, ".last img")


def test_a_verdict_is_on_the_page_at_once(demo: Demo, watched: list[Page]) -> None:
    """At most 0.3 s on a machine that does nothing else; a test on a busy one sees whether it is still that sort."""
    screen = watched[0]
    screen.evaluate(
        """() => new MutationObserver(() => { window.shown ??= Date.now() / 1000; })
        .observe(document.getElementById('screen'), { attributeFilter: ['data-mode'] })"""
    )
    told: list[float] = []
    beside = demo.station.beside

    def saw(inspection, frame) -> None:  # type: ignore[no-untyped-def] # as hung there by `opened`
        told.append(time.time())
        assert beside
        beside(inspection, frame)

    demo.station.beside = saw
    demo.lay("1041-A")
    demo.station.beside = beside
    shows(screen, "pass")
    assert screen.evaluate("window.shown") - told[0] < 1.5


@pytest.mark.parametrize(("verdict", "act"), [("reject", "1041-B"), ("pass", "1041-A")])
def test_a_verdict_sounds_once_the_page_was_touched(demo: Demo, watched: list[Page], verdict: str, act: str) -> None:
    screen = watched[1]
    screen.locator("#now").click()
    demo.lay(act)
    shows(screen, verdict)
    expect(screen.locator("html")).to_have_attribute("data-tone", verdict)


def test_who_wants_silence_has_it_also_after_the_page_was_loaded_again(demo: Demo, watched: list[Page]) -> None:
    screen = watched[1]
    screen.locator(".who").click()
    screen.locator("#sound").click()
    are_well([screen])  # with the menu open
    screen.reload()
    screen.locator(".who").click()
    expect(screen.locator("#sound")).to_have_attribute("aria-pressed", "false")
    demo.lay("1041-B")
    shows(screen, "reject")
    expect(screen.locator("html")).not_to_have_attribute("data-tone", "reject")
    screen.keyboard.press("Escape")


def test_a_visitor_moves_the_bench_from_the_panel_and_reads_what_to_look_for(demo: Demo, watched: list[Page]) -> None:
    screen = watched[1]
    screen.get_by_role("button", name="Camera unplugged").click()
    shows(screen, "fault")
    expect(screen.locator("#told")).to_contain_text("no picture is made up")
    expect(screen.locator(".health")).to_contain_text("Look at the camera")
    expect(screen.locator("#picture")).to_be_hidden()
    are_well([watched[0]])
    screen.get_by_role("button", name="Camera unplugged").click()
    expect(screen.locator("#screen")).not_to_have_attribute("data-mode", "fault", timeout=20_000)
    demo.until(lambda: demo.station.screen.view.fault == "")
    screen.troubles.clear()  # type: ignore[attr-defined]  # a picture that is not there is told there
    watched[0].troubles.clear()  # type: ignore[attr-defined] # as hung there by `opened`


@pytest.mark.parametrize("size", [SMALL, LARGE, PHONE])
def test_somebody_signs_in_by_touch_and_out_again(demo: Demo, browser: Browser, size: tuple[int, int]) -> None:
    with demo.served() as address:
        page = opened(browser, address, size)
        expect(page).to_have_url(f"{address}sign-in")
        page.get_by_text("Operator").click()
        for digit in PIN:
            page.locator(f"[data-key='{digit}']").click()
        assert (overflowing(page), small_targets(page), faults(page)) == ([], [], [])
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{address}operator")
        page.locator(".who").click()
        assert (overflowing(page), small_targets(page), faults(page)) == ([], [], [])
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{address}sign-in")
        page.context.close()


def test_the_page_is_spoken_in_the_language_of_the_browser_or_in_the_one_chosen(demo: Demo, browser: Browser) -> None:
    with demo.visited() as address:
        page = opened(browser, address, LARGE, locale="ms-MY")
        expect(page.locator("html")).to_have_attribute("lang", "ms")
        page.locator(".who").click()
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.context.close()


def test_a_lost_connection_covers_the_page_until_it_is_back(demo: Demo, browser: Browser) -> None:
    with demo.visited() as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        page = opened(browser, address, SMALL)
        expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    assert faults(page) == []
    with demo.visited(port=port):
        expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
        page.context.close()
