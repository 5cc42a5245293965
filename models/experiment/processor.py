"""What this processor computes fastest in, without the training library.

Hardware that multiplies bfloat16 learns in about two thirds of the time; where it only imitates that, it learns slower.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]
FLAGS = {"avx512_bf16", "amx_bf16"}  # as Linux names them, x86-64; elsewhere nothing was measured
CPUINFO = Path("/proc/cpuinfo")


def fastest(cpuinfo: Path = CPUINFO) -> Precision:
    """bfloat16 where every core has instructions for it, float32 else and where nothing is known."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return "float32"
    cores = [set(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    return "bfloat16" if cores and all(flags & FLAGS for flags in cores) else "float32"
