"""Line charts as SVG that stands in a page as it is: in the page's own letters, without ids or addresses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 44  # pixels around the plot
INK, FAINT, GRID = "#333", "#888", "#e4e4e4"

Point = tuple[float, float]
Range = tuple[float, float]


@dataclass(slots=True)
class Chart:
    """Two axes and what is drawn between them; what lies beyond them is not seen.

    about  what it shows, for whoever cannot see it
    """

    about: str
    x: Range
    y: Range
    x_label: str
    y_label: str
    width: int = 440
    height: int = 300
    counted: bool = False  # along x things are counted, and between them is nothing
    drawn: list[str] = field(default_factory=list)

    def line(
        self, points: Sequence[Point], colour: str, width: float = 2, dashed: bool = False, faint: bool = False
    ) -> None:
        """Points, joined."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._place, points))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        told = f'stroke="{colour}" stroke-width="{width}"{dash}' + (' stroke-opacity="0.3"' if faint else "")
        self.drawn.append(f'<polyline points="{path}" fill="none" {told}/>')

    def dots(self, points: Sequence[Point], colour: str) -> None:
        """Points, apart."""
        for x, y in map(self._place, points):
            self.drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')

    def svg(self) -> str:
        """The whole chart."""
        wide, high = self._plot
        plot = f'<svg x="{LEFT}" y="{TOP}" width="{wide}" height="{high}">{"".join(self.drawn)}</svg>'
        frame = f'<path d="M{LEFT},{TOP} v{high} h{wide}" fill="none" stroke="{FAINT}"/>'
        return whole(self.about, self.width, self.height, "".join([*self._ticks(), plot, frame, *self._labels()]))

    @property
    def _plot(self) -> tuple[int, int]:
        return self.width - LEFT - RIGHT, self.height - TOP - BOTTOM

    def _place(self, point: Point) -> Point:
        """From the values of the axes to pixels of the plot."""
        wide, high = self._plot
        (left, right), (low, top) = self.x, self.y
        return (point[0] - left) / (right - left) * wide, (top - point[1]) / (top - low) * high

    def _ticks(self) -> list[str]:
        wide, high = self._plot
        told = []
        for value in ticks(self.x, least=1 if self.counted else 0):
            x = LEFT + self._place((value, 0))[0]
            told.append(words(x, TOP + high + 16, f"{value:g}", "middle"))
        for value in ticks(self.y):
            y = TOP + self._place((0, value))[1]
            told.append(f'<path d="M{LEFT},{y:.1f} h{wide}" stroke="{GRID}"/>')
            told.append(words(LEFT - 7, y + 4, f"{value:g}", "end"))
        return told

    def _labels(self) -> list[str]:
        wide, high = self._plot
        middle = TOP + high / 2
        turned = f'<g transform="rotate(-90 13 {middle})">{words(13, middle, self.y_label, "middle")}</g>'
        return [words(LEFT + wide / 2, self.height - 8, self.x_label, "middle"), turned]


def whole(about: str, width: int, height: int, content: str) -> str:
    """A drawing with its size."""
    told = f'role="img" aria-label="{escape(about)}" viewBox="0 0 {width} {height}" style="max-width:{width}px"'
    return f"<svg {told}>{content}</svg>"


def words(x: float, y: float, text: str, anchor: str = "start", colour: str = INK, bold: bool = False) -> str:
    """Text, at its base line."""
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(text)}</text>'


def box(x: float, y: float, width: float, height: float, fill: str, edge: str) -> str:
    """A rectangle."""
    size = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="4"'
    return f'<rect {size} fill="{fill}" stroke="{edge}"/>'


def ticks(ends: Range, about: int = 5, least: float = 0) -> list[float]:
    """Round numbers between two ends, about so many: 1, 2 or 5 times a power of ten apart, `least` at least."""
    rough = max(least, (ends[1] - ends[0]) / about)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(ends[0] / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(ends[1] / step + 1e-9) + 1)]
