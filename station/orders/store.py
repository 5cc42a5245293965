"""The work orders of a station: orders.db in the data folder, written by pages and commands, never by the loop.

It tells which order is wanted; the loop takes that up between two placements (see changeover.py). What was made of it
stands in the traceability log alone. Each change is an act of that log (see outbox.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from station.errors import OrderError
from station.orders.order import Stage, WorkOrder, read_csv
from station.outbox import BY_ID, Outbox, glancing
from station.types import Clock

DATABASE = "orders.db"
FIRST = """
CREATE TABLE orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  work_order TEXT NOT NULL UNIQUE,
  part_number TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  lot TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('waiting', 'running', 'closed'))
) STRICT;
CREATE UNIQUE INDEX one_order_runs ON orders (stage) WHERE stage = 'running';
CREATE TABLE wanted (begun INTEGER PRIMARY KEY AUTOINCREMENT, work_order TEXT NOT NULL, by TEXT NOT NULL) STRICT;
CREATE TABLE said (
  inspection_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (inspection_id, kind)
) STRICT;
"""
IMPORTED, REFUSED = "orders_imported", "orders_refused"
SOME = 50  # orders that an act names
TOLD = frozenset({IMPORTED, REFUSED})  # what the screen tells of


@dataclass(frozen=True, slots=True)
class Wanted:
    """The order that the station is to run, None for no order.

    begun  rises with every beginning and closing: 0 as long as nobody has begun any
    """

    order: WorkOrder | None = None
    begun: int = 0
    by: str = ""


NOTHING = Wanted()


class Orders:
    """The orders in a data folder. Every method may raise OrderError, a sentence."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self.folder = data.absolute()
        self._store = Outbox(self.folder / DATABASE, (FIRST, BY_ID), OrderError, "The orders", clock)

    def add(self, order: WorkOrder, by: str) -> bool:
        """Have it wait; False if the same is there already. Raises OrderError if another of this name is."""
        with self._store.writing() as rows:
            is_new = _added(rows, order)
            if is_new:
                details = _told(order)
                self._store.act(rows, "order_added", f"The work order {order} was added", by, **details)
        return is_new

    def take_in(self, text: str, source: str, by: str) -> tuple[int, int]:
        """Every order of a CSV file, or none; how many are new, and how many were there already.

        Raises OrderError, which names the line; that is an act too.
        """
        try:
            orders = read_csv(text)
        except ValueError as mistake:
            raise self.refused(source, str(mistake), by) from mistake
        new: list[WorkOrder] = []
        try:
            with self._store.writing() as rows:
                for line, order in orders.items():
                    try:
                        new += [order] * _added(rows, order)
                    except OrderError as mistake:
                        raise _Refused(f"line {line}: {mistake}") from mistake
                said = f"{source} was imported: {len(new)} new of {len(orders)} orders"
                names = [order.work_order for order in new][:SOME]
                self._store.act(rows, IMPORTED, said, by, source=source, work_orders=names)
        except _Refused as mistake:
            raise self.refused(source, str(mistake), by) from mistake
        return len(new), len(orders) - len(new)

    def refused(self, source: str, why: str, by: str) -> OrderError:
        """Have it recorded that a file was refused whole; the error that says so."""
        said = f"{source} was refused, {why.rstrip('.')}"
        with self._store.writing() as rows:
            self._store.act(rows, REFUSED, said, by, source=source, why=why)
        return OrderError(f"{said}. None of its orders was taken.")

    def begin(self, work_order: str, by: str) -> WorkOrder:
        """Want this one run; the one that runs waits again. Raises OrderError where there is none, or it is closed."""
        with self._store.writing() as rows:
            row = _row(rows, work_order)
            if row is None:
                raise OrderError(f"There is no work order {work_order[:80]}; add it first.")
            if row["stage"] == Stage.CLOSED:
                raise OrderError(f"The work order {work_order} is closed; a closed order is not begun again.")
            order = _order(row)
            self._want(rows, work_order, by)  # also the running one: the station may have refused it before
            if order.stage is not Stage.RUNNING:
                rows.execute("UPDATE orders SET stage = 'waiting' WHERE stage = 'running'")
                rows.execute("UPDATE orders SET stage = 'running' WHERE work_order = ?", [work_order])
                said = f"The work order {order} was begun"
                self._store.act(rows, "order_begun", said, by, **_told(order))
        return order

    def close(self, work_order: str, by: str) -> WorkOrder:
        """No more of it; if it runs, nothing does then. Raises OrderError where there is none, or it is closed."""
        with self._store.writing() as rows:
            row = _row(rows, work_order)
            if row is None or row["stage"] == Stage.CLOSED:
                raise OrderError(f"There is no work order {work_order[:80]} that is open.")
            order = _order(row)
            rows.execute("UPDATE orders SET stage = 'closed' WHERE work_order = ?", [work_order])
            if order.stage is Stage.RUNNING:
                self._want(rows, "", by)
            self._store.act(rows, "order_closed", f"The work order {order} was closed", by, **_told(order))
        return order

    def all(self, stages: Sequence[Stage] = tuple(Stage), limit: int = 200) -> list[WorkOrder]:
        """The orders at these stages: the running one, those that wait in the order they came, the last closed ones."""
        marks = ", ".join("?" * len(stages))
        sql = (
            f"SELECT * FROM orders WHERE stage IN ({marks}) ORDER BY stage = 'running' DESC, stage = 'waiting' DESC, "  # noqa: S608 - marks only
            "CASE stage WHEN 'closed' THEN -number ELSE number END LIMIT ?"
        )
        with self._store.reading() as rows:
            found = rows.execute(sql, [*stages, limit]).fetchall() if rows else []
        return [_order(row) for row in found]

    def find(self, work_order: str) -> WorkOrder | None:
        """The order of this name."""
        with self._store.reading() as rows:
            row = _row(rows, work_order) if rows else None
        return _order(row) if row is not None else None

    def say(
        self, inspection_id: str, kind: str, reason: str, by: str, acts: Sequence[tuple[str, str]], /, **told: object
    ) -> bool:
        """Have recorded what somebody says of a placement: `acts`, each a kind and a sentence. Once; False later."""
        with self._store.writing() as rows:
            sql = "INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?)"
            is_new = rows.execute(sql, [inspection_id, kind, reason, by]).rowcount == 1
            for act, sentence in acts if is_new else ():
                self._store.act(rows, act, sentence, by, inspection_id=inspection_id, **told)
        return is_new

    def said(self, inspection_id: str) -> dict[str, str]:
        """What was said of a placement: kind → reason."""
        with self._store.reading() as rows:
            sql = "SELECT kind, reason FROM said WHERE inspection_id = ?"
            return dict(map(tuple, rows.execute(sql, [inspection_id]).fetchall())) if rows else {}

    def lately(self, kind: str, limit: int = 20) -> frozenset[str]:
        """The placements of which this was said last, as inspection_ids."""
        with self._store.reading() as rows:
            sql = "SELECT inspection_id FROM said WHERE kind = ? ORDER BY rowid DESC LIMIT ?"
            return frozenset(row[0] for row in rows.execute(sql, [kind, limit])) if rows else frozenset()

    @staticmethod
    def _want(rows: sqlite3.Connection, work_order: str, by: str) -> None:
        rows.execute("INSERT INTO wanted (work_order, by) VALUES (?, ?)", [work_order, by])


class _Refused(Exception):  # noqa: N818 - takes the transaction back
    pass


def wanted(data: Path) -> Wanted:
    """Which order is wanted. Never waits. Raises sqlite3.Error where somebody writes there, or it cannot be read."""
    with glancing(data / DATABASE) as rows:
        if rows is None:
            return NOTHING
        last = rows.execute("SELECT * FROM wanted ORDER BY begun DESC LIMIT 1").fetchone()
        if last is None:
            return NOTHING
        row = _row(rows, last["work_order"])
    return Wanted(_order(row) if row is not None else None, last["begun"], last["by"])


def _added(rows: sqlite3.Connection, order: WorkOrder) -> bool:
    row = _row(rows, order.work_order)
    if row is not None:
        if not _order(row).is_same(order):
            raise OrderError(f"{_order(row)} is there already, and asks for something else")
        return False
    sql = "INSERT INTO orders (work_order, part_number, quantity, lot, stage) VALUES (?, ?, ?, ?, 'waiting')"
    rows.execute(sql, [order.work_order, order.part_number, order.quantity, order.lot])
    return True


def _told(order: WorkOrder) -> dict[str, str | int]:
    return {
        "work_order": order.work_order,
        "part_number": order.part_number,
        "quantity": order.quantity,
        "lot": order.lot,
    }


def _row(rows: sqlite3.Connection, work_order: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = rows.execute("SELECT * FROM orders WHERE work_order = ?", [work_order]).fetchone()
    return found


def _order(row: sqlite3.Row) -> WorkOrder:
    return WorkOrder(row["work_order"], row["part_number"], row["quantity"], row["lot"], Stage(row["stage"]))
