"""What the numbers of this station are computed with: to say years later whether they can come out bit for bit."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
NAMES = ("model name", "Model", "CPU implementer", "CPU part", "Hardware")  # what x86 and ARM call their kind
FEATURES = ("flags", "Features")  # kernels are chosen by these
SIMD = (
    *("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8"),
    *("asimd", "asimddp", "i8mm", "sve"),
)


@cache
def runtime() -> dict[str, str]:
    """Versions of the libraries that a verdict is computed with, and the kind of processor, in words."""
    return {
        "ai-edge-litert": version("ai-edge-litert"),
        "numpy": version("numpy"),
        "machine": platform.machine(),
        "processor": processor(CPUINFO),
    }


def processor(cpuinfo: Path) -> str:
    """Its name and those of its features that numerical kernels are chosen by; empty where nothing is known."""
    try:
        told = dict(_lines(cpuinfo.read_text("utf-8", "replace")))
    except OSError:
        return platform.processor()
    name = " ".join(told[key] for key in NAMES if told.get(key))
    features = {word for key in FEATURES for word in told.get(key, "").split()}
    return " ".join(filter(None, [name, *(word for word in SIMD if word in features)]))


def _lines(text: str) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in text.splitlines())
    return [(key.strip(), value.strip()) for key, _, value in pairs]
