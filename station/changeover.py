"""Another work order on the running station: between two placements, all of it at once, and recorded; or not at all.

Which order is wanted stands in orders.db (see orders/store.py). What an order needs is asked for anew each time: its
expected part number, its golden and challenge parts, what the log tells was made of it before.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from station.errors import StationError
from station.log import queries
from station.loop import Station, asks, keep_notes
from station.masters import Master
from station.model import Model
from station.orders.order import WorkOrder
from station.orders.store import NOTHING, Wanted, wanted
from station.orders.summary import passed
from station.orders.tally import Tally
from station.types import Order

log = logging.getLogger(__name__)

EVERY = 0.25  # seconds between two looks


class Changeover:
    """Looks which order is wanted and who is at work, and takes it up.

    masters   expected part number → golden and challenge parts; raises ConfigError where they cannot verify it
    operator  whom records name while nobody is signed in
    """

    def __init__(self, data: Path, masters: Callable[[str], Sequence[Master]], operator: str = "") -> None:
        self._data, self._masters, self._operator = data, masters, operator
        self._seen = NOTHING
        self._next = 0.0
        self._is_begun = False  # what the first look finds ran when the station stopped, and nobody asks for it now

    def look(self, station: Station) -> None:
        """Costs next to nothing as long as nobody wants anything.

        Raises LogError when what happens cannot be recorded: then nothing has happened, and the next look tries again.
        """
        self._follow(station)
        if (now := station.clock.monotonic()) < self._next:
            return
        self._next = now + EVERY
        try:
            want = wanted(self._data)
        except sqlite3.Error as trouble:  # somebody writes there at this moment, or it is damaged; who uses it says so
            log.debug("the orders could not be read", exc_info=trouble)
            return
        if want != self._seen:  # and not by its number alone: another file with orders may count anew
            self._take_up(station, want)
            self._seen = want
        self._is_begun = True

    def _follow(self, station: Station) -> None:
        """The records name who is at work."""
        operator = station.at_work() or self._operator
        if operator != station.order.operator:
            station.order = replace(station.order, operator=operator)

    def _take_up(self, station: Station, want: Wanted) -> None:
        order = want.order
        if order is not None and order.is_same(_running(station)):
            return
        try:
            model, parts = self._fit(station, order)
        except StationError as trouble:
            self._refuse(station, want, trouble)
            return
        self._change(station, want, model, parts)
        station.screen.notice("")

    def _fit(self, station: Station, order: WorkOrder | None) -> tuple[Model, Sequence[Master]]:
        """What the order needs. Raises StationError for one that this station cannot run."""
        if order is None:
            return station.model.expecting(""), ()
        return station.model.expecting(order.part_number), self._masters(order.part_number)

    def _change(self, station: Station, want: Wanted, model: Model, parts: Sequence[Master]) -> None:
        """First the record, then the gate, then the order: whatever fails on the way, no PASS comes of it."""
        order = want.order
        former = station.order.work_order or station.order.part_number
        made = self._made(order)
        said = f"{order} is run from now on" if order else "No order is run from now on"
        told = {"former": former, "passed_before": made}
        if order:
            told |= {"part_number": order.part_number, "quantity": order.quantity, "lot": order.lot}
        station.log.note("changeover", said, operator=want.by, work_order=order.work_order if order else "", **told)
        why, by = f"The order is {order.work_order}" if order else "No order is run", want.by if self._is_begun else ""
        station.verification.change(parts, why, by)
        station.attempts.forget()
        station.model = model
        station.tally = Tally(order.quantity, made) if order else Tally()
        operator = station.order.operator
        station.order = (
            Order(order.part_number, order.work_order, order.lot, operator=operator)
            if order
            else Order("", operator=operator)
        )
        keep_notes(station)
        station.screen.tell(station.state, asks(station), station.verification.standing)

    def _made(self, order: WorkOrder | None) -> int:
        if order is None:
            return 0
        with queries.reading(self._data) as rows:
            return passed(rows, order.work_order)

    def _refuse(self, station: Station, want: Wanted, trouble: StationError) -> None:
        """The order is not run, nor the one before it: who begins another wants that no more."""
        assert want.order
        said = f"The work order {want.order} cannot be run: {trouble}"
        self._change(station, replace(want, order=None), station.model.expecting(""), ())
        station.log.note("order_refused", said, operator=want.by, work_order=want.order.work_order)
        station.screen.notice(said)


def _running(station: Station) -> WorkOrder:
    """The order that runs; the one that station.toml fixes has no quantity."""
    order = station.order
    return WorkOrder(order.work_order, order.part_number, station.tally.quantity, order.lot)
