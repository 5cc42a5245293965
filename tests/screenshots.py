"""Every page and state of the screens, in every size, from the demo: `python -m tests.screenshots OUT`.

They are for looking at: what overflows, too small type and faults that keep somebody out are printed beside each.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import cv2
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TooLate

from station.people import Role
from station.study_log import LogStudy
from station.types import State
from station.web.explore import PATH as EXPLORE  # its looks are Datasette's own
from tests.station.web.browser.chromium import (
    FULL,
    LARGE,
    MISSING,
    PHONE,
    SMALL,
    executable,
    faults,
    launched,
    opened,
    overflowing,
    small_targets,
)
from tests.station.web.demo import PIN, Demo
from tests.station.web.tended import tend

TRIES = 4
PICTURES = Path(__file__).parents[1] / "deploy" / "pictures"
README = {"reject.png": "reject-1280x720.png", "pass.png": "pass-800x480.png", "unsure.png": "half-800x480.png"}
WIDTH = 800  # pixels, of the pictures in README.md
SIZES = {"800x480": SMALL, "1280x720": LARGE, "1920x1080": FULL, "phone": PHONE}


# a picture that is loaded when it comes near is not waited for where it is out of sight
COMPLETE = """() => [...document.images].every(each => each.hidden || each.complete
    || each.loading === "lazy" && each.getBoundingClientRect().top > innerHeight)"""


class Album:
    """One page, photographed in every size."""

    def __init__(self, out: Path, page: Page) -> None:
        self._out, self.page = out, page

    def take(self, name: str, ready: str = "body", act: Callable[[], object] = lambda: None) -> None:
        """After `act`, once `ready`, a selector, is on the page; once more where a busy machine was too late for it."""
        for _ in range(TRIES):
            act()
            with suppress(TooLate):
                return self._all_sizes(name, ready)
            click.echo(f"{name} did not come; on the page stands: {self.page.locator('main').inner_text()!r}", err=True)
        raise click.ClickException(f"{name} did not come to be.")

    def _all_sizes(self, name: str, ready: str) -> None:
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_selector(ready, timeout=10_000)
            self.page.wait_for_function(COMPLETE)
            self.page.screenshot(path=self._out / f"{name}-{size}.png")
            for trouble in (*overflowing(self.page), *small_targets(self.page), *faults(self.page)):
                click.echo(f"{name}-{size}: {trouble}")
            self.page.wait_for_selector(ready, timeout=1_000)


@contextmanager
def album(out: Path, browser: Browser, address: str, **more: str) -> Iterator[Album]:
    page = opened(browser, address, SMALL, **more)
    try:
        yield Album(out, page)
    finally:
        page.context.close()


def shown(mode: str) -> str:
    return f"#screen[data-mode={mode}]"


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--scheme", type=click.Choice(["dark", "light"]), default="dark", show_default=True)
@click.option("--language", default="en", show_default=True)
@click.option("--readme", is_flag=True, help="Put the three of README.md, made small, into deploy/pictures as well.")
def main(out: Path, scheme: str, language: str, readme: bool) -> None:
    """Write the pictures into OUT."""
    if executable() is None:
        raise click.ClickException(MISSING)
    out.mkdir(parents=True, exist_ok=True)
    more = {"color_scheme": scheme, "locale": language}
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        demo = Demo(Path(folder))
        demo.add_people()
        tend(demo.folder, Path(folder) / "spare", demo.station, datetime.now(UTC).date())
        demo.room.is_by_itself = False
        demo.start()
        try:
            signing_in(demo, out, browser, more)
            inspecting(demo, out, browser, more)
            looking_up(demo, out, browser, more)
            reading(demo, out, browser, more)
            tending(demo, out, browser, more)
            calibrating(demo, out, browser, more)
        finally:
            demo.close()
    if readme:
        for name, source in README.items():
            shrink(out / source, PICTURES / name)
    click.echo(f"{len(list(out.glob('*.png')))} pictures are in {out}.")


def shrink(source: Path, target: Path) -> None:
    """A picture of `WIDTH`, well compressed."""
    picture = cv2.imread(str(source))
    assert picture is not None
    height = round(WIDTH * picture.shape[0] / picture.shape[1])
    target.parent.mkdir(exist_ok=True)
    small = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(target), small, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def signing_in(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    with demo.served() as address, album(out, browser, address, **more) as pictures:
        page = pictures.page
        pictures.take("sign-in")
        page.get_by_text("Technician").click()
        page.locator("#pin").fill(PIN)
        page.locator(".go[type=submit]").click()
        pictures.take("not-verified", shown("not-verified"))
        page.locator(".who").click()
        pictures.take("menu")


def inspecting(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    def waits(*acts: str) -> Callable[[], None]:
        """Once the stage is empty and the station ready, ask for these."""

        def act() -> None:
            demo.room.ask("remove")
            demo.until(lambda: demo.station.screen.view.state is State.READY and not demo.bench.lying, 30)
            for each in acts:
                if each not in demo.room.wrong:  # a switch is put on once, however often it takes
                    demo.room.ask(each)

        return act

    with demo.visited() as address, album(out, browser, address, **more) as pictures:
        demo.room.is_by_itself = True
        demo.until(lambda: demo.station.verification.standing.since is not None, 90)
        demo.room.is_by_itself = False
        for act in ("1041-A", "1041-B", "1042"):
            demo.lay(act)
        pictures.take("ready", shown("ready"), waits())
        pictures.take("pass", shown("pass"), waits("1041-A"))
        pictures.take("reject", shown("reject"), waits("1041-B"))
        pictures.take("unknown", shown("reject"), waits("1042"))
        pictures.take("two", shown("unsure"), waits("two"))
        pictures.take("half", shown("unsure"), waits("half"))
        pictures.take("dim", shown("unsure"), waits("dim", "1041-A"))
        demo.room.ask("dim")
        for switch, more_acts in (("unplugged", ()), ("full", ("1041-A",))):
            pictures.take(switch, shown("fault"), waits(switch, *more_acts))
            demo.room.ask(switch)
        waits()()
        pictures.page.evaluate("() => { source.close(); document.getElementById('lost').hidden = false; }")
        pictures.take("lost")


def looking_up(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    """What the menu does not lead to on the supervisor's desk, of what was inspected before."""
    with demo.visited(Role.SUPERVISOR) as address, album(out, browser, address, **more) as pictures:
        page = pictures.page

        def opens(path: str) -> Callable[[], object]:
            return lambda: page.goto(address + path)

        pictures.take("search", "main.page summary .note", opens("records?reason=wrong_part"))
        record = str(page.locator(".records a").first.get_attribute("href"))
        pictures.take("record", "main.page", opens(record.removeprefix("/")))
        pictures.take("certificate", ".certificate", opens("certificate?about=work_order&value=demo"))
        page.goto(address + "proof")
        pictures.take("proved", ".message", page.locator("form .go").click)


def tending(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    """What the menu does not lead to of the technician's pages; the study is laid by the hand of the bench."""
    study = LogStudy(demo.folder, "STUDY-1")
    with demo.visited(Role.TECHNICIAN) as address, album(out, browser, address, **more) as pictures:
        page = pictures.page

        def opens(path: str) -> Callable[[], object]:
            return lambda: page.goto(address + path)

        pictures.take("calibration", "main.page", opens("calibration?n=3"))
        pictures.take("compare", "main.page", opens("calibration/compare?first=2&second=3"))
        page.goto(address + "study")
        typed = {"name": "STUDY-1", "good": "P1", "wrong": "P2", "people": "Ann, Bo", "trials": "1"}
        for field, text in typed.items():
            page.locator(f"[name={field}]").fill(text)
        page.locator("form[action='/study'] .go").click()
        pictures.take("study-rests", "progress")
        page.locator("form[action='/study/on'] button").click()
        demo.until(lambda: demo.station.order.work_order == "STUDY-1")
        demo.verify()
        pictures.take("study-asks", ".ask", opens("study?name=STUDY-1"))
        while (wanted := study.wanted(study.known())) is not None:
            demo.lay("1041-A" if wanted[2].is_good else "1041-B")
            demo.came(lambda former=wanted: study.wanted(study.known()) != former, 8)  # type: ignore[misc] # of this one
        pictures.take("study-report", ".certificate", opens("study/report?name=STUDY-1"))


def reading(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    """Every other page that some role finds in its menu."""
    taken = {"/operator"}
    for role in Role:
        with demo.visited(role) as address, album(out, browser, address, **more) as pictures:
            links = pictures.page.eval_on_selector_all("#menu nav a", "all => all.map(each => each.pathname)")
            for path in [each for each in links if each not in taken and each != EXPLORE]:
                taken.add(path)
                pictures.page.goto(address + path.lstrip("/"))
                pictures.take(path.strip("/"))


def calibrating(demo: Demo, out: Path, browser: Browser, more: dict[str, str]) -> None:
    """Each step of the wizard, where its hands have done what it asks for; what they did not do; and what came out."""
    with demo.visited(Role.TECHNICIAN) as address, album(out, browser, address + "calibrate", **more) as pictures:
        page, taken = pictures.page, set[str]()
        page.locator(".begin .go").first.click()
        while True:
            page.wait_for_selector(".lead[data-phase=asks], .results", timeout=60_000)
            if page.locator(".results").count():
                break
            step = demo.bay.look().step
            if step == "lock":  # no sheet lies there
                _touch(page, "continue")
                pictures.take("wizard-complaint", ".message.doubt")
            if step != "sign":
                _touch(page, "hands")
            if step not in taken:
                taken.add(step)
                live = " #live .gauge" if step in ("lock", "flat", "focus", "geometry") else ""
                pictures.take(f"wizard-{step}", f".lead[data-phase=asks]{live}")
            _touch(page, "continue")
        pictures.take("wizard-done", ".results")
        page.goto(address + "camera")
        pictures.take("camera-calibrated", ".histogram")


def _touch(page: Page, act: str) -> None:
    mark = page.locator(".lead").get_attribute("data-mark")
    page.locator(f".acts [value={act}]").click()
    page.wait_for_function(
        """mark => document.querySelector('.results')
        || document.querySelector('.lead[data-phase=asks]') && document.querySelector('.lead').dataset.mark != mark""",
        arg=mark,
        timeout=60_000,
    )


if __name__ == "__main__":
    sys.exit(main())
