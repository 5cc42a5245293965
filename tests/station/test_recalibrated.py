"""Another calibration in use is recorded with what nobody watches under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from calibration.profile import UNWATCHED
from station.log import queries
from station.recalibrated import record
from tests.promises.stations import OnTheBench


def test_the_log_tells_that_nobody_watches_the_empty_stage_under_a_calibration(tmp_path: Path) -> None:
    rig = OnTheBench(tmp_path)
    quick = rig.station.model.profile
    assert quick
    assert quick.ground is None
    watched = replace(quick, ground=quick.empty, figures={"is_followed": 1.0})
    for profile in (quick, watched):
        record(rig.log, profile, {})
    rig.close()
    with queries.reading(tmp_path) as rows:
        after, before = (event["message"] for event in queries.events(rows, kinds=["calibration"]))
    assert before == f"calibration {quick.name} is active. {UNWATCHED}"
    assert after == f"calibration {watched.name} is active"
