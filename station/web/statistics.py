"""What the page of figures shows: charts, the table below them, and the gaps. Pure over the tallies of the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from station.log.figures import Figure, Gap, figures, gaps
from station.web.asked import REASONS
from station.web.charts import Chart, chart, label
from station.web.sentences import N_

BY: Mapping[str, str] = {
    "day": N_("Day"),
    "shift": N_("Shift"),
    "hour": N_("Hour"),
    "part_number": N_("Part number"),
    "operator": N_("Operator"),
    "model": N_("Model"),
}
MOST = 200  # lines of a table
GAPS: Mapping[str, str] = {"down": N_("Down"), "fault": N_("Fault"), "bypassed": N_("Bypassed")}
ACTS = {"override": N_("Overrides"), "hold": N_("Holds"), "release": N_("Releases"), "escape": N_("Escapes")}


@dataclass(frozen=True, slots=True)
class Statistics:
    """Groups are newest first in the table, and oldest first in the charts; what is too many is left out, and told."""

    by: str
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    gaps: tuple[Gap, ...]
    left_out: int = 0
    acts: Mapping[str, str] | None = None
    gap_words: Mapping[str, str] | None = None
    reasons: tuple[str, ...] = ()


def statistics(rows: sqlite3.Connection, by: str, since: datetime | None, until: datetime | None) -> Statistics:
    """Of a span of time; `by` is one of BY."""
    found = figures(rows, by, since, until)
    told = [figure for figure in found if figure.inspected]
    reasons = [reason for reason in REASONS if any(reason in figure.reasons for figure in told) and reason]
    charts = (_yield(told, by), _reasons(told, by, reasons), _doubts(found, by), _times(told, by)) if told else ()
    shown = found[::-1][:MOST]
    broken = gaps(rows, since, until)[::-1][:MOST]
    return Statistics(by, tuple(shown), charts, tuple(broken), max(0, len(found) - MOST), ACTS, GAPS, tuple(reasons))


def _yield(told: list[Figure], by: str) -> Chart:
    groups = [(label(each, by), [("passed", round(100 * each.passed / each.inspected, 1))]) for each in told]
    return chart(N_("Yield"), groups, [("passed", N_("passed"))], "%")


def _reasons(told: list[Figure], by: str, reasons: list[str]) -> Chart:
    groups = [(label(each, by), [(reason, float(each.reasons.get(reason, 0))) for reason in reasons]) for each in told]
    return chart(N_("Not passed, by reason"), groups, [(reason, REASONS[reason]) for reason in reasons])


def _doubts(found: list[Figure], by: str) -> Chart:
    kinds = [("unsure", N_("UNSURE")), ("retries", N_("Retries"))]
    kinds += [(kind, ACTS[kind]) for kind in ("override", "escape")]
    groups = [
        (
            label(each, by),
            [
                ("unsure", float(each.unsure)),
                ("retries", float(each.retries)),
                *((kind, float(each.acts.get(kind, 0))) for kind in ("override", "escape")),
            ],
        )
        for each in found
    ]
    return chart(N_("Doubt: UNSURE, retries, overrides, escapes"), groups, kinds)


def _times(told: list[Figure], by: str) -> Chart:
    groups = [(label(each, by), [("mean", round(each.decision_ms / each.inspected, 1))]) for each in told]
    return chart(N_("Mean time of a decision"), groups, [("mean", N_("mean"))], "ms")
