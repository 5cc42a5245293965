"""Figures → bars, in numbers that a template draws as SVG. Pure.

Drawn here and not by a library: pygal and leather write colours into style elements, which the pages' policy forbids,
and know neither the dark of the screens nor the shapes of a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log10

from station.log.figures import TIMES, Figure

WIDTH, HEIGHT = 720.0, 200.0  # of the drawing, in units of its own
MOST = 48  # groups in a drawing; the table below has them all
LABELS = 8  # of groups, below the drawing
SUMS = 12  # groups whose numbers have room above their bars
LETTER = 9.0  # units that a letter of a label is wide


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar.

    kind  a class of the style sheet
    told  for who points at it
    """

    x: float
    y: float
    width: float
    height: float
    kind: str
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars that stand side by side, each of several pieces upon each other.

    lines   height and words of the lines across
    labels  middle and words below
    sums    middle, height and words above each bar, where there is room
    kinds   the pieces in their order: class and words
    """

    name: str
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    kinds: tuple[tuple[str, str], ...]
    sums: tuple[tuple[float, float, str], ...] = ()


Pieces = Sequence[tuple[str, float]]  # class and value


def chart(name: str, groups: Sequence[tuple[str, Pieces]], kinds: Sequence[tuple[str, str]], unit: str = "") -> Chart:
    """A chart of the newest groups. `groups` are label and pieces."""
    groups = groups[-MOST:]
    most = max((sum(value for _, value in pieces) for _, pieces in groups), default=0.0)
    top = 100.0 if unit == "%" else ceiling(most)
    room = WIDTH / max(len(groups), 1)
    width = min(room * 0.8, 90.0)
    bars, sums = list[Bar](), list[tuple[float, float, str]]()
    for place, (label, pieces) in enumerate(groups):
        level = HEIGHT
        for kind, value in pieces:
            height = HEIGHT * value / top
            level -= height
            if value:
                told = f"{label}: {value:g} {unit}".rstrip()
                bars.append(Bar(place * room + room * 0.1, level, width, height, kind, told))
        sums.append((place * room + room * 0.1 + width / 2, level, f"{sum(value for _, value in pieces):g}"))
    # of things that are counted there is no half one
    shares = [share for share in (0.0, 0.5, 1.0) if unit or (top * share).is_integer()]
    lines = tuple((HEIGHT * (1 - share), f"{top * share:g} {unit}".rstrip()) for share in shares)
    labels = [(middle, label) for (middle, *_), (label, _) in zip(sums, groups, strict=True)]
    fit = int(WIDTH / (LETTER * max([1, *(len(words) for _, words in labels)])))
    each = -(-len(groups) // min(LABELS, max(fit, 1))) or 1
    told_sums = tuple(sums) if len(groups) <= SUMS else ()
    return Chart(name, tuple(bars), lines, tuple(labels[::each]), tuple(kinds), told_sums)


def ceiling(most: float) -> float:
    """The next round number: 1, 2 or 5 times a power of ten."""
    if most <= 1:
        return 1.0
    power = 10.0 ** int(log10(most))
    return next(power * step for step in (1.0, 2.0, 5.0, 10.0) if power * step >= most)


def label(figure: Figure, by: str) -> str:
    """A group in few letters; its whole key stands in the table."""
    if by not in TIMES:
        return figure.key if len(figure.key) <= 16 else f"{figure.key[:15]}…"
    at = datetime.fromisoformat(figure.key)
    return f"{at:%m-%d}" if by == "day" else f"{at:%m-%d %H:%M}"
