"""Promise 5: what drifts slowly turns verification off before any gate has to close, and nothing passes after it.

On the simulated bench, where the lamp can age and the lens be turned, with a network that sees what truly lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.classifier import Prediction
from station import service
from station.errors import LogError
from station.log import queries
from station.log.record import Row
from station.loop import turn
from station.simulation import Bench
from station.types import Gray, Inspection, Reason, Verdict
from station.verification import Verified
from station.watch import FAILED, Limits, Watch
from tests.promises.stations import EXPECTED, OnTheBench

LOOKALIKE = "1041-B"
GOLDEN = "Lay the golden part on the stage."


class Seeing:
    """A network that is never wrong: it asks the bench."""

    part_numbers = (EXPECTED, LOOKALIKE)

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def classify(self, patch: Gray) -> Prediction:
        is_right = self._bench.actual_part_number == EXPECTED
        return Prediction(np.array([is_right, not is_right], np.float32), np.array([1, 0], np.float32))


class Rig(OnTheBench):
    """A station that is verified and watched, and a hand at its stage."""

    def start(self) -> None:
        self.station.model = replace(self.station.model, classifier=Seeing(self.bench))
        self.station.verification = Verified(8 * 3600.0)
        self.station.watch = Watch(Limits())
        service.start(self.station)
        self.look_until(self.is_clear)
        self.verify()

    def verify(self) -> None:
        self.inspect(EXPECTED)
        self.inspect(LOOKALIKE)
        assert self.station.verification.asks == ""

    def is_clear(self) -> bool:
        assert self.station.trigger
        return self.bench.at_rest and self.station.trigger.is_armed

    def look_until(self, done: Callable[[], bool]) -> Inspection | None:
        for _ in range(150):
            if inspection := turn(self.station):
                return inspection
            if done():
                return None
        raise AssertionError("the station did not do it in time")

    def inspect(self, part_number: str = EXPECTED) -> Inspection:
        """Lay a part, have it judged, take it away."""
        self.bench.place(part_number)
        inspection = self.look_until(lambda: False)
        assert inspection
        self.bench.remove()
        assert self.look_until(self.is_clear) is None
        return inspection

    def drifts(self) -> list[Row]:
        with queries.reading(self.folder) as log:
            return [row for row in queries.events(log, limit=1000) if row["kind"] == "drift"]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    rig.close()


def lamp_ages(bench: Bench, placement: int) -> None:
    bench.ageing = 1 - 0.004 * placement


def lens_is_pulled_out_of_focus(bench: Bench, placement: int) -> None:
    bench.blur = 0.8 * placement


@pytest.mark.parametrize(
    ("drifts", "measure", "said"),
    [(lamp_ages, "light", "The light has fallen from"), (lens_is_pulled_out_of_focus, "sharpness", "Sharpness ")],
)
def test_a_slow_drift_turns_verification_off_before_a_gate_has_to_close(
    rig: Rig, drifts: Callable[[Bench, int], None], measure: str, said: str
) -> None:
    for placement in count(1):
        drifts(rig.bench, placement)
        inspection = rig.inspect()
        assert inspection.verdict is Verdict.PASS, f"a gate was first: {inspection.advice}"
        if events := rig.drifts():
            break
    (event,) = events
    assert event["message"].startswith(said)
    assert event["details"]["measure"] == measure
    assert {"value", "baseline", "spread", "enough"} <= event["details"].keys()
    assert rig.station.screen.view.message == f"{event['message']} {GOLDEN}"
    for _ in range(3):  # the golden part shows that every other gate would still let it pass
        assert rig.inspect().verdict is not Verdict.PASS
        assert not rig.line.asserts_pass


def test_what_does_not_drift_stays_verified(rig: Rig) -> None:
    """A tenth of the parts is wrong, and so it usually is; many more placements are tried in tests/station."""
    for placement in range(30):
        inspection = rig.inspect(LOOKALIKE if placement % 10 == 9 else EXPECTED)
        assert inspection.reason is (Reason.WRONG_PART if placement % 10 == 9 else Reason.NONE)
    assert rig.drifts() == []


def test_after_a_new_verification_it_is_watched_anew_and_may_pass(rig: Rig) -> None:
    for _ in range(7):
        rig.inspect(LOOKALIKE)
    (event,) = rig.drifts()
    assert event["message"].startswith("Seven of the last seven placements were rejected")
    assert rig.inspect(EXPECTED).reason is Reason.NOT_VERIFIED
    assert rig.inspect(LOOKALIKE).reason is Reason.WRONG_PART
    assert rig.inspect(EXPECTED).verdict is Verdict.PASS
    assert len(rig.drifts()) == 1


def test_the_wrong_part_at_which_it_was_turned_off_is_not_taken_for_the_golden_part(rig: Rig) -> None:
    """Else verification would fail for good at once."""
    for _ in range(7):
        rig.inspect(LOOKALIKE)
    assert rig.station.verification.asks.endswith(GOLDEN)


def test_golden_and_challenge_part_are_no_production(rig: Rig) -> None:
    for _ in range(9):
        rig.station.verification.restart("Somebody wants it.")
        rig.verify()
    assert rig.drifts() == []


class Broken(Watch):
    """A watch with a mistake in it."""

    def consider(self, inspection: Inspection, distance_limit: float) -> Any:
        raise ZeroDivisionError


def test_a_watch_that_fails_turns_verification_off(rig: Rig) -> None:
    rig.station.watch = Broken(Limits())
    rig.inspect()
    assert rig.station.verification.asks == f"{FAILED} {GOLDEN}"
    assert rig.inspect().reason is Reason.NOT_VERIFIED
    assert [event["message"] for event in rig.drifts()] == [FAILED]


def test_drift_that_cannot_be_recorded_turns_verification_off_all_the_same(rig: Rig) -> None:
    rig.station.watch = Broken(Limits())

    def full(kind: str, message: str, **details: Any) -> None:
        raise LogError("There is no room for the log.")

    rig.log.note = full  # type: ignore[method-assign] # a stand-in
    rig.bench.place(EXPECTED)
    with pytest.raises(LogError):
        rig.look_until(lambda: False)
    assert not rig.station.verification.is_open(rig.clock.monotonic())
