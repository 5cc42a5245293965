"""Gives way to the line: what a command reads or copies is never more urgent than an inspection."""

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
        os.nice(NICE)
    if ionice := shutil.which("ionice"):
        subprocess.run([ionice, "-c", IDLE, "-p", str(os.getpid())], check=False, capture_output=True)  # noqa: S603 - a number of ours
