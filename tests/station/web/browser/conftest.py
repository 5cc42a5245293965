"""One demo and one browser for all tests of a module: the station runs as on any day, and the tests move its hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="the tests in a browser need playwright: pip install -e .[test]")

from playwright.sync_api import Browser, Page

from tests.station.web.browser.chromium import LARGE, MISSING, SMALL, executable, launched, opened
from tests.station.web.demo import Demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip(MISSING)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Not started yet."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.add_people()
    yield demo
    demo.close()


@pytest.fixture(scope="module")
def screens(demo: Demo, browser: Browser) -> Iterator[list[Page]]:
    """The operator's page as visitors see it, small and large, watching a station that is about to start."""
    with demo.visited() as address:
        yield [opened(browser, address, size) for size in (SMALL, LARGE)]


@pytest.fixture(scope="module")
def steps(demo: Demo, screens: list[Page]) -> list[str]:
    """The station has started and the hand has verified it; what the small screen asked for meanwhile."""
    asked = screens[0].evaluate_handle(
        """() => { const asked = []; const now = document.getElementById('now');
        const look = () => { const step = now.querySelector('.steps .now'); if (step && asked.at(-1) !== step.innerText)
            asked.push(step.innerText); };
        new MutationObserver(look).observe(now, { childList: true, subtree: true }); return asked; }"""
    )
    demo.start()
    demo.until(lambda: demo.station.verification.standing.since is not None, 60)
    demo.room.is_by_itself = False
    for screen in screens:
        screen.wait_for_selector("#screen[data-mode=ready], #screen[data-mode=pass]")
    return list(asked.json_value())


@pytest.fixture
def watched(steps: list[str], screens: list[Page]) -> list[Page]:
    """The screens of a station that is verified, and whose hand waits for the test."""
    return screens
