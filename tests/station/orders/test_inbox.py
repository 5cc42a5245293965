"""Files that are dropped are taken whole, set aside with a sentence, and never read while somebody writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.orders.inbox import EVERY, LARGEST, STILL, Inbox
from station.orders.order import fit_order
from station.orders.store import DATABASE, Orders
from station.outbox import pending

GOOD = "work_order,part_number,quantity,lot\nW-1,1041-A,5,\n"


class Drop:
    """A folder with its inbox, looked into by a clock of its own."""

    def __init__(self, place: Path) -> None:
        self.folder, self.now = place / "drop", 100.0
        self.orders = Orders(place / "data")
        self.inbox = Inbox(self.folder, self.orders)
        self.inbox.look(self.now)

    def look(self, seconds: float = STILL + 2 * EVERY) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += EVERY
            self.inbox.look(self.now)

    def names(self) -> list[str]:
        return [order.work_order for order in self.orders.all()]

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path)


def test_a_file_is_imported_and_moved_away(drop: Drop) -> None:
    (drop.folder / "monday.CSV").write_text("\ufeff" + GOOD, "utf-8")
    drop.look()
    assert drop.names() == ["W-1"]
    assert drop.files() == ["imported/monday.CSV"]


def test_a_file_with_one_wrong_line_is_set_aside_whole_with_the_line_beside_it(drop: Drop) -> None:
    (drop.folder / "monday.csv").write_text(GOOD + "W-2,1041-B,none,\n", "utf-8")
    drop.look()
    assert drop.names() == []
    assert drop.files() == ["refused/monday.csv", "refused/monday.csv.txt"]
    said = (drop.folder / "refused" / "monday.csv.txt").read_text("utf-8")
    assert said.startswith("monday.csv was refused, line 3: a quantity is a whole number")
    (act,) = pending(drop.orders.folder / DATABASE, {})
    assert act.kind == "orders_refused"


def test_a_file_is_not_read_while_it_still_grows(drop: Drop) -> None:
    path = drop.folder / "monday.csv"
    for line in GOOD.splitlines(keepends=True):
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
        drop.look(STILL - EVERY / 2)
        assert drop.files() == ["monday.csv"]
    drop.look()
    assert drop.names() == ["W-1"]


@pytest.mark.parametrize("name", [".monday.csv", "monday.csv.part", "monday.txt"])
def test_what_is_no_finished_csv_file_is_left_alone(drop: Drop, name: str) -> None:
    (drop.folder / name).write_text(GOOD, "utf-8")
    drop.look()
    assert drop.files() == [name]


@pytest.mark.parametrize(
    ("content", "said"), [(b"a\n\xff\n", "line 2: it is not UTF-8"), (b"x" * (LARGEST + 1), "larger")]
)
def test_what_is_no_text_or_too_large_is_refused(drop: Drop, content: bytes, said: str) -> None:
    (drop.folder / "monday.csv").write_bytes(content)
    drop.look()
    assert said in (drop.folder / "refused" / "monday.csv.txt").read_text("utf-8")


def test_a_file_that_cannot_be_read_stands_in_the_way_of_no_other_and_is_told_of(drop: Drop) -> None:
    (drop.folder / "a.csv").symlink_to("/proc/self/mem")  # a file that gives an error, also to who may read all
    (drop.folder / "monday.csv").write_text(GOOD, "utf-8")
    drop.look()
    assert drop.names() == ["W-1"]
    refused = next(act for act in pending(drop.orders.folder / DATABASE, {}) if act.kind == "orders_refused")
    assert refused.message == "a.csv was refused, it cannot be read: Input/output error"


def test_a_second_file_of_the_same_name_takes_no_others_place(drop: Drop) -> None:
    for _ in range(2):
        (drop.folder / "monday.csv").write_text(GOOD, "utf-8")
        drop.look()
    assert drop.files() == ["imported/monday-2.csv", "imported/monday.csv"]


def test_what_cannot_be_moved_away_is_taken_in_once(drop: Drop) -> None:
    (drop.folder / "imported").write_text("in the way", "utf-8")
    (drop.folder / "monday.csv").write_text(GOOD, "utf-8")
    drop.look()
    drop.look()
    assert [act.kind for act in pending(drop.orders.folder / DATABASE, {})] == ["orders_imported"]


def test_a_refused_file_that_is_moved_back_as_it_is_is_read_again(drop: Drop) -> None:
    """What was in its way may be mended elsewhere; moving changes neither its time nor its size."""
    drop.orders.add(fit_order("W-1", "1041-A", 7), "Eva")
    (drop.folder / "monday.csv").write_text(GOOD, "utf-8")
    drop.look()
    assert (drop.folder / "refused" / "monday.csv").exists()
    (drop.folder / "refused" / "monday.csv").rename(drop.folder / "monday.csv")
    drop.look()
    assert not (drop.folder / "monday.csv").exists()
    assert len(pending(drop.orders.folder / DATABASE, {})) == 3
