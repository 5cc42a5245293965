"""Yield against escape as one page of HTML that stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from models.bundle import Bundle
from models.study import Point, lines
from models.svg import FAINT, Chart

COLOURS = {"wrong": "#c2570c", "unknown": "#0b5cad"}  # told apart also by those who do not see red, and in gray
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }
figure { margin: 1.5rem 0 } svg { font: 12px system-ui, sans-serif; width: 100% }
pre { background: #f6f6f6; padding: 1rem; white-space: pre-wrap } i { font-style: normal; font-weight: 600 }
"""

Curves = Mapping[str, Mapping[str, Sequence[Point]]]


def whole_page(bundle: Bundle, figures: Sequence[dict[str, Any]], curves: Curves, split: str) -> str:
    """The page: a chart and the figures of each part number, and what the card knows of its bound."""
    title = f"How far bundle {bundle.name} is to be trusted"
    body = [f"<h1>{escape(title)}</h1><p>Pictures of the split {escape(split)}; sha256 {bundle.sha256[:12]}.</p>"]
    for row in figures:
        part = row["part_number"]
        said = "\n".join(lines([row]))
        body.append(f"<h2>{escape(part)} expected</h2>{_figure(part, curves[part])}<pre>{escape(said)}</pre>")
        body.append(f"<p>{escape(bundle.bounds[part].sentence(part))}</p>")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head += f"<style>{STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _figure(part: str, curves: Mapping[str, Sequence[Point]]) -> str:
    chart = Chart(
        f"Yield of {part} against escape", (-0.01, 1), (0, 1.02), "others that pass, share of groups", "yield", 640, 360
    )
    chart.line([(0, 0), (1, 1)], FAINT, 1, dashed=True)
    keys = []
    for kind, points in curves.items():
        if points:
            chart.line([(each.escaped, each.passed) for each in points], COLOURS[kind])
            chart.line([(each.bound, each.passed) for each in points], COLOURS[kind], 1.2, dashed=True)
            keys.append(f'<i style="color:{COLOURS[kind]}">{kind} parts</i>')
    said = f"{' and '.join(keys)}; dashed: what may escape with 95 % confidence, by groups."
    return f"<figure>{chart.svg()}<figcaption>{said}</figcaption></figure>"
