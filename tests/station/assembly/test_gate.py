"""A verification that had failed when the station stopped, however it stopped, is failed when it starts again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.assembly import BENCH, demo, real
from station.assembly.gate import stay_failed
from station.config import load
from station.log.store import TraceabilityLog
from station.masters import UNNAMED
from station.simulation import SimulatedClock
from station.types import Order, Reason, SystemClock, Verdict
from station.verification import Verified
from tests.station.log.samples import judged, pictures

ORDER = Order("1041-A", "W-1")
CONFIG = """
name = "station-7"
data = "data"
bundle = {bundle}

[order]
part_number = "1041-A"
work_order = "W-1"

[camera]
kind = "simulated"
seed = 3
tells_a_real_line = true

[[line]]
kind = "serial"
port = "loop://"
"""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TraceabilityLog]:
    with closing(TraceabilityLog(tmp_path / "data", SystemClock())) as log:
        yield log


def fail(log: TraceabilityLog, order: Order = ORDER) -> None:
    """A golden part is rejected, and then the power goes."""
    gate = Verified(3600.0, UNNAMED, SimulatedClock())
    wrong = judged(order=order, verdict=Verdict.REJECT, reason=Reason.WRONG_PART, is_simulated=True)
    inspection = log.append(wrong, pictures())
    keep(log, gate)
    gate.consider(inspection, 0.0)
    keep(log, gate)


def keep(log: TraceabilityLog, gate: Verified) -> None:
    while gate.notes:
        note = gate.notes.popleft()
        log.note(note.kind, note.message, **note.details)


def started(log: TraceabilityLog, data: Path, order: Order = ORDER) -> Verified:
    """The gate after the next start, its notes recorded."""
    gate = Verified(3600.0, UNNAMED, SimulatedClock())
    stay_failed(gate, data, order)
    keep(log, gate)
    return gate


def test_a_failed_verification_outlives_every_power_cut(log: TraceabilityLog, tmp_path: Path) -> None:
    fail(log)
    for _ in range(3):
        gate = started(log, tmp_path / "data")
        assert gate.asks.startswith("Verification has failed: The golden part in record 1 got REJECT wrong part.")
        assert gate.wants is None


def test_a_station_that_never_failed_asks_for_its_golden_part(log: TraceabilityLog, tmp_path: Path) -> None:
    assert started(log, tmp_path / "data").wants == UNNAMED[0]


def test_another_order_has_not_failed_and_none_frees_nobody(log: TraceabilityLog, tmp_path: Path) -> None:
    fail(log)
    assert started(log, tmp_path / "data", Order("1041-A", "W-2")).wants == UNNAMED[0]
    assert "has failed" in started(log, tmp_path / "data", Order("")).asks


@pytest.mark.parametrize(
    ("happens", "is_failed"),
    [
        (lambda log: log.note("verification", "asked", operator="Eva", result="asked"), False),
        (lambda log: log.note("verification", "asked", result="asked"), True),
        (lambda log: log.note("verification", "verified", result="verified"), False),
        (lambda log: log.note("model_swap", "second takes the place of first", operator="Tan"), False),
        (lambda log: log.note("model_swap", "another station.toml", operator=""), True),
        (lambda log: log.note("calibration", "calibration 2 is active", operator="Tan"), False),
        (lambda log: log.note("drift", "The light has fallen", measure="light"), True),
    ],
)
def test_it_lasts_until_somebody_asks_anew_in_their_name(
    log: TraceabilityLog, tmp_path: Path, happens: Callable[[TraceabilityLog], None], is_failed: bool
) -> None:
    fail(log)
    happens(log)
    assert ("has failed" in started(log, tmp_path / "data").asks) is is_failed


def test_a_station_that_station_toml_tells_of_starts_failed(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(CONFIG.format(bundle=json.dumps(str(BENCH))))
    with real(load(path)) as station:
        assert station.verification.wants == UNNAMED[0]
    with closing(TraceabilityLog(tmp_path / "data", SystemClock())) as log:
        fail(log)
    for _ in range(2):
        with real(load(path)) as station:
            assert "has failed: The golden part" in station.verification.asks


def test_a_demo_on_a_former_log_behaves_as_a_station_does(log: TraceabilityLog, tmp_path: Path) -> None:
    fail(log, Order("1041-A", "demo"))
    log.close()
    with demo(tmp_path / "data", seed=1, accelerated=True) as again:
        assert again.station.verification.asks.startswith("Verification has failed")
        assert again.station.verification.wants is None
