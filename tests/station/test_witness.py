"""What people did stands in the log once each, whichever process dies, and holds up no inspection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station import service
from station.accounts import DATABASE, Accounts
from station.desk import Desk
from station.errors import LogError
from station.log import queries
from station.log.record import Row
from station.loop import run
from station.people import Role
from station.types import Verdict
from station.witness import FAILING, Witness
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.test_outbox import cut_power


class Rig(OnTheBench):
    """A station beside which people sign in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.accounts = Accounts(folder, self.clock)
        self.station.between = Witness(folder).look
        service.start(self.station)
        self.look(0.5)

    def look(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def acts(self) -> list[Row]:
        with queries.reading(self.folder) as log:
            return [event for event in reversed(queries.events(log, limit=500)) if "act" in event["details"]]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_an_account_and_a_sign_in_are_events_with_who_and_when(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    rig.accounts.sign_in("Eva", "4711")
    rig.look(1.0)
    added, signed_in = rig.acts()
    assert (added["kind"], added["operator"], added["details"]["role"]) == ("person_added", "root", "operator")
    assert (signed_in["kind"], signed_in["operator"]) == ("sign_in", "Eva")
    assert signed_in["details"]["done_at"] <= signed_in["at"]
    assert "4711" not in str(rig.acts())


def test_acts_of_a_time_without_a_station_are_recorded_at_its_start_and_only_once(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    for _ in range(2):
        rig.station.between = Witness(rig.folder).look
        rig.look(1.0)
    assert len(rig.acts()) == 1


def test_another_store_in_the_place_of_the_first_is_recorded_from_its_beginning(rig: Rig) -> None:
    for name in ("Eva", "Ann"):
        rig.accounts.add(name, Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    (rig.folder / DATABASE).unlink()
    rig.accounts.add("Tom", Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    assert [act["details"]["person"] for act in rig.acts()] == ["Eva", "Ann", "Tom"]


@pytest.mark.parametrize("is_stopped", [False, True])
def test_an_older_copy_that_is_put_back_is_recorded_and_so_is_what_people_do_from_then_on(
    rig: Rig, is_stopped: bool
) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    older = (rig.folder / DATABASE).read_bytes()
    for name in ("Ann", "Tom"):
        rig.accounts.add(name, Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    (rig.folder / DATABASE).write_bytes(older)
    for name in ("Kim", "Lee"):
        rig.accounts.add(name, Role.OPERATOR, "4711", by="root")  # by the numbers of Ann and Tom
    for _ in range(2):
        if is_stopped:
            rig.station.between = Witness(rig.folder).look
        rig.look(1.0)
    told = [(act["kind"], act["details"].get("person", "")) for act in rig.acts()]
    before, after = [("person_added", name) for name in ("Eva", "Ann", "Tom")], ("Kim", "Lee")
    assert told == [*before, ("store_put_back", ""), *[("person_added", name) for name in after]]


def test_an_older_copy_in_which_nobody_has_done_anything_yet_is_recorded_once(rig: Rig) -> None:
    older = b""
    for name in ("Eva", "Ann"):
        rig.accounts.add(name, Role.OPERATOR, "4711", by="root")
        older = older or (rig.folder / DATABASE).read_bytes()
    rig.look(1.0)
    (rig.folder / DATABASE).write_bytes(older)
    for _ in range(2):
        rig.look(1.0)
        rig.station.between = Witness(rig.folder).look
    assert [act["kind"] for act in rig.acts()] == ["person_added", "person_added", "store_put_back"]


def test_where_no_station_runs_an_act_by_a_number_of_before_is_recorded_too_and_told_apart(rig: Rig) -> None:
    desk = Desk(rig.folder, rig.clock)
    rig.accounts.add("Eva", Role.SUPERVISOR, "4711", by="root")
    older = (rig.folder / DATABASE).read_bytes()
    rig.close()
    first = desk.recorded(desk.note("audit", "An audit", "Eva", "first"))
    (rig.folder / DATABASE).write_bytes(older)
    second = desk.recorded(desk.note("audit", "An audit", "Eva", "second"))
    assert first is not None
    assert second is not None
    assert second > first
    assert [act["message"] for act in rig.acts() if act["sequence"] == second] == ["An audit: second"]


def test_a_store_of_before_there_were_ids_is_taken_up_as_ever(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    with closing(sqlite3.connect(rig.folder / DATABASE)) as rows:
        rows.execute("ALTER TABLE acts DROP COLUMN id")
        rows.execute("PRAGMA user_version = 2")
    rig.look(1.0)
    rig.accounts.add("Ann", Role.OPERATOR, "4711", by="root")
    rig.look(1.0)
    assert [act["details"]["person"] for act in rig.acts()] == ["Eva", "Ann"]


def test_while_somebody_writes_there_the_station_goes_on_and_records_it_later(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    writer = sqlite3.connect(rig.folder / DATABASE, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    rig.bench.place(EXPECTED)
    rig.look(1.5)
    assert rig.station.screen.view.inspection
    assert rig.station.screen.view.inspection.verdict is Verdict.PASS
    rig.bench.remove()
    rig.look(1.5)
    assert rig.acts() == []
    writer.execute("ROLLBACK")
    writer.close()
    rig.look(1.5)
    assert len(rig.acts()) == 1


def test_a_damaged_file_of_accounts_keeps_no_station_from_inspecting(rig: Rig) -> None:
    (rig.folder / DATABASE).write_bytes(b"no database" * 1000)
    rig.look(1.0)
    rig.bench.place(EXPECTED)
    rig.look(1.5)
    assert rig.station.screen.view.inspection


def test_an_act_that_cannot_be_recorded_is_not_forgotten(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    witness = Witness(rig.folder)
    with monkeypatch.context() as broken:
        broken.setattr(type(rig.station.log), "note", _full)
        with pytest.raises(LogError):
            witness.look(rig.station)
    witness.look(rig.station)
    assert len(rig.acts()) == 1


def _full(*_: object, **__: object) -> None:
    raise LogError("There is no room.")


def test_after_a_power_cut_in_a_commit_the_acts_are_recorded_from_the_start_on(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    cut_power(rig.folder / DATABASE)
    rig.station.between = Witness(rig.folder).look
    rig.look(1.0)
    assert [act["kind"] for act in rig.acts()] == ["person_added"]


def test_a_store_that_stays_unreadable_is_told_on_the_screen_until_it_is_read_again(rig: Rig) -> None:
    rig.accounts.add("Eva", Role.OPERATOR, "4711", by="root")
    cut_power(rig.folder / DATABASE)
    rig.look(FAILING / 2)
    assert rig.station.screen.view.notice == ""
    rig.look(FAILING)
    assert f"{DATABASE} cannot be read" in rig.station.screen.view.notice
    rig.accounts.people()
    rig.look(1.0)
    assert rig.station.screen.view.notice == ""
    assert len(rig.acts()) == 1
