"""One order runs, what is done to orders is an act, and a file is taken whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from station.errors import OrderError
from station.orders.order import Stage, WorkOrder
from station.orders.store import DATABASE, NOTHING, Orders, wanted
from station.outbox import Act, pending

FIRST = WorkOrder("W-1", "1041-A", 5, "L-1")
SECOND = WorkOrder("W-2", "1041-B", 6)
FILE = "work_order,part_number,quantity,lot\nW-1,1041-A,5,L-1\nW-2,1041-B,6,\n"


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(tmp_path)


def acts(orders: Orders) -> list[Act]:
    return pending(orders.folder / DATABASE, {}, limit=1000)


def test_without_any_order_there_is_nothing_and_no_file_is_made(orders: Orders, tmp_path: Path) -> None:
    assert orders.all() == []
    assert orders.find("W-1") is None
    assert wanted(tmp_path) == NOTHING
    assert list(tmp_path.iterdir()) == []


def test_one_order_runs_and_the_one_before_waits_again(orders: Orders) -> None:
    for order in (FIRST, SECOND):
        orders.add(order, "Eva")
    orders.begin("W-1", "Eva")
    orders.begin("W-2", "Ann")
    assert [(order.work_order, order.stage) for order in orders.all()] == [("W-2", "running"), ("W-1", "waiting")]
    want = wanted(orders.folder)
    assert want.order is not None
    assert (want.order.work_order, want.by) == ("W-2", "Ann")


def test_a_closed_order_is_wanted_no_more_and_never_begun_again(orders: Orders) -> None:
    orders.add(FIRST, "Eva")
    orders.begin("W-1", "Eva")
    before = wanted(orders.folder)
    orders.close("W-1", "Eva")
    after = wanted(orders.folder)
    assert after.order is None
    assert after.begun > before.begun
    for act in (orders.begin, orders.close):
        with pytest.raises(OrderError):
            act("W-1", "Eva")
    assert orders.all() == [WorkOrder("W-1", "1041-A", 5, "L-1", Stage.CLOSED)]


def test_every_change_is_an_act_with_who_did_it(orders: Orders) -> None:
    orders.add(FIRST, "Eva")
    orders.begin("W-1", "Ann")
    orders.close("W-1", "Tom")
    assert [(act.kind, act.by) for act in acts(orders)] == [
        ("order_added", "Eva"),
        ("order_begun", "Ann"),
        ("order_closed", "Tom"),
    ]
    assert all(act.details["work_order"] == "W-1" and act.details["quantity"] == 5 for act in acts(orders))


def test_the_same_order_twice_is_one_and_another_of_its_name_is_refused(orders: Orders) -> None:
    assert orders.add(FIRST, "Eva")
    assert not orders.add(FIRST, "Eva")
    with pytest.raises(OrderError, match="W-1: 5 of 1041-A, lot L-1 is there already"):
        orders.add(WorkOrder("W-1", "1041-A", 7), "Eva")
    assert len(acts(orders)) == 1


def test_a_file_is_taken_whole_and_a_second_time_changes_nothing(orders: Orders) -> None:
    assert orders.take_in(FILE, "monday.csv", "Eva") == (2, 0)
    assert orders.take_in(FILE, "monday.csv", "Eva") == (0, 2)
    assert orders.all() == [FIRST, SECOND]


def test_a_file_that_contradicts_what_is_there_is_refused_whole_by_its_line(orders: Orders) -> None:
    orders.add(WorkOrder("W-2", "1041-B", 99), "Eva")
    with pytest.raises(OrderError, match=r"monday.csv was refused, line 3: W-2: 99 of 1041-B is there already"):
        orders.take_in(FILE, "monday.csv", "Eva")
    assert [order.work_order for order in orders.all()] == ["W-2"]
    assert acts(orders)[-1].kind == "orders_refused"


def test_of_many_who_begin_at_once_one_is_wanted_at_the_end(orders: Orders) -> None:
    names = [f"W-{number}" for number in range(8)]
    for name in names:
        orders.add(WorkOrder(name, "1041-A", 1), "Eva")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: orders.begin(name, "Eva"), names))
    running = orders.all((Stage.RUNNING,))
    assert len(running) == 1
    assert wanted(orders.folder).order == running[0]


def test_what_is_no_database_is_one_sentence(orders: Orders) -> None:
    (orders.folder / DATABASE).write_bytes(b"no database" * 1000)
    with pytest.raises(OrderError, match="cannot be used"):
        orders.all()
