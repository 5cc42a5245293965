"""Debian's Chromium, without a window, and what any page shown in it must be."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.station.web.demo import PIN

MISSING = "Chromium is not here; install it with: sudo apt install chromium"
SMALL, LARGE, FULL, PHONE = (800, 480), (1280, 720), (1920, 1080), (390, 844)
TOUCH = 63  # pixels: 12 mm on a screen of 7 inches with 800 × 480
SERIOUS = ("serious", "critical")


def executable() -> str | None:
    """Where it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser. The sandbox needs rights that a container seldom has; the pages are ours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, address: str, size: tuple[int, int], **more: Any) -> Page:
    """A page of its own, with the troubles that it told in `page.troubles`."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    page.troubles = troubles  # type: ignore[attr-defined] # for who opened it
    page.goto(address)
    return page


def signed_in(page: Page, name: str) -> Page:
    """By touch and PIN, as on a real station."""
    page.get_by_text(name).click()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#screen")).to_be_visible()
    page.troubles.clear()  # type: ignore[attr-defined] # as hung there by `opened`
    return page


def faults(page: Page) -> list[str]:
    """What axe finds on the page that keeps somebody from using it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def small_targets(page: Page, within: str = "body") -> list[str]:
    """What can be touched on the page and is smaller than a finger in a glove; the visitors' panel is not for those."""
    found: list[str] = page.evaluate(
        """([within, least]) => [...document.querySelectorAll(within + ' :is(a, button, select, label:has(input))')]
        .filter(each => !each.closest('#bench') && each.checkVisibility())
        .map(each => [each.innerText, each.getBoundingClientRect()])
        .filter(([, box]) => box.width < least || box.height < least)
        .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)""",
        [within, TOUCH],
    )
    return found


def overflowing(page: Page) -> list[str]:
    """What is cut off: words and pictures of the page that reach out of the place they are in, or of the screen."""
    found: list[str] = page.evaluate(
        """() => {
        const out = [], page = document.documentElement;
        if (page.scrollWidth > page.clientWidth) out.push(`the page is ${page.scrollWidth} wide`);
        for (const place of document.querySelectorAll('#top, #now, #foot, #sign-in, .page, .menu')) {
            const bounds = place.getBoundingClientRect();
            for (const each of place.querySelectorAll('h1, p, b, dd, small, figcaption, img, svg, li, button')) {
                if (!each.checkVisibility() || each.closest('.unseen, .last, #menu, .simulated')) continue;
                if (getComputedStyle(each).clipPath !== 'none') continue;
                const box = each.getBoundingClientRect();
                const isOut = box.left < bounds.left - 1 || box.right > bounds.right + 1
                    || box.top < bounds.top - 1 || box.bottom > bounds.bottom + 1;
                if (isOut) out.push(`${place.id || place.className}: ${each.tagName} ${each.innerText ?? ''} `
                    + [box.left, box.top, box.right, box.bottom].map(Math.round));
            }
        }
        return out; }"""
    )
    return found
