"""What the hand of the simulated bench lays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from station.assembly import laid, make_verification
from station.config import parse
from station.simulation import SimulatedClock
from station.types import Reason, Verdict
from tests.station.factories import inspection

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
