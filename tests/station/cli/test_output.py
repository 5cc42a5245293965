"""What is counted, and what is printed for programs and for people."""

from __future__ import annotations

import json

import pytest

from station.cli.output import Placements
from station.types import Reason, Verdict
from tests.station.factories import inspection


@pytest.fixture
def placements() -> Placements:
    placements = Placements("A", as_json=True)
    placements.knows(("A", "B"))
    return placements


def test_shares_are_counted_over_what_really_lay_there(placements: Placements) -> None:
    placements.show(inspection(predicted_part_number="A"), "A")
    placements.show(inspection(predicted_part_number="A", verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE), "A")
    placements.show(inspection(predicted_part_number="B", verdict=Verdict.REJECT, reason=Reason.WRONG_PART), "B")
    placements.show(inspection(predicted_part_number="A"), "C")
    summary = placements.summary()
    assert summary["placements"] == 4
    assert summary["yield"] == 0.5
    assert (summary["wrong_parts"], summary["wrong_parts_passed"]) == (2, 1)
    assert summary["predicted_rightly"] == 1.0  # C is no part that the network could have named


def test_nothing_to_count_is_none_and_not_zero(placements: Placements) -> None:
    summary = placements.summary()
    assert summary["yield"] is None
    assert summary["predicted_rightly"] is None


def test_each_line_is_one_json_object_with_the_fields_of_the_design(
    placements: Placements, capsys: pytest.CaptureFixture[str]
) -> None:
    placements.show(inspection(source="a/b.png", score=0.5, distance=0.25), None)
    placements.close()
    line, summary = map(json.loads, capsys.readouterr().out.splitlines())
    fields = {"file", "predicted_part_number", "score", "distance", "verdict", "reason", "image_sha256", "decision_ms"}
    assert fields <= line.keys()
    assert "actual_part_number" not in line
    assert summary["summary"] is True


def test_people_read_what_to_do_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    placements = Placements("A", as_json=False)
    placements.show(inspection(advice="Turn the part.", verdict=Verdict.UNSURE, reason=Reason.TOO_CLOSE), "A")
    placements.close()
    out = capsys.readouterr().out
    assert "Turn the part." in out
    assert "A passed: 0 of 1 (0.0%)" in out
