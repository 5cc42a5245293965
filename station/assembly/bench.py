"""The simulated bench: what it knows, its calibration, and the hands that lay parts there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import models
from calibration.profile import Profile, Profiles
from models.preprocess import Preparation
from station.assembly.data import undamaged
from station.errors import ProfileError
from station.masters import Master
from station.types import Verdict
from station.verification import Verification

if TYPE_CHECKING:  # imported where it is used: a real station needs none
    from station.simulation import Bench, BenchTechnician

BENCH = Path(models.__file__).parent / "released" / "bench"
EXPECTED = "1041-A"  # on the bench
BENCH_PARTS = (EXPECTED, "1041-B")  # that its network knows
MASTER = 77  # the specimen on the bench that is golden, or challenge part, while it is calibrated
BENCH_REJECTS = 0.4  # share of the bench's parts: its boxes are muddled on purpose
MASTERS = (  # on the bench
    Master(EXPECTED, Verdict.PASS, "GOLDEN-A"),
    Master("1041-B", Verdict.REJECT, "CHALLENGE-B"),
    Master("1041-B", Verdict.PASS, "GOLDEN-B"),
    Master(EXPECTED, Verdict.REJECT, "CHALLENGE-A"),
)


def calibrate_bench(seed: int, data: Path, preparation: Preparation, anew: bool = True) -> Profile:
    """The least that a technician does with the wizard, on a simulated bench of this seed, in no time.

    anew  False: only where there is no calibration yet
    """
    from station.calibrate import quick
    from station.simulation import Bench, SimulatedCamera, SimulatedClock

    profiles = Profiles(data / "calibration")
    former = undamaged(profiles)
    if former is not None and not former.is_simulated:
        raise ProfileError(f"{data} holds the calibration of a real station; name another data folder.")
    if former is not None and not anew:
        return former
    bench = Bench(SimulatedClock(), seed=seed)
    camera = SimulatedCamera(bench)
    camera.open()
    session = quick(camera, bench.clock, profiles, preparation, by="simulated technician")
    session.answer()
    bench.lay(bench.choose(EXPECTED, at=(0.0, 0.0)))
    session.answer()
    assert session.profile is not None, "the wizard asked for more than the bench gave"
    return session.profile


def laid(verification: Verification, seed: int, ordered: Callable[[], str]) -> Iterator[str]:
    """What the hand of a simulated bench lays: what the verification asks for, else the parts of the order's boxes."""
    from station.simulation import PART_NUMBERS, lookalike, willing

    def expected() -> str:
        return _on_the_bench(ordered())

    def asked() -> str | None:
        part = verification.wants
        if part is None:
            return None
        if part.verdict is Verdict.PASS:
            return expected()
        return part.part_number if part.part_number in PART_NUMBERS else lookalike(expected())

    return willing(asked, ordered_boxes(seed, ordered))


def ordered_boxes(seed: int, ordered: Callable[[], str]) -> Iterator[str]:
    """What comes out of the boxes of a simulated bench, whichever part number is ordered."""
    from station.simulation import boxes

    rows: dict[str, Iterator[str]] = {}
    while True:
        part = _on_the_bench(ordered())
        yield next(rows.setdefault(part, boxes(seed, part)))


def _on_the_bench(part_number: str) -> str:
    return part_number if part_number in BENCH_PARTS else EXPECTED


def technician(bench: Bench, part_number: str) -> BenchTechnician:
    """Whose hands lay what is golden and what is challenge part of an order for this part number."""
    from station.simulation import BenchTechnician, lookalike

    expected = _on_the_bench(part_number)
    return BenchTechnician(bench, {"golden": (expected, MASTER), "challenge": (lookalike(expected), MASTER)})
