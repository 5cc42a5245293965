"""A live number against its target, and a histogram, as lengths that a template draws in SVG. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from calibration.measure import CLIPPED
from calibration.wizard import Live
from station.web.viewing import BINS, BLACK, Figures

LONG = 1000.0  # of a bar, in units of its own
WIDE, HIGH = 640.0, 160.0  # of a histogram
CLIP = CLIPPED * BINS // 256  # the bin in which saturation begins


@dataclass(frozen=True, slots=True)
class Gauge:
    """A bar: the target from `left` to `right`, the number at `at`, all 0 to `LONG`."""

    name: str
    value: str
    target: str
    is_good: bool
    left: float
    right: float
    at: float


def gauge(live: Live) -> Gauge:
    """The number of a step on a bar that is long enough for it and its target."""
    bounds = [each for each in (live.least, live.most) if each is not None]
    end = 255.0 if live.unit == "of 255" else 1.25 * max([*bounds, live.value, 1e-9])

    def place(value: float) -> float:
        return LONG * min(1.0, max(0.0, value / end))

    left = 0.0 if live.least is None else place(live.least)
    right = LONG if live.most is None else place(live.most)
    if not bounds:
        left = right = 0.0
    unit = "" if live.unit == "of 255" else f" {live.unit}".rstrip()
    value, at = f"{_written(live.value)}{unit}", place(live.value)
    return Gauge(live.name, value, _target(live, unit), live.is_good, left, right, at)


def _written(value: float) -> str:
    """As many digits as somebody who turns a screw can follow."""
    places = 0 if abs(value) >= 100 or value == round(value) else 1 if abs(value) >= 10 else 2
    return f"{value:.{places}f}"


def _target(live: Live, unit: str) -> str:
    if live.least is not None and live.most is not None:
        return f"{_written(live.least)} – {_written(live.most)}{unit}"
    if live.least is not None:
        return f"≥ {_written(live.least)}{unit}"
    return "" if live.most is None else f"≤ {_written(live.most)}{unit}"


@dataclass(frozen=True, slots=True)
class Pillar:
    """One bin of a histogram; `kind` is a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    kind: str


def pillars(figures: Figures) -> tuple[Pillar, ...]:
    """The histogram; heights go with the root of the counts, so that a few clipped pixels are seen too."""
    most, width = math.sqrt(max(figures.counts) or 1), WIDE / BINS
    found = []
    for place, count in enumerate(figures.counts):
        height = HIGH * math.sqrt(count) / most
        kind = "clip" if place >= CLIP else "dark" if place * 256 // BINS < BLACK else "well"
        found.append(Pillar(place * width, HIGH - height, width - 1, height, kind))
    return tuple(found)
