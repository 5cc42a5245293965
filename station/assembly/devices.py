"""Every device by its name. Each is imported in its own case: a station loads the libraries of its own hardware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from station.assembly.bench import EXPECTED
from station.cameras.freshness import FreshCamera, Freshness
from station.signals import Several
from station.trigger import Timing
from station.types import Camera, Clock, Signal

if TYPE_CHECKING:  # imported where they are used: a replay needs no configuration, and starts the quicker for it
    from station.config import Configuration, Gpio, Serial


def make_camera(configuration: Configuration, clock: Clock, lays: Iterator[str] | None = None) -> Camera:
    """The camera that the configuration names, guarded against old and repeated frames.

    lays  part numbers that a simulated bench lays; None for those of the order's boxes
    """
    from station.config import Pi, Simulated, Usb

    camera: Camera
    match configuration.camera:
        case Usb() as usb:
            from station.cameras.usb import UsbCamera

            camera = UsbCamera(
                usb.device, clock, usb.width, usb.height, usb.fps, usb.exposure, usb.gain, usb.white_balance, usb.focus
            )
        case Pi() as pi:
            from station.cameras.picamera import PiCamera

            camera = PiCamera(clock, pi.index, pi.width, pi.height, pi.fps, pi.exposure_us, pi.gain, pi.lens_position)
        case Simulated() as simulated:
            from station.simulation import Bench, OperatedCamera, boxes

            bench = Bench(clock, seed=simulated.seed, period=1 / simulated.fps)
            camera = OperatedCamera(bench, lays or boxes(simulated.seed, configuration.order.part_number or EXPECTED))
    return FreshCamera(camera, Freshness(), clock)


def make_signal(configuration: Configuration, clock: Clock) -> Signal:
    """All the lines that are told; those that acknowledge first, so that no other shows a PASS that is taken back."""
    lines = sorted(configuration.line, key=_acknowledges, reverse=True)
    return Several([make_line(line, clock) for line in lines])


def _acknowledges(line: Gpio | Serial) -> bool:
    return line.kind == "serial" or line.ack_pin is not None


def make_line(line: Gpio | Serial, clock: Clock) -> Signal:
    """One way of telling the line."""
    from station.config import Gpio, Serial

    match line:
        case Gpio():
            from station.signals.gpio import GpioLine

            pins = {name: value for name, value in asdict(line).items() if name != "kind"}
            return GpioLine(**pins, clock=clock)
        case Serial():
            from station.signals.serial import SerialLine

            return SerialLine(line.port, line.baud, line.ack_limit, clock=clock)


def make_timing(configuration: Configuration) -> Timing:
    """When a part is judged, and whether presence alone has it judged."""
    table = configuration.trigger
    return Timing(table.still_for, table.gone_for, "presence" in table.sources)
