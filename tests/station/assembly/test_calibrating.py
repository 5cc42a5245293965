"""The wizard in a terminal, set up as station.toml says."""

from __future__ import annotations

from pathlib import Path

from calibration.profile import Profiles
from station.assembly import BENCH, calibration
from station.config import parse


def test_where_no_order_is_configured_any_part_that_the_bundle_knows_will_do(tmp_path: Path) -> None:
    camera = {"kind": "simulated", "tells_a_real_line": True}
    line = [{"kind": "serial", "port": "loop://"}]
    tables = {"name": "s", "data": "data", "bundle": str(BENCH), "camera": camera, "line": line}
    with calibration(parse(tables, tmp_path), "Nur", None, False, True, None) as begun:
        assert begun.hands is not None
        while (told := begun.session.told) is not None:
            begun.hands.do(told)
            begun.session.answer("Nur" if told.wants else "")
    profile = Profiles(tmp_path / "data" / "calibration").active()
    assert profile is not None
    assert profile.figures["golden_distance"] > 0
