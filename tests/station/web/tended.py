"""A data folder that a technician has tended for two months: whole calibrations, and a trend up to a warning."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from calibration.ground import Tolerances
from calibration.profile import Profiles
from station.loop import Station
from station.stage import WARNED
from station.trend import FILE, Day, Trend
from tests.station.calibrating import Calibrating

DAYS = 60
WHOLE = (2, 3)  # the numbers of the whole calibrations, beside the quick ones, 1 and 4
WARNING = "The light is at -8% against its calibration (±10%): look at lamp and room light, before it is too much."


def tend(folder: Path, spare: Path, station: Station, today: date) -> None:
    """Beside a quick calibration, 0001: two whole ones, another quick one, and what was measured until today."""
    profiles = Profiles(folder / "calibration")
    quick = profiles.load(1)
    calibrating = Calibrating(spare)
    whole = calibrating.calibrated()
    profiles.save(replace(whole, camera=quick.camera, made_by="Nur Aisyah"))
    settings = {"exposure": 6880.0, "gain": 1.0, "focus": 400.0}
    calibrating.bench.ageing = 0.8
    profiles.save(replace(calibrating.calibrated(), camera=quick.camera, made_by="Tan Wei", settings=settings))
    profiles.save(replace(quick, made_by="Tan Wei"))
    trend(folder, today)
    former, is_told = station.between, False

    def between(running: Station) -> None:
        """The warning comes from the loop, once it has started."""
        nonlocal is_told
        if not is_told:
            is_told = True
            running.log.note("calibration", "calibration 0003 is active", calibration="0003 sha256:…")
            running.log.note(WARNED, WARNING, measure="light", value=-0.08, most=0.1)
        if former:
            former(running)

    station.between = between


def trend(folder: Path, today: date) -> None:
    """The lamp grows old, is calibrated anew in the middle, and grows old again."""
    chance, table = random.Random(1), Trend(folder / "calibration")
    limits = Tolerances()
    for back in range(DAYS, -1, -1):
        day = (today - timedelta(days=back)).isoformat()
        age = (DAYS - back) % 31
        means = {
            "light": -0.0026 * age,
            "evenness": 0.008 + 0.0004 * age,
            "focus": 0.05 + 0.03 * math.sin(back / 5),
            "shift": 0.1 if back > 12 else 0.75,
            "turn": 0.08,
        }
        for measure, mean in means.items():
            limit = getattr(limits, measure)
            spread = limit * chance.uniform(0.02, 0.08)
            number = 3 if back < 30 else 2
            least = mean - spread if measure == "light" else max(0.0, mean - spread)
            table._days[day, measure, number] = Day(day, measure, number, 40, mean, least, mean + spread, limit)
    table.write()
    assert (folder / "calibration" / FILE).exists()
