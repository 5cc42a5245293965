"""What the configuration becomes, where it is more than handing on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from station.assembly import (
    BENCH,
    EXPECTED,
    laid,
    make_verification,
    note_swap_while_stopped,
    refuse_real_records,
    refuse_simulated_records,
)
from station.bundles import load_bundle
from station.config import parse
from station.log import queries
from station.log.store import TraceabilityLog
from station.model import Model
from station.simulation import SimulatedClock
from station.types import Reason, SystemClock, Verdict
from station.wishes import Wish
from tests.station.factories import inspection


def test_a_swap_is_signed_by_who_asked_for_it_and_another_station_toml_by_nobody(tmp_path: Path) -> None:
    model = Model.of(load_bundle(BENCH), EXPECTED)
    rollback = Wish(by="Tan", at="2026-01-05T06:07:08.000000Z", act="rollback")
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        log.note("start", "ready", model="first")
        for name in ("first", "second", "second", "third"):
            note_swap_while_stopped(log, tmp_path, rollback, replace(model, name=name))
    with queries.reading(tmp_path) as rows:
        events = [(row["details"]["model"], row["operator"]) for row in reversed(queries.events(rows))]
    assert events == [("first", ""), ("second", "Tan"), ("third", "")]


GOLDEN = {"id": "G-1", "part_number": "1041-A", "verdict": "PASS", "due": date(2027, 1, 31)}
OTHER = {"id": "G-2", "part_number": "1041-B", "verdict": "PASS", "due": date(2027, 1, 31)}
CHALLENGE = {"id": "C-1", "part_number": "4711", "verdict": "REJECT", "due": date(2027, 1, 31)}


@pytest.mark.parametrize(
    ("parts", "asked", "on_the_bench"),
    [
        ([], ["golden part", "challenge part"], ["1041-A", "1041-B"]),
        ([CHALLENGE, OTHER, GOLDEN], ["golden part G-1", "challenge part C-1"], ["1041-A", "1041-B"]),
    ],
)
def test_the_parts_of_the_order_are_asked_for_and_a_simulated_hand_lays_what_it_has_of_them(
    parts: list[dict[str, object]], asked: list[str], on_the_bench: list[str]
) -> None:
    camera = {"kind": "simulated", "tells_a_real_line": True}
    tables = {"name": "s", "data": "d", "bundle": "b", "order": {"part_number": "1041-A"}, "camera": camera}
    configuration = parse(tables | {"line": [{"kind": "gpio"}], "verification": {"part": parts}}, Path())
    gate = make_verification(configuration, SimulatedClock())
    hand, said, lays = laid(gate, 1, lambda: "1041-A"), [], []
    for reason in (Reason.NOT_VERIFIED, Reason.WRONG_PART):
        gate.notes.clear()
        said.append(str(gate.wants))
        lays.append(next(hand))
        gate.consider(inspection(verdict=Verdict.REJECT, reason=reason), 0.0)
    assert (said, lays) == (asked, on_the_bench)


@pytest.mark.parametrize("refuse", [refuse_real_records, refuse_simulated_records])
def test_a_database_that_a_power_cut_left_empty_keeps_no_station_from_its_first_start(
    tmp_path: Path, refuse: Callable[[Path], None]
) -> None:
    (tmp_path / "station.db").touch()
    refuse(tmp_path)


def test_the_first_start_is_no_swap(tmp_path: Path) -> None:
    with closing(TraceabilityLog(tmp_path, SystemClock())) as log:
        note_swap_while_stopped(log, tmp_path, Wish(), Model.of(load_bundle(BENCH), EXPECTED))
    with queries.reading(tmp_path) as rows:
        assert queries.events(rows) == []
