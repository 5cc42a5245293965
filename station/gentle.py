"""Gives way to the line: what a command reads, copies or learns is never more urgent than an inspection.

Being nice is not enough. Linux shares its processors among sessions first where it does so at all (autogroup, as Debian
has it), and a terminal full of the nicest programs gets as much as the station; and whoever is woken, as the loop is
when its picture is on the disk, waits for a tick that a nice program ends. So all that give way share one processor,
and leave the line the others.
"""

from __future__ import annotations

import os
from contextlib import suppress

NICE = 19  # the least urgent there is
IDLE = "3"  # ionice's class of what reads and writes only while nobody else does


def give_way() -> None:
    """For the rest of this process, and for what it starts; where that may not be, it goes on as it is."""
    with suppress(OSError):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):  # not by subprocess: loading it takes longer than all of this
        os.waitpid(os.posix_spawnp("ionice", ["ionice", "-c", IDLE, "-p", str(os.getpid())], os.environ), 0)
