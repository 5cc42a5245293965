"""`station demo`: the whole station on the simulated bench."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from station.attempts import RETRIES
from station.cli.folders import kept_or_thrown_away
from station.cli.output import Placements
from station.people import Person, Role
from station.types import Frame, Inspection, Verdict

if TYPE_CHECKING:
    from station.assembly import Demo
    from station.bay import Bay
    from station.simulation import Showroom

PATIENCE = 5.0  # seconds from the hand's coming within which a part must be inspected
TRIES = 10  # placements to verify the bench, at the most


@click.command("demo")
@click.option("--parts", type=click.IntRange(1), help="How many placements; else until Ctrl-C.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the log here; else it is thrown away.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Which parts come, and how they lie."
)
@click.option(
    "--line", "line", metavar="PORT", help="Tell a real line too, over this serial port (any URL of pyserial)."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Of the screens; 0: any.")
@click.option(
    "--as",
    "role",
    type=click.Choice([role.value for role in Role]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="As what visitors of the screens are signed in.",
)
@click.option("--headless", is_flag=True, help="No screens, and as fast as it goes instead of as fast as a hand.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the summary last.")
def command(
    parts: int | None,
    data: Path | None,
    seed: int,
    line: str | None,
    port: int,
    role: str,
    headless: bool,
    as_json: bool,
) -> None:
    """Run the whole station on the simulated bench: a hand lays parts, the station judges, records and signals.

    The order is for 1041-A; 1041-B looks like it, 1042 is a part that the network has never seen. The bench verifies
    itself first, with a golden and a challenge part; those placements are in the log, and none of the N. Everything
    that comes from here is marked as simulated.

    Its screens are served on this computer alone, and whoever opens them is signed in as a demo person of one role.
    """
    from station import assembly

    with kept_or_thrown_away(data) as folder, assembly.demo(folder, seed, headless, line) as demo:
        placements = Placements(demo.station.order.part_number, as_json)
        placements.knows(demo.station.model.classifier.part_numbers)
        if not as_json:
            click.echo(f"Simulated bench. The order is for {demo.station.order.part_number}. The log is in {folder}.")
        with suppress(KeyboardInterrupt):
            if headless:
                hurry(demo, seed, parts, placements)
            else:
                show(demo, seed, parts, placements, folder, port, Role(role))
        placements.close()
        if asked := demo.station.verification.asks:
            click.echo(asked, err=True)
            sys.exit(1)
    if parts is not None and placements.summary()["placements"] < parts:
        click.echo("Some placements led to no inspection.", err=True)
        sys.exit(1)


def hurry(demo: Demo, seed: int, parts: int | None, placements: Placements) -> None:
    """Verify, then lay parts, as fast as it goes; what goes wrong ends it."""
    from station import service

    with service.started(demo.station):
        _next_inspection(demo, until_removed=True)  # the stage has to be seen empty first
        for asked in verify(demo):
            if not placements.as_json:
                click.echo(f"Not verified. {asked}")
        placements.verification = demo.station.verification.name
        if not placements.as_json:
            click.echo(f"Verification: {placements.verification}.")
        verified = not demo.station.verification.asks
        for inspection, actual in lay_parts(demo, seed, parts if verified else 0):
            placements.show(inspection, actual)


def show(demo: Demo, seed: int, parts: int | None, placements: Placements, data: Path, port: int, role: Role) -> None:
    """The same for whoever looks on, as fast as a hand: visitors move it, and a fault is told and mended."""
    from station import assembly, service
    from station.simulation import Showroom

    station, bench = demo.station, demo.bench

    def is_empty() -> bool:
        """Another calibration brings another trigger."""
        return station.trigger is not None and station.trigger.is_armed

    boxes = assembly.ordered_boxes(seed, lambda: station.order.part_number)
    room = Showroom(bench, demo.disk, lambda: station.verification.wants, is_empty, boxes, RETRIES)
    said = [""]

    def saw(inspection: Inspection, frame: Frame) -> None:
        room.saw(inspection, frame)
        if inspection.measures.get("verified"):
            placements.show(inspection, bench.actual_part_number)
            placements.verification = inspection.verification

    def is_over() -> bool:  # asked between two turns, and while a fault is waited for
        room.step()
        if not placements.as_json and (asks := station.verification.asks) != said[0]:
            said[0] = asks
            click.echo(f"Not verified. {asks}" if asks else f"Verification: {station.verification.name}.")
        return parts is not None and placements.summary()["placements"] >= parts

    station.beside = saw
    bay = assembly.demo_bay(demo, data)
    with screens(demo, data, port, role, room, bay):
        service.serve(station, is_over, bay=bay)


@contextmanager
def screens(demo: Demo, data: Path, port: int, role: Role, room: Showroom, bay: Bay) -> Iterator[None]:
    """Serve the screens, again where they have died, and say where and to whom; on stderr, in no program's way."""
    from station import bay as of_the_bay
    from station.shadow import together
    from station.simulation import showroom
    from station.web.apart import Handed
    from station.web.beside import Screens
    from station.web.server import LOOPBACK
    from station.web.spoken import Wanted

    station, visitor = demo.station, Person(f"Demo {role.value}", role)
    handed = {"room": Handed(room, showroom.FOR_PAGES), "bay": Handed(bay, of_the_bay.FOR_PAGES)}

    def served(address: str) -> None:
        click.echo(f"The screens are at {address}, on this computer only.", err=True)
        click.echo(f"Whoever opens them is signed in as {visitor.name}.", err=True)

    wanted = Wanted(data, LOOPBACK, port, visitor=visitor)
    with Screens(station, wanted, handed, served, insists=True) as pages:
        station.between = together(*filter(None, [station.between, pages.look]))
        yield


def verify(demo: Demo) -> Iterator[str]:
    """The hand does what the verification asks for, told before it is done, until it has been done or has failed."""
    from station.simulation.showroom import MASTER, MIDDLE, TURNED

    gate = demo.station.verification
    for _ in range(TRIES):
        if gate.wants is None:
            return
        yield gate.asks
        demo.bench.place(gate.wants.part_number, at=MIDDLE, angle=TURNED, specimen=MASTER)
        _next_inspection(demo)
        if gate.wants is None:
            yield gate.asks
        _clear(demo)


def lay_parts(demo: Demo, seed: int, parts: int | None) -> Iterator[tuple[Inspection, str | None]]:
    """The hand lays one part after the other; each inspection comes with what truly lay there.

    A part that was UNSURE is laid again, as its advice says; each attempt is a placement. What the station asks for
    meanwhile, when its verification has run out, it gets.
    """
    from station.simulation import boxes

    bench, box = demo.bench, boxes(seed)
    part = None
    for _ in itertools.count() if parts is None else range(parts):
        for _ in verify(demo):
            part = None
        part = bench.place(part.part_number, specimen=part.specimen) if part else bench.place(next(box))
        inspection = _next_inspection(demo)
        if inspection is not None:
            yield inspection, bench.actual_part_number
        if inspection is None or inspection.verdict is not Verdict.UNSURE or inspection.measures["attempt"] > RETRIES:
            part = None
        _clear(demo)


def _clear(demo: Demo) -> None:
    """The hand takes away what lies there, and the station sees it."""
    demo.bench.remove()
    _next_inspection(demo, until_removed=True)


def _next_inspection(demo: Demo, until_removed: bool = False) -> Inspection | None:
    """Let the station watch until it has inspected, or, `until_removed`, until the stage is empty again."""
    from station.loop import pause, turn

    station, bench = demo.station, demo.bench
    assert station.trigger
    until = station.clock.monotonic() + PATIENCE
    while station.clock.monotonic() < until:
        inspection = turn(station)
        pause(station)
        if inspection is not None:
            return inspection
        if until_removed and bench.at_rest and station.trigger.is_armed:
            return None
    return None
