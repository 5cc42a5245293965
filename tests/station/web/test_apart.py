"""Pages in a process of their own see the station as it is, and reach nothing of it but what was handed to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from station.errors import DeviceError
from station.people import Person, Role
from station.types import Order, TriggerSource
from station.web.apart import Apart, Handed, Teller, apart
from station.web.calls import Calls
from station.web.server import LOOPBACK
from station.web.spoken import Answer, Call, Wanted
from station.web.watched import Mirror, told
from tests.promises.stations import EXPECTED
from tests.station.web.processes import the_pages
from tests.station.web.site import Site, add_people


class Room:
    """Something of the loop's process that the pages may call."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, act: str) -> bool:
        self.asked.append(act)
        return act != "fly"

    def now(self) -> object:
        from station.simulation.showroom import Now

        return Now(is_by_itself=False, wrong=frozenset(), last=self.asked[-1] if self.asked else "")


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, room: Room) -> Iterator[Site]:
    """Its pages are served by another process."""
    site = Site(tmp_path_factory.mktemp("apart"))
    add_people(site)
    with apart(
        site.station, Wanted(site.folder, LOOPBACK, 0), {"room": Handed(room, frozenset({"ask", "now"}))}
    ) as pages:
        site.address = pages.wait()
        yield site
    site.close()


def test_records_name_who_is_signed_in_there(site: Site) -> None:
    for name in ("supervisor", "operator"):
        with site.signed_in(name):
            site.until(lambda name=name: site.station.at_work() == name)  # type: ignore[misc] # of this one


def test_they_show_the_order_that_runs_now(site: Site) -> None:
    with site.signed_in("operator") as browser:
        site.station.order = Order(EXPECTED, work_order="4711-7")
        site.until(lambda: browser.get("/api/state").json()["work_order"] == "4711-7")


def test_a_verdict_and_what_was_judged_are_seen_there(site: Site) -> None:
    site.look(30)
    site.bench.place(EXPECTED)
    site.look(60)
    inspection = site.station.screen.view.inspection
    assert inspection
    with site.signed_in("operator") as browser:
        site.until(lambda: browser.get("/judged.jpg", params={"id": inspection.inspection_id}).status_code == 200)
        assert 'data-mode="pass"' in browser.get("/operator").text
        assert browser.get("/live.jpg").content[:2] == b"\xff\xd8"


def test_another_model_is_theirs_too(site: Site) -> None:
    with site.signed_in("operator") as browser:
        site.station.model = replace(site.station.model, pictures={EXPECTED: b"\x89PNG another"})
        site.until(lambda: browser.get("/reference.png", params={"part": EXPECTED}).content == b"\x89PNG another")


def test_a_trigger_by_http_is_a_note_for_the_loop(site: Site) -> None:
    site.station.sources = frozenset({TriggerSource.HTTP})
    with site.signed_in("operator") as browser:
        token = {"x-token": _token(browser)}
        site.until(lambda: browser.post("/api/trigger", headers=token).status_code == 202)
        site.until(lambda: site.station.asked is TriggerSource.HTTP)


def test_what_was_handed_to_them_they_call(site: Site, room: Room) -> None:
    with site.signed_in("operator") as browser:
        form = {"token": _token(browser)}
        assert browser.post("/bench", data=form | {"act": "remove"}).status_code == 303
        assert browser.post("/bench", data=form | {"act": "fly"}).status_code == 409
    assert room.asked == ["remove", "fly"]


def test_metrics_are_of_the_process_of_the_loop(site: Site) -> None:
    threads = len(list(Path("/proc/self/task").iterdir()))
    with site.browser() as browser:
        [line] = [line for line in browser.get("/metrics").text.splitlines() if line.startswith("station_threads ")]
    assert abs(float(line.split()[1]) - threads) <= 2


def test_they_are_less_urgent_than_the_loop(site: Site) -> None:
    assert os.getpriority(os.PRIO_PROCESS, the_pages()) > os.getpriority(os.PRIO_PROCESS, 0)


def test_they_heed_no_signal_and_what_they_start_does(site: Site) -> None:
    """The loop's process ends them; an export that nobody wants any more is interrupted, and clears away."""
    child = the_pages()
    ignored = next(line for line in Path(f"/proc/{child}/status").read_text().splitlines() if line.startswith("SigIgn"))
    for each in (signal.SIGINT, signal.SIGTERM):
        os.kill(child, each)
        assert not int(ignored.split()[1], 16) >> (each - 1) & 1
    with site.signed_in("operator") as browser:
        assert browser.get("/api/state").status_code == 200


def test_they_end_with_the_process_of_the_loop_however_that_ends(tmp_path: Path) -> None:
    """The port must be free for the station that comes after it."""
    code = "import sys, time; from tests.station.web.test_apart import serve; serve(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = process.stdout.readline().strip()
    assert httpx.get(f"{address}sign-in", trust_env=False).status_code == 200
    process.send_signal(signal.SIGKILL)
    process.communicate()
    Site.until(lambda: not _answers(address), 20)


def test_pages_that_are_gone_know_nobody_at_work(tmp_path: Path) -> None:
    site = Site(tmp_path)
    visitor = Person("Demo operator", Role.OPERATOR)
    with apart(site.station, Wanted(tmp_path, LOOPBACK, 0, visitor=visitor)) as pages:
        pages.wait()
        site.until(lambda: site.station.at_work() == visitor.name)
        _process(pages).kill()
        site.until(lambda: site.station.at_work() == "")
        with pytest.raises(DeviceError, match="ended by itself"):
            pages.check()
    site.close()


def test_a_mirror_keeps_the_last_picture_while_none_is_told(site: Site) -> None:
    site.look(2)
    teller = Teller(site.station)
    mirror = Mirror(teller.now(site.station.screen.view), lambda _: None)
    frame = mirror.screen.view.frame
    site.look(2)
    mirror.take(told(site.station, replace(site.station.screen.view, frame=None), None))
    assert frame is not None
    assert mirror.screen.view.frame is frame
    assert mirror.model.classifier.part_numbers == site.station.model.classifier.part_numbers
    teller.close()


def test_nobody_is_followed_any_more_once_the_pages_are_gone(tmp_path: Path) -> None:
    """Each start of the pages follows the screen; none may be left behind, with its pictures."""
    site = Site(tmp_path)
    before = len(site.station.screen._followers)
    with apart(site.station, Wanted(tmp_path, LOOPBACK, 0)):
        pass
    assert len(site.station.screen._followers) == before
    site.close()


def test_pages_that_cannot_even_be_begun_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no memory for another process it is tried again and again, and each try would keep pictures."""
    site = Site(tmp_path)
    before = len(site.station.screen._followers)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no program"))
    with pytest.raises(FileNotFoundError), apart(site.station, Wanted(tmp_path, LOOPBACK, 0)):
        pass
    assert len(site.station.screen._followers) == before
    site.close()


def test_a_call_that_fails_says_why(site: Site) -> None:
    sent: list[Call] = []

    def send(call: Call) -> None:
        sent.append(call)
        calls.take(Answer(call.number, trouble="It is stuck."))

    calls = Calls(send)
    with pytest.raises(DeviceError, match="It is stuck"):
        calls.remote("room", frozenset({"ask"})).ask("remove")
    assert sent[0].arguments == ("remove",)
    assert not calls._waiting
    with pytest.raises(AttributeError):
        calls.remote("room", frozenset({"ask"})).step()


def serve(folder: str) -> None:
    """A process with a station whose pages are served, until it is killed."""
    site = Site(Path(folder))
    with apart(site.station, Wanted(site.folder, LOOPBACK, 0)) as pages:
        print(pages.wait(), flush=True)
        time.sleep(600)


def _token(browser: httpx.Client) -> str:
    from tests.station.web.site import token_of

    return token_of(browser.get("/operator"))


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}sign-in", trust_env=False, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _process(pages: Apart) -> subprocess.Popen[bytes]:
    return pages._process
