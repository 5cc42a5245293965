"""`station run`: the real station, until it is told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import click

from station.cli.output import Placements, emit
from station.screen import Screen, View, word
from station.types import State, TriggerSource

if TYPE_CHECKING:
    from station.config import Configuration
    from station.loop import Station

DEPTH = 50  # states and inspections that may wait to be printed; each holds a picture


@click.command("run")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="station.toml")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(config: Path, as_json: bool) -> None:
    """Run the station as station.toml says, until it is told to stop (Ctrl-C, or SIGTERM).

    Faults end nothing: they are told to the line, and the devices are opened again. Enter is the key that triggers,
    where [trigger] sources names "key". The screens are served as [web] says, on this computer alone
    if it says nothing.
    """
    from station import assembly, journal, service
    from station.bay import FOR_PAGES
    from station.config import load
    from station.orders.inbox import Inbox, watched
    from station.orders.store import Orders
    from station.shadow import together
    from station.watchdog import Systemd
    from station.web.apart import Handed
    from station.web.beside import Screens
    from station.web.spoken import Wanted

    journal.keep()
    configuration, systemd = load(config), Systemd.here()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    web, folder = configuration.web, configuration.orders.folder
    with assembly.real(configuration) as station, ExitStack() as beside:
        beside.enter_context(told(configuration, station))
        bay = assembly.bay(configuration, station)
        if web.serve:
            names = (*web.names, web.host)
            wanted = Wanted(configuration.data, web.host, web.port, names, keeps_journal=True)
            screens = beside.enter_context(Screens(station, wanted, {"bay": Handed(bay, FOR_PAGES)}))
            station.between = together(*filter(None, [station.between, screens.look]))
        if folder is not None:
            beside.enter_context(watched(Inbox(folder, Orders(configuration.data))))

        def keys() -> None:
            for _ in sys.stdin:
                station.ask(TriggerSource.KEY)

        if TriggerSource.KEY in station.sources:
            threading.Thread(target=keys, daemon=True).start()
        printer = printing(station.screen, Placements(station.order.part_number, as_json), as_json)
        service.serve(station, stop.is_set, systemd.alive, bay)
        systemd.stopping()
        printer.join(1.0)


def told(configuration: Configuration, station: Station) -> AbstractContextManager[None]:
    """Whoever is told of records and states besides, by threads of their own."""
    from station.telling.mqtt import telling

    if configuration.mqtt is None:
        return nullcontext()
    return telling(configuration.mqtt, configuration.name, configuration.data, station.screen)


def printing(screen: Screen, placements: Placements, as_json: bool) -> threading.Thread:
    """Print in a thread: who does not read must not hold up the line, nor fill its memory once he is gone."""
    feed = screen.follow(DEPTH)

    def work() -> None:
        try:
            with suppress(OSError):  # nobody reads any more
                tell(feed, placements, as_json)
        finally:
            screen.leave(feed)

    printer = threading.Thread(target=work, name="print", daemon=True)
    printer.start()
    return printer


def tell(feed: Queue[View], placements: Placements, as_json: bool) -> None:
    """Print each state and each inspection once, until the station has stopped."""
    said = View()
    while said.state is not State.HALTED or said.message:  # while it is calibrated it says so
        picture = feed.get()
        if picture.inspection is not said.inspection and picture.inspection is not None:
            placements.show(picture.inspection, None)
        if (picture.state, picture.message, picture.notice) != (said.state, said.message, said.notice):
            if as_json:
                emit({"state": picture.state.value, "message": picture.message, "notice": picture.notice})
            else:
                click.echo(shown(picture))
        said = picture


def shown(view: View) -> str:
    """The state as a person reads it, and what to do about it; what was refused stands behind it."""
    return " ".join(filter(None, [f"{word(view)}.", view.message, view.notice]))
