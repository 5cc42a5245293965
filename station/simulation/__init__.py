"""A bench without hardware: camera, lamp, parts and line that share one physics. README.md says which, and which not.

    clock = SimulatedClock()
    bench = Bench(clock, seed=1)
    camera, light, line = SimulatedCamera(bench), SimulatedLight(bench), SimulatedLine(bench)
    camera.open()
    bench.place("1041-A")
    while bench.busy:
        camera.read(newer_than=clock.monotonic())
    frame = camera.read()

What comes from here says so (`Frame.is_simulated`) and never stands in for a device that is missing.
"""

from station.simulation.bench import Bench
from station.simulation.camera import SimulatedCamera
from station.simulation.clock import SimulatedClock
from station.simulation.disk import SimulatedDisk
from station.simulation.light import SimulatedLight
from station.simulation.line import Message, SimulatedLine
from station.simulation.operator import OperatedCamera
from station.simulation.parts import PART_NUMBERS
from station.simulation.placement import Placement
from station.simulation.plan import boxes, lookalike, plan, willing
from station.simulation.pose import Pose
from station.simulation.showroom import Showroom
from station.simulation.technician import BenchTechnician

__all__ = [
    "PART_NUMBERS",
    "Bench",
    "BenchTechnician",
    "Message",
    "OperatedCamera",
    "Placement",
    "Pose",
    "Showroom",
    "SimulatedCamera",
    "SimulatedClock",
    "SimulatedDisk",
    "SimulatedLight",
    "SimulatedLine",
    "boxes",
    "lookalike",
    "plan",
    "willing",
]
