"""Gives way to the line: what a command reads, copies or learns is never more urgent than an inspection.

Niceness is held only against programs of the same session where the kernel schedules session by session (autogroup, as
Debian has it), and a person's terminal is another session than the station. SCHED_IDLE is looked at first, wherever
the other program is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress

NICE = 19  # the least urgent there is
IDLE = "3"  # ionice's class of what reads and writes only while nobody else does


def give_way() -> None:
    """For the rest of this process, and for what it starts; where that may not be, it goes on as it is."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        os.nice(NICE)
    if ionice := shutil.which("ionice"):
        subprocess.run([ionice, "-c", IDLE, "-p", str(os.getpid())], check=False, capture_output=True)  # noqa: S603 - a number of ours
