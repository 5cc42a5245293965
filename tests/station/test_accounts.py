"""Who comes in, who waits, and that each of it is an act to be recorded."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from station.accounts import DATABASE, REFUSED, Accounts
from station.errors import AccountError
from station.outbox import pending
from station.people import FIRST_WAIT, FREE, Person, Role
from station.simulation import SimulatedClock

EVA = Person("Eva", Role.OPERATOR)


class Jumping(SimulatedClock):
    """Its time of day is set anew, by days; its monotonic time never is."""

    _ahead = timedelta()

    def jump(self, by: timedelta) -> None:
        self._ahead += by

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.fixture
def clock() -> Jumping:
    return Jumping()


@pytest.fixture
def accounts(tmp_path: Path, clock: SimulatedClock) -> Accounts:
    accounts = Accounts(tmp_path, clock)
    accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    return accounts


def kinds(folder: Path) -> list[str]:
    return [act.kind for act in pending(folder / DATABASE, {}, limit=1000)]


def guess(accounts: Accounts, times: int) -> None:
    for _ in range(times):
        with pytest.raises(AccountError):
            accounts.sign_in("Eva", "0815")


def test_the_right_pin_comes_in_however_the_name_is_written(accounts: Accounts, tmp_path: Path) -> None:
    assert accounts.sign_in("eva", "4711") == EVA
    assert kinds(tmp_path) == ["person_added", "sign_in"]


def test_the_pin_is_kept_as_an_argon2id_hash_in_a_file_that_nobody_else_reads(
    accounts: Accounts, tmp_path: Path
) -> None:
    path = tmp_path / DATABASE
    with sqlite3.connect(path) as rows:
        (pin_hash,) = rows.execute("SELECT pin_hash FROM people").fetchone()
    assert pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")  # the least that OWASP asks
    assert path.stat().st_mode & 0o077 == 0


def test_a_wrong_pin_an_unknown_name_and_somebody_disabled_hear_the_same(accounts: Accounts, tmp_path: Path) -> None:
    accounts.add("Ann", Role.OPERATOR, "2468", by="root")
    accounts.disable("Ann", by="root")
    for name, pin in (("Eva", "0815"), ("Nobody", "4711"), ("Ann", "2468")):
        with pytest.raises(AccountError, match=REFUSED):
            accounts.sign_in(name, pin)
    refused = [act.details["why"] for act in pending(tmp_path / DATABASE, {}) if act.kind == "sign_in_refused"]
    assert refused == ["wrong PIN", "unknown", "disabled"]


def test_after_wrong_pins_even_the_right_one_waits_and_then_comes_in(accounts: Accounts, clock: SimulatedClock) -> None:
    guess(accounts, FREE)
    with pytest.raises(AccountError, match="wait 30 seconds"):
        accounts.sign_in("Eva", "4711")
    clock.sleep(FIRST_WAIT)
    assert accounts.sign_in("Eva", "4711") == EVA


def test_the_wait_grows_with_each_further_wrong_pin_and_is_over_after_the_right_one(
    accounts: Accounts, clock: SimulatedClock
) -> None:
    guess(accounts, FREE)
    clock.sleep(FIRST_WAIT)
    guess(accounts, 1)
    clock.sleep(FIRST_WAIT)
    with pytest.raises(AccountError, match="wait 30 seconds"):
        accounts.sign_in("Eva", "4711")
    clock.sleep(FIRST_WAIT)
    accounts.sign_in("Eva", "4711")
    guess(accounts, FREE - 1)
    assert accounts.sign_in("Eva", "4711") == EVA


def test_a_lock_out_outlives_the_process(accounts: Accounts, tmp_path: Path, clock: SimulatedClock) -> None:
    guess(accounts, FREE)
    with pytest.raises(AccountError, match="Too many"):
        Accounts(tmp_path, clock).sign_in("Eva", "4711")


@pytest.mark.parametrize("days", [1, -1])
def test_a_lock_out_lasts_as_long_as_it_was_meant_to_whatever_becomes_of_the_time_of_day(
    accounts: Accounts, clock: Jumping, days: int
) -> None:
    guess(accounts, FREE)
    clock.jump(timedelta(days=days))
    with pytest.raises(AccountError, match="wait 30 seconds"):
        accounts.sign_in("Eva", "4711")
    clock.sleep(FIRST_WAIT)
    assert accounts.sign_in("Eva", "4711") == EVA


def test_a_lock_out_of_another_process_is_no_longer_than_meant_once_the_time_of_day_went_back(
    accounts: Accounts, tmp_path: Path, clock: Jumping
) -> None:
    guess(accounts, FREE)
    clock.jump(timedelta(days=-365))
    other = Accounts(tmp_path, clock)
    with pytest.raises(AccountError, match="wait 30 seconds"):
        other.sign_in("Eva", "4711")
    clock.sleep(FIRST_WAIT)
    assert other.sign_in("Eva", "4711") == EVA


def test_another_pin_ends_a_lock_out_that_this_process_knows(accounts: Accounts, tmp_path: Path) -> None:
    guess(accounts, FREE)
    Accounts(tmp_path).change_pin("Eva", "1357", by="root")
    assert accounts.sign_in("Eva", "1357").name == "Eva"


def test_guesses_side_by_side_outrun_no_lock_out(accounts: Accounts, tmp_path: Path) -> None:
    def one(_: int) -> None:
        with pytest.raises(AccountError):
            accounts.sign_in("Eva", "0815")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(12)))
    tried = [act.details["why"] for act in pending(tmp_path / DATABASE, {}) if act.kind == "sign_in_refused"]
    assert tried.count("wrong PIN") == FREE
    assert tried.count("locked") == 12 - FREE


def test_who_is_disabled_stays_in_the_list_and_the_name_stays_taken(accounts: Accounts) -> None:
    accounts.disable("Eva", by="root")
    assert accounts.people() == [Person("Eva", Role.OPERATOR, is_enabled=False)]
    assert accounts.find("Eva") is None
    with pytest.raises(AccountError, match="already"):
        accounts.add("EVA", Role.ADMINISTRATOR, "1357", by="root")
    with pytest.raises(AccountError, match="no Eva"):
        accounts.disable("Eva", by="root")


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(AccountError, match=r"cannot be used .* look at its disk"):
        Accounts(tmp_path).sign_in("Eva", "4711")


def test_where_nobody_has_an_account_nobody_is_found_and_nothing_is_made(tmp_path: Path) -> None:
    assert Accounts(tmp_path).people() == []
    assert Accounts(tmp_path).find("Eva") is None
    assert not (tmp_path / DATABASE).exists()


@pytest.mark.parametrize("change", ["disable", "change_role"])
def test_the_last_administrator_stays_though_two_send_each_other_away_at_once(accounts: Accounts, change: str) -> None:
    def sent_away(name: str) -> str:
        try:
            if change == "disable":
                accounts.disable(name, by="another")
            else:
                accounts.change_role(name, Role.OPERATOR, by="another")
        except AccountError as refusal:
            return str(refusal)
        return ""

    names = ("Ann", "Tom", "Kim", "Lee")
    for name in names:
        accounts.add(name, Role.ADMINISTRATOR, "4711", by="root")
    with ThreadPoolExecutor(len(names)) as pool:
        told = list(pool.map(sent_away, names))
    [stays] = [name for name, refusal in zip(names, told, strict=True) if refusal]
    assert f"{stays} is the last administrator: make somebody else one first." in told
    assert [each.name for each in accounts.people() if each.role is Role.ADMINISTRATOR and each.is_enabled] == [stays]
