"""Another program of this very station, and of this very version of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import station

HERE = str(Path(station.__file__).parents[1])


def started(module: str, *arguments: str, **streams: Any) -> subprocess.Popen[Any]:
    """`python -m module arguments`; `streams` are those of Popen. Raises OSError."""
    paths = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-P", "-m", module, *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths}, **streams)  # noqa: S603 - our own
