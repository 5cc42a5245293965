"""`station order`: work orders, from their arrival to their summary."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.cli.folders import CONFIG, DATA, named
from station.cli.output import emit

if TYPE_CHECKING:
    from station.orders.order import WorkOrder
    from station.orders.store import Orders

BY = click.option("--by", default=getpass.getuser, show_default="your login name", help="Who does it, for the log.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group("order")
def command() -> None:
    """Work orders. Each change is recorded in the traceability log as soon as the station runs on this folder."""


@command.command()
@click.argument("work_order")
@click.option("--part", required=True, help="The part number.")
@click.option("--quantity", required=True, type=int, help="How many are to pass.")
@click.option("--lot", default="", help="The batch.")
@DATA
@CONFIG
@BY
def add(work_order: str, part: str, quantity: int, lot: str, data: Path | None, config: Path | None, by: str) -> None:
    """Have an order wait. The same twice is one; another of the same name is refused."""
    from station.orders.order import fit_order

    try:
        order = fit_order(work_order, part, quantity, lot)
    except ValueError as mistake:
        raise click.UsageError(f"{mistake}.") from mistake
    is_new = _orders(data, config).add(order, by)
    click.echo(f"{order} waits." if is_new else f"{order} is there already.")


@command.command("list")
@click.option("--all", "with_closed", is_flag=True, help="Those that are closed too.")
@DATA
@CONFIG
@JSON
def list_(with_closed: bool, data: Path | None, config: Path | None, as_json: bool) -> None:
    """The order that runs, and those that wait."""
    from station.orders.order import Stage

    stages = tuple(Stage) if with_closed else (Stage.RUNNING, Stage.WAITING)
    orders = _orders(data, config).all(stages)
    for order in orders:
        emit(_told(order)) if as_json else click.echo(f"{order.stage.value:8}  {order}")
    if not orders and not as_json:
        click.echo("No order waits; `station order add` or `station order import` brings some.")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATA
@CONFIG
@BY
def import_(file: Path, data: Path | None, config: Path | None, by: str) -> None:
    """Take in a CSV file: work_order, part_number, quantity, and lot where there is one.

    All of it or nothing: a file with a wrong line is refused, and the line is named. An order that is there already,
    just the same, does no harm.
    """
    orders = _orders(data, config)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as trouble:
        raise orders.refused(file.name, f"it cannot be read: {trouble}", by) from trouble
    new, known = orders.take_in(text, file.name, by)
    click.echo(f"{new} orders are new, {known} were there already.")


@command.command()
@click.argument("work_order")
@DATA
@CONFIG
@BY
def begin(work_order: str, data: Path | None, config: Path | None, by: str) -> None:
    """Want this order run; the one that runs waits again, and counts on where it was when it comes back.

    A station that runs takes it up as soon as its stage is empty, and asks for its verification.
    """
    order = _orders(data, config).begin(work_order, by)
    click.echo(f"{order} is wanted. A station that runs takes it up as soon as its stage is empty, and asks for")
    click.echo("its verification.")


@command.command()
@click.argument("work_order")
@DATA
@CONFIG
@BY
@JSON
def close(work_order: str, data: Path | None, config: Path | None, by: str, as_json: bool) -> None:
    """No more of this order; prints what was made of it. A closed order is not begun again."""
    orders = _orders(data, config)
    order = orders.close(work_order, by)
    _show(order, orders, as_json, "closed")


@command.command()
@click.argument("work_order")
@DATA
@CONFIG
@JSON
def show(work_order: str, data: Path | None, config: Path | None, as_json: bool) -> None:
    """What was made of an order so far."""
    from station.errors import OrderError

    orders = _orders(data, config)
    order = orders.find(work_order)
    if order is None:
        raise OrderError(f"There is no work order {work_order}; `station order list --all` names all.")
    _show(order, orders, as_json, order.stage.value)


def _show(order: WorkOrder, orders: Orders, as_json: bool, stage: str) -> None:
    from station.log.store import DATABASE
    from station.orders.summary import Summary, summed_up

    has_log = (orders.folder / DATABASE).exists()  # no station has ever run there, and nothing was made
    summary = summed_up(orders.folder, order.work_order) if has_log else Summary()
    if as_json:
        emit(_told(order) | {"stage": stage} | asdict(summary))
        return
    click.echo(f"{order} ({stage})")
    for what, count in summary.lines(order.quantity):
        click.echo(f"  {what:32}{count:>8}")


def _told(order: WorkOrder) -> dict[str, Any]:
    return asdict(order) | {"stage": order.stage.value}


def _orders(data: Path | None, config: Path | None) -> Orders:
    from station.orders.store import Orders

    return Orders(named(data, config)[0])
