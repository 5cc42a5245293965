"""A shift in a real browser: two work orders from the scanned barcode to the summary, one at each size of screen.

The tests of a shift follow one another as its acts do. The station, its hand and the log are those of the demo; the
operator has signed in, as on a real station.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from station.log import queries
from station.log.record import Row
from station.orders.order import WorkOrder
from station.orders.store import Orders
from station.types import Verdict
from tests.station.web.browser.chromium import LARGE, SMALL, faults, opened, overflowing, signed_in, small_targets
from tests.station.web.demo import Demo

QUANTITY = 2


@dataclass(frozen=True)
class Shift:
    """An order, the screen at which it is worked off, and the part that does not belong to it."""

    size: tuple[int, int]
    work_order: str
    part: str
    other: str
    is_known: bool

    def __str__(self) -> str:
        return f"{self.size[0]}x{self.size[1]}"


SHIFTS = (
    Shift(SMALL, "WO-7001", "1041-A", "1041-B", is_known=True),
    Shift(LARGE, "WO-7002", "1041-B", "1041-A", is_known=False),
)


@pytest.fixture(scope="module")
def desks(demo: Demo, browser: Browser) -> Iterator[dict[tuple[int, int], Page]]:
    """Both screens, signed in by PIN, of a station that was verified for the demo's order; the first order waits."""
    first = SHIFTS[0]
    Orders(demo.folder).add(WorkOrder(first.work_order, first.part, QUANTITY), by="test")
    demo.room.is_by_itself = False
    with demo.served() as address:
        demo.start()
        demo.verify()
        yield {size: signed_in(opened(browser, address, size), "Operator") for size in (SMALL, LARGE)}


@pytest.fixture(scope="module", params=SHIFTS, ids=str)
def shift(request: pytest.FixtureRequest) -> Shift:
    shift: Shift = request.param
    return shift


@pytest.fixture
def desk(desks: dict[tuple[int, int], Page], shift: Shift) -> Page:
    return desks[shift.size]


def is_well(page: Page) -> None:
    """Nothing is cut off, nothing too small for a glove, nothing that keeps somebody out, and no error was told."""
    page.wait_for_load_state()  # else its style may not be there yet
    assert (overflowing(page), small_targets(page), faults(page)) == ([], [], [])
    assert page.troubles == []  # type: ignore[attr-defined] # as hung there by `opened`


def go(page: Page, name: str) -> None:
    """By the menu, as by touch."""
    page.locator(".who").click()
    page.locator("#menu").get_by_role("link", name=name, exact=True).click()


def shows(page: Page, mode: str) -> None:
    expect(page.locator("#screen")).to_have_attribute("data-mode", mode, timeout=15_000)


def scan(page: Page, barcode: str) -> None:
    """What a scanner does: it types where the page has put the focus, and ends with Enter."""
    page.keyboard.type(barcode)
    page.keyboard.press("Enter")


def counts(page: Page) -> list[str]:
    return page.locator(".counts b").all_inner_texts()


def events(demo: Demo, kind: str, work_order: str) -> list[Row]:
    with queries.reading(demo.folder) as log:
        found = queries.events(log, limit=100, kinds=[kind])
    return [each for each in found if each["details"].get("work_order") == work_order]


def test_a_scanned_order_is_begun_or_asks_for_what_is_not_known_of_it(demo: Demo, desk: Page, shift: Shift) -> None:
    scanned_amid_the_stage(desk)
    scan(desk, shift.work_order)
    if not shift.is_known:
        expect(desk.get_by_role("alert")).to_contain_text(f"There is no work order {shift.work_order}.")
        expect(desk.get_by_label("Part number")).to_be_focused()
        desk.troubles.clear()  # type: ignore[attr-defined]  # the browser tells of every refusal
        is_well(desk)
        desk.get_by_label("Part number").select_option(shift.part)
        desk.get_by_label("Quantity").fill(str(QUANTITY))
        desk.keyboard.press("Enter")
    shows(desk, "not-verified")
    expect(desk.locator("#top")).to_contain_text(shift.work_order)
    expect(desk.locator("#top")).to_contain_text(f"0 / {QUANTITY}")
    expect(desk.locator("#now")).to_contain_text(f"The order is {shift.work_order}.")
    expect(desk.locator("#now h1")).to_contain_text("on the stage.")
    assert counts(desk) == ["0", "0", "0"]
    is_well(desk)


def scanned_amid_the_stage(desk: Page) -> None:
    """The operator's page takes what a scanner types, and forgets what was not meant."""
    scanned = desk.get_by_label("Work order")
    desk.keyboard.type("X-1")
    expect(scanned).to_have_value("X-1")
    is_well(desk)
    # at once, not only when the next frame is drawn: the first key of the next barcode may come before that
    assert scanned.evaluate(
        "(field) => { field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));"
        " return document.activeElement === document.body; }"
    )
    expect(scanned).to_be_hidden()
    assert scanned.input_value() == ""


def test_changeover_asks_for_verification_again_step_by_step(demo: Demo, desk: Page, shift: Shift) -> None:
    assert demo.station.verification.standing.since is None
    asked = desk.evaluate_handle(
        """() => { const asked = []; const now = document.getElementById('now');
        const look = () => { const step = now.querySelector('.steps .now'); if (step && asked.at(-1) !== step.innerText)
            asked.push(step.innerText); };
        look(); new MutationObserver(look).observe(now, { childList: true, subtree: true }); return asked; }"""
    )
    demo.verify()
    demo.room.ask("remove")
    shows(desk, "ready")
    assert asked.json_value() == ["Golden part", "Challenge part", "Empty stage"]
    expect(desk.locator("#now h1")).to_have_text(f"Lay {shift.part} on the stage.")
    assert counts(desk) == ["0", "0", "0"]  # golden and challenge part are no production


def test_a_pass_counts_towards_the_order(demo: Demo, desk: Page, shift: Shift) -> None:
    assert demo.lay(shift.part).verdict is Verdict.PASS
    shows(desk, "pass")
    expect(desk.locator("#top")).to_contain_text(f"1 / {QUANTITY}")
    assert counts(desk) == ["1", "0", "0"]
    is_well(desk)


def test_a_rejected_part_is_confirmed_to_be_in_the_red_bin(demo: Demo, desk: Page, shift: Shift) -> None:
    assert demo.lay(shift.other).verdict is Verdict.REJECT
    shows(desk, "reject")
    is_well(desk)
    demo.room.ask("remove")  # as who carries it to the bin; acts are recorded between two placements
    desk.locator(".last a").first.click()  # one touch, at the picture of the part
    button = desk.get_by_role("button", name="The part is in the red bin")
    expect(button).to_be_focused()
    is_well(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_have_text("The part is in the red bin.")
    expect(button).to_have_count(0)
    is_well(desk)
    demo.until(lambda: len(events(demo, "red_bin", shift.work_order)) == 1)
    desk.get_by_role("link", name="Stage", exact=True).click()


def test_who_disagrees_gives_a_reason_and_the_part_goes_on_hold(demo: Demo, desk: Page, shift: Shift) -> None:
    go(desk, "Last part")
    desk.get_by_role("button", name="It is damaged or dirty").click()
    expect(desk.get_by_text("The part is on hold.")).to_be_visible()
    is_well(desk)
    demo.until(lambda: len(events(demo, "hold", shift.work_order)) == 1)
    override = events(demo, "override", shift.work_order)[0]
    told = override["details"]
    with queries.reading(demo.folder) as log:
        record = queries.show(log, told["inspection_id"])
    assert (override["operator"], told["why"]) == ("Operator", "damaged")
    assert record
    assert record["verdict"] == Verdict.REJECT  # the record stays as it is
    desk.get_by_role("link", name="Stage", exact=True).click()
    expect(desk.locator(".last .held")).to_have_text("on hold")


def test_once_the_quantity_is_reached_no_more_passes(demo: Demo, desk: Page, shift: Shift) -> None:
    assert demo.lay(shift.part).verdict is Verdict.PASS
    expect(desk.locator("#top")).to_contain_text(f"{QUANTITY} / {QUANTITY}")
    demo.room.ask("remove")
    expect(desk.locator("#now h1")).to_contain_text("The order is complete: 2 of 2 passed.")
    expect(desk.locator(".state b")).to_have_text("Ready")  # it is verified, and has nothing to do
    is_well(desk)
    assert demo.lay(shift.part).verdict is not Verdict.PASS
    expect(desk.locator("#top")).to_contain_text(f"{QUANTITY} / {QUANTITY}")
    expect(desk.locator("#now")).to_contain_text("Close it, or choose another.")


def test_a_closed_order_shows_its_summary_and_leads_to_the_next(demo: Demo, desk: Page, shift: Shift) -> None:
    desk.locator("#now").get_by_role("link", name="This order").click()
    is_well(desk)
    desk.get_by_role("button", name="Close this order").click()
    expect(desk.locator("h1")).to_have_text(shift.work_order)
    lines = dict(zip(desk.locator("th").all_inner_texts(), desk.locator("td").all_inner_texts(), strict=True))
    told = {"asked": "2", "passed": "2", "rejected: wrong part": "1", "confirmed in the red bin": "1", "on hold": "1"}
    assert told.items() <= lines.items()
    assert lines["verifications"] == "1"
    is_well(desk)
    desk.get_by_role("link", name="Next order").click()
    expect(desk.locator("#scan")).to_be_focused()
    demo.room.ask("remove")  # an order is taken up, and given up, between two placements
    demo.until(lambda: not demo.station.order.part_number)
    desk.goto(desk.url.replace("/orders", "/operator"))
    expect(desk.locator("#now h1")).to_have_text("Scan or choose a work order.")
    is_well(desk)
    desk.locator("#now").get_by_role("link", name="Orders").click()
    expect(desk.locator("#scan")).to_be_focused()
    desk.goto(desk.url.replace("/orders", "/operator"))
