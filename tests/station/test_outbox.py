"""The small stores beside the log: whatever became of the power, they are read and written again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from station.accounts import DATABASE, Accounts
from station.errors import StationError
from station.outbox import BY_ID, Outbox, glancing, pending, recover
from station.people import Person, Role

EVA = Person("Eva", Role.OPERATOR)


def cut_power(path: Path) -> None:
    """Leave the store as if power had failed in the middle of a commit: pages half written, and a hot journal."""
    cut = path.with_name("cut")
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        rows.execute("PRAGMA synchronous = OFF")  # then the journal counts from its first byte on
        rows.execute("PRAGMA cache_size = 1")
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("UPDATE acts SET message = 'half'")
        for ending in ("", "-journal"):
            shutil.copy(f"{path}{ending}", f"{cut}{ending}")
        rows.execute("ROLLBACK")
    for ending in ("", "-journal"):
        shutil.move(f"{cut}{ending}", f"{path}{ending}")


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """The accounts in it, with Eva."""
    Accounts(tmp_path).add("Eva", Role.OPERATOR, "4711", by="root")
    cut_power(tmp_path / DATABASE)
    return tmp_path


def test_who_only_glances_cannot_take_back_a_commit_left_half_done_until_somebody_recovers_it(cut: Path) -> None:
    with pytest.raises(sqlite3.OperationalError), glancing(cut / DATABASE):
        pass
    recover(cut / DATABASE)
    assert [act.kind for act in pending(cut / DATABASE, {})] == ["person_added"]


def test_after_a_power_cut_everybody_is_known_and_signs_in(cut: Path) -> None:
    assert Accounts(cut).people() == [EVA]
    assert Accounts(cut).sign_in("Eva", "4711") == EVA


def test_an_act_is_on_the_disk_for_good_before_anybody_takes_it(tmp_path: Path) -> None:
    extra = 3  # the folder is synced as well: else the journal's name may come back, and takes back what was committed
    with Outbox(tmp_path / "some.db", (BY_ID,), StationError, "Some").writing() as rows:
        assert rows.execute("PRAGMA synchronous").fetchone()[0] == extra
