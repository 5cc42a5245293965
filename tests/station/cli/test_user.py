"""`station user`: the PIN is asked for, never written on the command line."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from station.accounts import Accounts
from station.cli import main
from station.people import Person, Role
from tests.station.cli.command import lines, station


def add(folder: Path, name: str, pins: str, role: str = "operator") -> Result:
    return CliRunner().invoke(main, ["user", "add", name, "--role", role, "--data", str(folder)], input=pins)


def test_a_person_is_added_with_a_pin_that_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    result = add(tmp_path, "Eva", "4711\n4711\n", "supervisor")
    assert result.exit_code == 0
    assert "Eva is supervisor" in result.output
    assert "4711" not in result.output
    assert Accounts(tmp_path).sign_in("Eva", "4711") == Person("Eva", Role.SUPERVISOR)


def test_what_is_no_pin_is_one_sentence(tmp_path: Path) -> None:
    result = add(tmp_path, "Eva", "12\n12\n")
    assert result.exit_code == 3
    assert "4 to 12 digits" in result.output


def test_the_list_tells_who_is_disabled(tmp_path: Path) -> None:
    add(tmp_path, "Eva", "4711\n4711\n")
    assert station("user", "disable", "Eva", "--data", tmp_path).exit_code == 0
    (line,) = lines(station("user", "list", "--json", "--data", tmp_path))
    assert line == {"name": "Eva", "role": "operator", "is_enabled": False, "is_machine": False}
    assert "disabled" in station("user", "list", "--data", tmp_path).stdout


def test_nobody_is_disabled_who_is_not_there(tmp_path: Path) -> None:
    result = station("user", "disable", "Eva", "--data", tmp_path)
    assert result.exit_code == 3
    assert "no Eva" in result.stderr


def test_role_pin_and_badge_are_changed_and_a_badge_is_asked_for_not_shown(tmp_path: Path) -> None:
    add(tmp_path, "Eva", "4711\n4711\n")
    assert station("user", "role", "Eva", "supervisor", "--data", tmp_path).exit_code == 0
    for word, typed in (("pin", "2468\n2468\n"), ("badge", "K7-93-XQ-2210\n")):
        result = CliRunner().invoke(main, ["user", word, "Eva", "--data", str(tmp_path)], input=typed)
        assert result.exit_code == 0, result.output
        assert typed.split()[0] not in result.output
    accounts = Accounts(tmp_path)
    assert accounts.sign_in("Eva", "2468").role is Role.SUPERVISOR
    assert accounts.sign_in_by_badge("K7-93-XQ-2210").name == "Eva"
    assert station("user", "badge", "Eva", "--remove", "--data", tmp_path).exit_code == 0
    assert station("user", "badge", "Nobody", "--remove", "--data", tmp_path).exit_code == 3


def test_a_machine_gets_a_token_that_is_printed_once(tmp_path: Path) -> None:
    first, second = (station("user", "token", "MES", "--data", tmp_path).stdout.strip() for _ in range(2))
    accounts = Accounts(tmp_path)
    machine = accounts.by_token(second)
    assert machine is not None
    assert (machine.name, machine.role, machine.is_machine) == ("MES", Role.OPERATOR, True)
    assert accounts.by_token(first) is None
    assert "machine" in station("user", "list", "--data", tmp_path).stdout
