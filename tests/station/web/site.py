"""A station on the bench with its pages served on a free port of loopback, and browsers to look at them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx

from station import service
from station.accounts import Accounts
from station.loop import run, turn
from station.people import Person, Role
from station.web.app import pages
from station.web.server import serving
from tests.promises.stations import OnTheBench

PIN = "4711"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Site(OnTheBench):
    """Station and people; the loop turns when the test says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.accounts = Accounts(folder, self.clock)
        service.start(self.station)

    @classmethod
    @contextmanager
    def peopled(cls, folder: Path) -> Iterator[Self]:
        """With one person a role, and its pages served."""
        site = cls(folder)
        add_people(site)
        with site.served():
            yield site
        site.close()

    def look(self, turns: int = 12) -> None:
        for _ in range(turns):
            turn(self.station)

    @staticmethod
    def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
        """Look again and again until it holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.02)

    @contextmanager
    def served(self, visitor: Person | None = None) -> Iterator[str]:
        with pages(self.station, self.accounts, visitor) as app, serving(app, 0) as self.address:
            self.station.at_work = app.state.sessions.at_work
            yield self.address
        self.station.at_work = str

    def browser(self, **headers: str) -> httpx.Client:
        headers = {"accept": "text/html"} | headers
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=20)

    @contextmanager
    def signed_in(self, name: str, pin: str = PIN) -> Iterator[httpx.Client]:
        with self.browser() as browser:
            answer = sign_in(browser, name, pin)
            assert answer.status_code == 303, answer.text
            yield browser


@contextmanager
def running(site: Site) -> Iterator[None]:
    """The loop turns meanwhile, as it does on any day."""
    over = threading.Event()
    thread = threading.Thread(target=run, args=(site.station, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def add_people(site: Site) -> None:
    """One person a role, named like it."""
    for role in Role:
        site.accounts.add(role.value, role, PIN, by="test")


def token_of(page: httpx.Response) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]


def sign_in(browser: httpx.Client, name: str, pin: str, **changes: str) -> httpx.Response:
    form = {"name": name, "pin": pin, "token": token_of(browser.get("/sign-in"))}
    return browser.post("/sign-in", data=form | changes)


def boards(stream: httpx.Response) -> Iterator[str]:
    """The boards that a stream of events sends, as they come."""
    event = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: ") and event == "board":
            yield json.loads(line.removeprefix("data: "))
