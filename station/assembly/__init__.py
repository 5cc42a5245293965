"""Configuration → station. These rooms alone know every device by its name, and translate what station.toml says.

devices         camera, lines and the times of the trigger that are configured
gate            the golden and challenge parts that verify
data            what stands in a data folder, and whose records they are
bench           the simulated bench: its network, its calibration, its hands
at_work         the station of station.toml
demonstration   the one of `station demo`
replaying       the line on a folder of pictures
handover        the bay, where a technician is given the hardware of a running station
calibrating     the wizard in a terminal
at_the_stage    pictures collected, and an agreement study made
"""

from station.assembly.at_the_stage import collecting, studying
from station.assembly.at_work import real, shadowed
from station.assembly.bench import BENCH, EXPECTED, laid, ordered_boxes
from station.assembly.calibrating import Calibration, calibration
from station.assembly.data import active_profile, note_swap_while_stopped, opened_log, wanted_bundle
from station.assembly.demonstration import Demo, demo
from station.assembly.devices import make_camera, make_line
from station.assembly.gate import make_verification
from station.assembly.handover import bay, demo_bay
from station.assembly.replaying import replay

__all__ = [
    "BENCH",
    "EXPECTED",
    "Calibration",
    "Demo",
    "active_profile",
    "bay",
    "calibration",
    "collecting",
    "demo",
    "demo_bay",
    "laid",
    "make_camera",
    "make_line",
    "make_verification",
    "note_swap_while_stopped",
    "opened_log",
    "ordered_boxes",
    "real",
    "replay",
    "shadowed",
    "studying",
    "wanted_bundle",
]
