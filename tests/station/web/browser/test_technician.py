"""The technician's pages in a real browser: the whole story of a warning, an older calibration, and a study."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from station.people import Role
from station.study_log import LogStudy
from tests.station.web.browser.chromium import SMALL, faults, opened, overflowing, small_targets
from tests.station.web.demo import Demo
from tests.station.web.tended import tend


@pytest.fixture(scope="module")
def page(demo: Demo, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A technician's tablet beside a station that was tended for two months."""
    tend(demo.folder, tmp_path_factory.mktemp("whole"), demo.station, datetime.now(UTC).date())
    demo.room.is_by_itself = False
    demo.start()
    with demo.visited(Role.TECHNICIAN) as address:
        page = opened(browser, address, SMALL)
        demo.until(lambda: demo.station.trigger is not None and demo.station.trigger.is_armed)
        yield page
        page.context.close()


def is_fit(page: Page) -> bool:
    """Nothing is cut off, too small, or keeps somebody out."""
    page.wait_for_load_state("networkidle")
    assert [*overflowing(page), *small_targets(page), *faults(page)] == []
    assert page.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`
    return True


def is_warned(page: Page) -> bool:
    page.reload()
    return page.locator(".who .near").is_visible()


def goes(page: Page, name: str) -> None:
    page.locator(".who").click()
    page.locator("#menu").get_by_role("link", name=name, exact=True).click()


def test_from_the_warning_over_an_older_calibration_to_the_page_for_the_audit(page: Page, demo: Demo) -> None:
    demo.until(lambda: is_warned(page))  # the menu looks for it now and then, and is written with the page
    page.locator(".who").click()
    page.get_by_role("link", name="Light or camera is near a limit.").click()
    expect(page.locator(".message.doubt")).to_contain_text("look at lamp and room light")
    expect(page.locator(".chart.trend")).to_have_count(5)
    page.get_by_text("The numbers").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert is_fit(page)

    goes(page, "Calibrations")
    assert is_fit(page)
    page.get_by_role("button", name="Compare them").click()
    assert is_fit(page)
    page.get_by_role("link", name="0003").click()
    expect(page.locator("#controls ~ .scroll")).to_contain_text("as asked")
    assert is_fit(page)
    page.get_by_role("link", name="All calibrations").click()
    page.locator(".calibrations a").first.click()
    page.get_by_label("Use this one, because").fill("The former lamp is back")
    page.get_by_role("button", name="Use this one").click()
    expect(page.locator(".message.done")).to_contain_text("The station has to be verified again", timeout=15_000)
    assert demo.station.model.profile is not None
    assert demo.station.model.profile.number == 4
    assert is_fit(page)
    studied(page, demo, LogStudy(Path(demo.folder), "STUDY-1"))


def studied(page: Page, demo: Demo, study: LogStudy) -> None:
    """A study of two pieces by two people, laid by the hand of the bench as the page asks for them."""
    goes(page, "Agreement study")
    page.get_by_label("Name of the study").fill("STUDY-1")
    page.get_by_label("Good pieces, one a line").fill("P1")
    page.get_by_label("Wrong pieces, one a line").fill("P2")
    page.get_by_label("Who lays them").fill("Ann, Bo")
    page.get_by_label("How often each lays each").fill("1")
    assert is_fit(page)
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Begin the order, and go on").click()
    demo.until(lambda: demo.station.order.work_order == "STUDY-1")
    page.reload()
    expect(page.locator(".message.doubt")).to_contain_text("First the station is verified for this order")
    demo.verify()
    for number, (who, _, piece) in enumerate(study.known().plan.rounds()):
        expect(page.locator(".ask h2")).to_contain_text(piece.name, timeout=20_000)
        expect(page.locator(".ask")).to_contain_text(who)
        assert number or is_fit(page)
        for _ in range(4):  # what shows nothing is laid again, as the page says
            demo.lay("1041-A" if piece.is_good else "1041-B")
            if demo.came(lambda number=number: len(study.known().done) > number, 8):  # type: ignore[misc] # of this one
                break
        demo.room.ask("remove")
    expect(page.locator(".message.done")).to_contain_text("Every piece was laid", timeout=20_000)
    assert is_fit(page)
    page.get_by_role("link", name="Report").click()
    expect(page.locator(".certificate")).to_contain_text("The limits are met.")
    expect(page.locator(".certificate")).to_contain_text("SIMULATED")
    assert page.pdf().count(b"/Type /Page\n") <= 1  # one page for the audit
    assert is_fit(page)
