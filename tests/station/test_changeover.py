"""Another order on the running station: whole, between two placements, recorded; and what is made of it is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from station import service
from station.changeover import Changeover
from station.errors import ConfigError, LogError
from station.log import queries
from station.log.record import Row
from station.loop import run
from station.masters import UNNAMED, Master
from station.orders.order import WorkOrder
from station.orders.remarks import disagree, in_red_bin
from station.orders.store import DATABASE, Orders
from station.orders.summary import summed_up
from station.shadow import together
from station.types import Inspection, Order, Reason, State, Verdict
from station.verification import NO_ORDER, Verified
from station.witness import Witness
from tests.promises.stations import EXPECTED, OnTheBench

OTHER = "1041-B"


class Rig(OnTheBench):
    """A station without an order, whose golden parts nobody has to show unless the test says so."""

    def __init__(self, folder: Path, order: Order | None = None) -> None:
        super().__init__(folder)
        self.orders = Orders(folder, self.clock)
        self.order(order or Order(""))
        self.between()
        service.start(self.station)
        self.look(0.5)

    def order(self, order: Order) -> None:
        self.station.order, self.station.model = order, self.station.model.expecting(order.part_number)

    def between(self, masters: Callable[[str], Sequence[Master]] = lambda part: UNNAMED) -> None:
        self.changeover = Changeover(self.folder, masters)
        self.station.between = together(self.changeover.look, Witness(self.folder).look)

    def begin(self, name: str = "W-1", part: str = EXPECTED, quantity: int = 5, lot: str = "L-1") -> None:
        self.orders.add(WorkOrder(name, part, quantity, lot), "Eva")
        self.orders.begin(name, "Eva")
        self.look(1.5)

    def look(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def lay(self) -> Inspection:
        self.bench.place(EXPECTED)
        self.look(1.5)
        assert self.station.screen.view.inspection
        return self.station.screen.view.inspection

    def inspect(self) -> Inspection:
        inspection = self.lay()
        self.bench.remove()
        self.look(1.5)
        return inspection

    def events(self, *kinds: str) -> list[Row]:
        with queries.reading(self.folder) as log:
            return list(reversed(queries.events(log, limit=500, kinds=kinds)))

    def row(self, inspection: Inspection) -> Row:
        with queries.reading(self.folder) as log:
            row = queries.show(log, inspection.inspection_id)
        assert row
        return row


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_without_an_order_nothing_passes_and_the_screen_asks_for_one(rig: Rig) -> None:
    assert rig.station.screen.view.message == NO_ORDER
    inspection = rig.inspect()
    assert (inspection.verdict, inspection.reason) == (Verdict.REJECT, Reason.NOT_VERIFIED)
    assert inspection.advice == "There is no work order. Scan or choose one."


def test_an_order_that_is_begun_is_on_the_records_from_then_on_and_recorded_before_them(rig: Rig) -> None:
    rig.begin()
    inspection = rig.inspect()
    assert inspection.verdict is Verdict.PASS
    assert inspection.order == Order(EXPECTED, "W-1", "L-1")
    (event,) = rig.events("changeover")
    assert (event["operator"], event["details"]["work_order"], event["details"]["quantity"]) == ("Eva", "W-1", 5)
    assert event["sequence"] < inspection.sequence


def test_another_order_has_another_expected_part(rig: Rig) -> None:
    rig.begin()
    assert rig.inspect().verdict is Verdict.PASS
    rig.begin("W-2", OTHER)
    inspection = rig.inspect()  # this network takes everything for the part of the first order
    assert (inspection.reason, inspection.order.part_number) == (Reason.WRONG_PART, OTHER)
    assert inspection.recipe.startswith(OTHER)


def test_it_is_taken_up_only_when_the_stage_is_empty(rig: Rig) -> None:
    rig.begin()
    rig.lay()
    rig.begin("W-2", OTHER)
    assert rig.station.order.work_order == "W-1"
    rig.bench.remove()
    rig.look(1.5)
    assert rig.station.order.work_order == "W-2"


def test_verification_is_asked_for_again_with_the_parts_of_the_order(rig: Rig) -> None:
    rig.station.verification = gate = Verified(3600.0, (), rig.clock)
    parts = (Master(OTHER, Verdict.PASS, "G-2"), Master(EXPECTED, Verdict.REJECT, "C-2"))
    rig.between(lambda part: parts)
    assert gate.asks == NO_ORDER
    rig.begin("W-2", OTHER)
    assert gate.wants == parts[0]
    assert "golden part G-2" in rig.station.screen.view.message
    assert not gate.is_open(rig.clock.monotonic())


def test_an_order_that_runs_on_after_a_start_mends_no_failed_verification_and_one_that_is_begun_does(rig: Rig) -> None:
    rig.begin()
    rig.station.order = Order("")  # as at a start
    rig.station.verification = gate = Verified(3600.0, (), rig.clock)
    gate.stay_failed("The golden part in record 1 got REJECT wrong_part")
    rig.between()
    rig.look(1.5)
    assert rig.station.order.work_order == "W-1"
    assert "has failed: The golden part in record 1" in rig.station.screen.view.message
    rig.begin("W-2")
    assert str(gate.wants) == "golden part"
    assert rig.events("verification")[-1]["operator"] == "Eva"


def test_a_placement_without_an_order_verifies_nothing(rig: Rig) -> None:
    rig.station.verification = gate = Verified(3600.0, (), rig.clock)
    rig.inspect()
    rig.begin()
    assert str(gate.wants) == "golden part"
    assert gate.asks.endswith("Lay the golden part on the stage.")


def test_a_bypass_ends_with_its_order_and_there_is_none_without(rig: Rig) -> None:
    rig.station.verification = gate = Verified(3600.0, (), rig.clock)
    until = rig.clock.now().replace(hour=7)
    with pytest.raises(ValueError, match="no work order"):
        gate.bypass("Ann", "no golden part", until, rig.clock.monotonic())
    rig.begin()
    gate.bypass("Ann", "no golden part", until, rig.clock.monotonic())
    assert rig.inspect().verdict is Verdict.PASS
    rig.begin("W-2")
    assert rig.inspect().reason is Reason.NOT_VERIFIED


@pytest.mark.parametrize("part", ["1042", "x"])
def test_a_part_number_that_the_bundle_does_not_know_is_refused_and_nothing_passes(rig: Rig, part: str) -> None:
    rig.begin()
    rig.begin("W-2", part)
    assert rig.station.screen.view.notice.startswith(
        f"The work order W-2: 5 of {part}, lot L-1 cannot be run: The bundle"
    )
    assert rig.inspect().reason is Reason.NOT_VERIFIED
    assert [event["details"]["work_order"] for event in rig.events("order_refused")] == ["W-2"]
    rig.orders.begin("W-1", "Eva")
    rig.look(1.5)
    assert rig.station.screen.view.notice == ""
    assert rig.inspect().verdict is Verdict.PASS


def test_an_order_without_golden_part_is_refused(rig: Rig) -> None:
    def none(part: str) -> Sequence[Master]:
        raise ConfigError([f"station.toml names no golden part {part}"])

    rig.between(none)
    rig.begin()
    assert "no golden part 1041-A" in rig.station.screen.view.notice
    assert rig.station.order.part_number == ""


def test_nothing_passes_beyond_the_quantity_though_the_last_pass_stands(rig: Rig) -> None:
    rig.begin(quantity=2)
    rig.inspect()
    assert rig.lay().verdict is Verdict.PASS
    rig.look(3.0)
    assert rig.line.asserts_pass
    assert "2 of 2 passed" in rig.station.screen.view.message
    rig.bench.remove()
    rig.look(1.5)
    beyond = rig.inspect()
    assert (beyond.verdict, beyond.reason) == (Verdict.REJECT, Reason.NOT_VERIFIED)
    assert beyond.advice.startswith("The order is complete: 2 of 2 passed.")
    assert summed_up(rig.folder, "W-1").passed == 2


def test_a_restart_loses_no_count(rig: Rig) -> None:
    rig.begin(quantity=3)
    rig.inspect()
    rig.inspect()
    service.halt(rig.station)
    rig.order(Order(""))
    rig.station.tally = replace(rig.station.tally, quantity=0, passed=0)
    rig.between()
    service.start(rig.station)
    rig.look(1.0)
    assert (rig.station.tally.quantity, rig.station.tally.passed) == (3, 2)


def test_an_order_that_waited_meanwhile_counts_on(rig: Rig) -> None:
    rig.begin("W-1")
    rig.inspect()
    rig.begin("W-2")
    rig.inspect()
    rig.inspect()
    rig.orders.begin("W-1", "Eva")
    rig.look(1.0)
    assert rig.station.tally.passed == 1


def test_scanning_the_running_order_again_changes_nothing(rig: Rig) -> None:
    rig.begin()
    rig.orders.begin("W-1", "Eva")
    rig.look(1.0)
    assert len(rig.events("changeover")) == 1


def test_an_order_of_the_same_name_in_another_file_is_another_order(rig: Rig, tmp_path: Path) -> None:
    """The file of the orders was lost, and begun anew: it counts from one again."""
    rig.begin()
    other = Orders(tmp_path / "other", rig.clock)
    other.add(WorkOrder("W-1", EXPECTED, 5, "L-2"), "Tan")
    other.begin("W-1", "Tan")
    (tmp_path / "other" / DATABASE).replace(rig.folder / DATABASE)
    rig.look(1.0)
    assert rig.inspect().order == Order(EXPECTED, "W-1", "L-2")


def test_a_closed_order_leaves_no_order(rig: Rig) -> None:
    rig.begin()
    rig.inspect()
    rig.orders.close("W-1", "Eva")
    rig.look(1.0)
    assert rig.station.screen.view.message == NO_ORDER
    assert rig.inspect().reason is Reason.NOT_VERIFIED
    assert summed_up(rig.folder, "W-1").passed == 1


def test_the_order_that_station_toml_fixes_runs_until_another_is_begun(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Order(EXPECTED, "fixed"))
    assert rig.inspect().order.work_order == "fixed"
    rig.begin()
    assert rig.inspect().order.work_order == "W-1"
    rig.close()


def test_records_name_who_is_at_work(rig: Rig) -> None:
    rig.begin()
    rig.station.at_work = lambda: "Ann"
    rig.look(0.5)
    assert rig.inspect().order.operator == "Ann"
    rig.station.at_work = str
    rig.look(0.5)
    assert rig.inspect().order.operator == ""


def test_what_cannot_be_recorded_does_not_happen_and_is_tried_again(rig: Rig) -> None:
    rig.orders.add(WorkOrder("W-1", EXPECTED, 5), "Eva")
    rig.orders.begin("W-1", "Eva")
    rig.log.is_full = True
    rig.clock.sleep(1.0)
    with pytest.raises(LogError):
        rig.changeover.look(rig.station)
    assert rig.station.order.part_number == ""
    rig.log.is_full = False
    rig.look(1.0)
    assert rig.station.order.work_order == "W-1"


def test_while_somebody_writes_there_or_the_file_is_damaged_the_station_inspects_on(rig: Rig) -> None:
    rig.begin()
    writer = sqlite3.connect(rig.folder / DATABASE, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    assert rig.inspect().verdict is Verdict.PASS
    writer.close()
    (rig.folder / DATABASE).write_bytes(b"no database" * 1000)
    assert rig.inspect().verdict is Verdict.PASS
    assert rig.station.screen.view.state is State.READY


# what people say of a part


def test_a_passed_part_that_somebody_disagrees_with_is_on_hold_and_one_more_is_wanted(rig: Rig) -> None:
    rig.begin(quantity=2)
    first = rig.row(rig.inspect())
    rig.inspect()
    assert disagree(rig.orders, first, "damaged", "Eva")
    assert not disagree(rig.orders, first, "damaged", "Eva")
    rig.look(2.0)
    override, hold = rig.events("override", "hold")
    assert override["operator"] == hold["operator"] == "Eva"
    assert override["details"]["inspection_id"] == first["inspection_id"]
    assert override["details"]["why"] == "damaged"
    assert hold["details"]["records"] == [first["sequence"]]
    assert rig.row(rig.station.screen.view.inspection)["verdict"] == "PASS"  # type: ignore[arg-type] # it is there by now
    assert rig.station.tally.passed == summed_up(rig.folder, "W-1").passed == 1
    assert rig.inspect().verdict is Verdict.PASS
    assert rig.inspect().reason is Reason.NOT_VERIFIED


def test_a_rejected_part_is_confirmed_in_the_red_bin(rig: Rig) -> None:
    rig.begin(part=OTHER)
    row = rig.row(rig.inspect())
    assert in_red_bin(rig.orders, row, "Eva")
    rig.look(1.0)
    (event,) = rig.events("red_bin")
    assert (event["operator"], event["details"]["inspection_id"]) == ("Eva", row["inspection_id"])
    summary = summed_up(rig.folder, "W-1")
    assert (summary.rejected, summary.in_bin) == ({"wrong_part": 1}, 1)


def test_what_a_csv_file_brought_or_did_not_is_on_the_screen(rig: Rig) -> None:
    with pytest.raises(ValueError, match="line 1"):
        rig.orders.take_in("nonsense", "monday.csv", "CSV import")
    rig.look(1.0)
    assert rig.station.screen.view.notice.startswith("monday.csv was refused, line 1: the columns are")
    rig.orders.take_in("work_order,part_number,quantity\nW-9,1041-A,5\n", "tuesday.csv", "CSV import")
    rig.look(1.0)
    assert rig.station.screen.view.notice == ""
