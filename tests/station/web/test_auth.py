"""Who is at work at the stage, as records name them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from station.accounts import DATABASE, Accounts
from station.people import Role
from station.simulation import SimulatedClock
from station.web.auth import SHIFT, Sessions
from tests.station.web.site import PIN, Site

CHANGES: tuple[Callable[[Accounts], object], ...] = (
    lambda accounts: accounts.disable("Eva", by="root"),
    lambda accounts: accounts.change_role("Eva", Role.TECHNICIAN, by="root"),
    lambda accounts: accounts.change_pin("Eva", "1357", by="root"),
)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    accounts = Accounts(tmp_path)
    accounts.add("Eva", Role.OPERATOR, PIN, by="root")
    return accounts


@pytest.mark.parametrize("change", CHANGES)
def test_who_is_not_any_more_what_they_signed_in_as_is_at_work_no_more_though_no_page_is_asked_for(
    accounts: Accounts, change: Callable[[Accounts], object]
) -> None:
    sessions = Sessions(accounts)
    sessions.sign_in("Eva", PIN)
    assert sessions.at_work() == "Eva"
    change(accounts)
    with sessions.watched():
        Site.until(lambda: sessions.at_work() == "")


def test_who_may_be_at_work_stays_there_until_the_shift_ends(accounts: Accounts) -> None:
    clock = SimulatedClock()
    sessions = Sessions(accounts, clock.monotonic)
    sessions.sign_in("Eva", PIN)
    clock.sleep(SHIFT - 1.0)
    sessions.close_strangers()
    assert sessions.at_work() == "Eva"
    clock.sleep(1.0)
    assert sessions.at_work() == ""


def test_accounts_that_cannot_be_read_for_a_while_end_no_session_and_the_look_goes_on(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    sessions = Sessions(accounts)
    sessions.sign_in("Eva", PIN)
    path = accounts.folder / DATABASE
    sound = path.read_bytes()
    path.write_bytes(b"no database" * 1000)
    with caplog.at_level(logging.WARNING), sessions.watched():
        Site.until(lambda: "cannot be used" in caplog.text)
        assert sessions.at_work() == "Eva"
        path.write_bytes(sound)
        accounts.disable("Eva", by="root")
        Site.until(lambda: sessions.at_work() == "")


def test_while_the_pages_are_served_the_station_no_longer_names_who_was_disabled(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.accounts.add("Eva", Role.OPERATOR, PIN, by="root")
    with site.served(), site.signed_in("Eva"):
        assert site.station.at_work() == "Eva"
        site.accounts.disable("Eva", by="root")
        site.until(lambda: site.station.at_work() == "")
    site.close()
