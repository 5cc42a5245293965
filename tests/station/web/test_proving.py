"""What the desk's proof holds the log against, beside what its page shows (test_supervisor.py)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from station.log.keys import KEY, fingerprint, read_key
from station.log.store import TraceabilityLog
from station.web.program import Heard
from tests.station.log.samples import StoppedClock


@pytest.mark.parametrize("are_told", [True, False])
def test_after_the_loss_of_a_disk_the_page_knows_both_keys_as_the_units_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, are_told: bool
) -> None:
    keys = []
    for _ in range(2):
        with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
            log.note("start", "ready")
        keys.append(fingerprint(read_key(tmp_path).public).replace(" ", ""))
        if len(keys) == 1:
            (tmp_path / KEY).unlink()
    monkeypatch.setenv("STATION_KEYS", " ".join(keys) if are_told else "")
    *_, told = Heard().lines("station.web.proving", str(tmp_path))
    assert told["report"]["is_whole"] is are_told
