"""A work order, and how one is written: in a form, a command, or a line of a CSV file. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 40  # characters of a work order, part number or lot
MOST = 1_000_000  # parts of one order
LINES = 10_000  # of one file
COLUMNS = ("work_order", "part_number", "quantity", "lot")


class Stage(StrEnum):
    """How far an order is; at most one is running."""

    WAITING = "waiting"
    RUNNING = "running"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """So many parts of a part number, of one lot; known by its work_order."""

    work_order: str
    part_number: str
    quantity: int
    lot: str = ""
    stage: Stage = Stage.WAITING

    def is_same(self, other: WorkOrder) -> bool:
        """Whether both ask for the same, however far they are."""
        return self._asks == other._asks

    @property
    def _asks(self) -> tuple[str, str, int, str]:
        return self.work_order, self.part_number, self.quantity, self.lot

    def __str__(self) -> str:
        return f"{self.work_order}: {self.quantity} of {self.part_number}" + (f", lot {self.lot}" if self.lot else "")


def fit_order(work_order: str, part_number: str, quantity: str | int, lot: str = "") -> WorkOrder:
    """The order as it is kept. Raises ValueError, a sentence."""
    return WorkOrder(
        _word("work order", work_order), _word("part number", part_number), _count(quantity), _word("lot", lot, least=0)
    )


def read_csv(text: str) -> dict[int, WorkOrder]:
    """Line → order of a file: a line of columns, then one order a line. Raises ValueError, which names the line.

    Commas or semicolons. `lot` may be left out, and the columns may stand in any order; others are mistakes.
    """
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    try:
        found = dict(_orders(rows))
    except csv.Error as trouble:
        raise ValueError(f"line {rows.line_num}: {trouble}") from trouble
    if not found:
        raise ValueError("line 2: there is no order in it")
    return found


def _orders(rows: Iterator[list[str]]) -> Iterator[tuple[int, WorkOrder]]:
    columns = [name.strip().lower() for name in next(rows, [])]
    if missing := [name for name in COLUMNS[:3] if name not in columns]:
        raise ValueError(f"line 1: the columns are {', '.join(COLUMNS)}; {', '.join(missing)} is missing")
    if unknown := [name or "one without a name" for name in columns if name not in COLUMNS]:
        raise ValueError(f"line 1: the columns are {', '.join(COLUMNS)}; nobody knows {', '.join(unknown)}")
    if len(set(columns)) < len(columns):
        raise ValueError("line 1: a column stands there twice")
    seen: dict[str, int] = {}
    for row in rows:
        line = rows.line_num  # type: ignore[attr-defined] # a csv.reader has it
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise ValueError(f"line {line}: it has {len(row)} fields, and line 1 names {len(columns)} columns")
        try:
            order = fit_order(**dict(zip(columns, row, strict=True)))
        except ValueError as mistake:
            raise ValueError(f"line {line}: {mistake}") from mistake
        if order.work_order in seen:
            raise ValueError(
                f"line {line}: the work order {order.work_order} stands in line {seen[order.work_order]} too"
            )
        if len(seen) >= LINES:
            raise ValueError(f"line {line}: a file has {LINES} orders at the most")
        seen[order.work_order] = line
        yield line, order


def _word(what: str, text: str, least: int = 1) -> str:
    text = text.strip()
    if not least <= len(text) <= LONGEST or not text.isprintable():
        raise ValueError(f"a {what} has {least} to {LONGEST} characters that can be printed")
    return text


def _count(quantity: str | int) -> int:
    text = str(quantity).strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and 1 <= int(text) <= MOST):
        raise ValueError(f"a quantity is a whole number from 1 to {MOST}, not {text[:20]!r}")
    return int(text)
