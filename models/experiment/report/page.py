"""The report as one page of HTML that stands alone: pictures and figures inside, nothing fetched."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2

from models.experiment.outcome import COLUMNS, Outcome
from models.experiment.report import figures
from models.experiment.report.recognised import Recognised
from models.experiment.report.said import HEADINGS, about
from models.experiment.report.tables import CELLS
from models.preprocess import Gray

BESIDE = (("8", figures.over_experiments), ("6", figures.roc))
STYLE = (Path(__file__).parent / "page.css").read_text()
# Hafizh et al., Table II and Fig. 6; no experiment of theirs used int8
PAPER = {"accuracy": 0.980, "ppv": 0.971, "npv": 0.990, "sensitivity": 0.990, "specificity": 0.970, "auc": 0.982}


def page(told: Mapping[str, Any], outcomes: Sequence[Outcome], shown: Sequence[Recognised], wrong: int) -> str:
    """The whole page; `told` is the summary, `wrong` how many test pictures any experiment saw wrong."""
    said = about(told)
    sections = [
        _header(told),
        f'<section class="said">{"".join(f"<p>{escape(each)}</p>" for each in said)}</section>',
        _section("2", figures.data_structure(told["structure"], told["settings"]["protocol"])),
        _section("II", _table(told)),
        f"<section>{_pair(*(_figure(name, draw(outcomes)) for name, draw in BESIDE))}</section>",
        _section("7", _pair(figures.losses(outcomes), figures.accuracies(outcomes))),
        _section("5", _pictures(shown, wrong, len(outcomes), sum(row["test"] for row in told["structure"].values()))),
        _footer(told, outcomes[0]),
    ]
    title = f"{' or '.join(told['settings']['part_numbers'])}: {len(outcomes)} experiments"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = "".join(sections)
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>\n'


def number(value: float | None, places: int = 3) -> str:
    """A figure; a dash where there is none."""
    return "–" if value is None else f"{value:.{places}f}"


def _header(told: Mapping[str, Any]) -> str:
    settings, rows = told["settings"], told["experiments"]
    first, second = map(escape, settings["part_numbers"])
    each = [row["accuracy"] for row in rows]
    kinds = [
        ("accuracy, mean", number(told["mean"]["accuracy"])),
        ("spread", number(told["spread"]["accuracy"])),
        ("lowest – highest", f"{number(min(each))} – {number(max(each))}"),
        ("accuracy as int8", number(told["mean"]["int8_accuracy"])),
        ("AUC", number(told["mean"]["auc"])),
    ]
    tiles = "".join(f"<div><b>{value}</b><span>{name}</span></div>" for name, value in kinds)
    kind = "split by group first" if settings["protocol"] == "honest" else "the paper’s way, split after copying"
    under = f"Data set {escape(told['data_set'])} · {len(rows)} experiments of {settings['epochs']} epochs · {kind}"
    return f'<header><h1>{first} or {second}?</h1><p>{under}</p><div class="tiles">{tiles}</div></header>'


def _section(name: str, content: str) -> str:
    return f"<section>{_figure(name, content)}</section>"


def _figure(name: str, content: str) -> str:
    """With its heading, and what it shows."""
    heading, caption = HEADINGS[name]
    kind = "Table" if name == "II" else "Fig."
    return f"<h2>{heading} <small>the paper’s {kind} {name}</small></h2>{content}<p class='caption'>{caption}</p>"


def _pair(left: str, right: str) -> str:
    return f'<div class="pair"><div>{left}</div><div>{right}</div></div>'


def _table(told: Mapping[str, Any]) -> str:
    first, second = map(escape, told["settings"]["part_numbers"])
    heads = ["", f"{first}<br>right", f"{first}<br>wrong", f"{second}<br>wrong", f"{second}<br>right"]
    heads += ["accuracy", "PPV", "NPV", "sensi&shy;tivity", "speci&shy;ficity", "AUC", "accuracy<br>as int8"]
    body = "".join(_row(str(row["experiment"]), [str(row[cell]) for cell in CELLS], row) for row in told["experiments"])
    ends = _row("mean", [""] * 4, told["mean"]) + _row("spread", [""] * 4, told["spread"])
    ends += _row("the paper", [""] * 4, PAPER)
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{ends}</tfoot></table>"


def _row(name: str, cells: Sequence[str], row: Mapping[str, Any]) -> str:
    told = [*cells, *(number(row.get(column)) for column in COLUMNS)]
    return f"<tr><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in told)}</tr>"


def _pictures(shown: Sequence[Recognised], wrong: int, runs: int, tested: int) -> str:
    told = f"{wrong} of the {tested} test pictures were seen wrong by at least one of the {runs} experiments"
    rest = "; shown are those seen wrong most often." if wrong > len(shown) else ", and are shown first."
    said = (
        told + rest if wrong else f"None of the {tested} test pictures was seen wrong by any of the {runs} experiments."
    )
    return f'<p>{said}</p><div class="pictures">{"".join(_picture(each, runs) for each in shown)}</div>'


def _picture(one: Recognised, runs: int) -> str:
    if one.wrong:
        seen = f'<em class="wrong">✗ seen as {escape(one.other)} in {one.wrong} of {runs}</em>'
    else:
        seen = f'<em class="right">✓ seen as {escape(one.actual)} in all {runs}</em>'
    copy = f", copy {one.copy}" if one.copy else ""
    name = f"<small>{escape(one.file)}{copy}</small>"
    image = f'<img alt="{escape(one.actual)}" src="data:image/png;base64,{_png(one.pixels)}">'
    return f"<figure>{image}<figcaption>is <b>{escape(one.actual)}</b><br>{seen}<br>{name}</figcaption></figure>"


def _png(pixels: Gray) -> str:
    return base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()


def _footer(told: Mapping[str, Any], outcome: Outcome) -> str:
    settings = told["settings"]
    options = f"--runs {len(told['experiments'])} --protocol {settings['protocol']} --seed {settings['seed']}"
    options += f" --network {settings['network']} --precision {settings['precision']}"
    command = f"python -m models experiment {told['data_set']} --out FOLDER {options} --epochs {settings['epochs']}"
    versions = " · ".join(f"{name} {version}" for name, version in sorted(outcome.made_with.items()))
    data = f"data set SHA-256 {settings['data']}"
    return f"<footer><p><code>{escape(command)}</code></p><p>{escape(versions)}</p><p>{data}</p></footer>"
