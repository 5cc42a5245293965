"""The steps of the wizard: each asks, measures, refuses with the knob that mends it what cannot be true, leaves facts.

halt → clean → lock → flat → focus → geometry → baseline → check → sign
"""

from __future__ import annotations

from collections.abc import Mapping

from calibration.steps.flat import FLAT_SHOTS, flat
from calibration.steps.focus import sharp
from calibration.steps.judged import baseline, check
from calibration.steps.lock import lock
from calibration.steps.place import place
from calibration.steps.ready import clean, halt
from calibration.steps.sign import profile_of, sign
from calibration.steps.stage import empty, part
from calibration.wizard import Setup, Step

__all__ = ["BLANK", "FLAT_SHOTS", "QUICK", "STEPS", "profile_of", "steps_of"]

STEPS: Mapping[str, Step] = {
    "halt": halt,
    "clean": clean,
    "lock": lock,
    "flat": flat,
    "focus": sharp,
    "geometry": place,
    "baseline": baseline,
    "check": check,
    "sign": sign,
}
BLANK = frozenset({"lock", "flat"})  # steps whose pictures may well be all alike: black, or white all over
QUICK: Mapping[str, Step] = {"empty": empty, "part": part}  # no correction, no controls: what a bench needs at least


def steps_of(setup: Setup) -> dict[str, Step]:
    """All steps that this station can do."""
    return {name: step for name, step in STEPS.items() if setup.board or name != "geometry"}
