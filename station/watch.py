"""Watches the watching: what no single picture shows, but a row of them does, long before a gate has to close. Pure.

Inspections in, drift out. What is counted was judged while the station was verified; every verification, bundle and
calibration begins a watch of its own. The charts and their sources are in `calibration.drift`.

A chart says what has changed since the verification; a running mean, what has changed since the calibration, also
where it took days and every verification found it as it was the day before.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from calibration.drift import Level, RunningMean, Share
from calibration.ground import Tolerances
from station.types import Inspection, Reason, Verdict

LATEST = 10  # placements that are counted for the sentence about a rate
NUMBERS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
FAILED = "The watch for drift has failed: verify again, and call the technician if it comes back."


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The least spread of each measure: one that is steadier is taken to spread so much, and twice that is drift."""

    light: float = 0.03
    sharpness: float = 0.05
    clipped: float = 0.02
    distance: float = 0.05
    score: float = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """What is drift.

    first        right parts, after a verification, that the later ones are held against
    false_alarm  placements in which one chart may raise one false alarm; there are eight
    light        running mean, as a share of the calibrated light: least and most
    sharpness    running mean, as a share of the calibrated sharpness: least
    clipped      running mean of the saturated share of the picture, above the calibrated: most
    unsure       share of the placements that is usually UNSURE
    reject       share of the placements that is usually a wrong or an unknown part
    stage        how far the empty stage between two parts may lie from the calibrated one
    """

    first: int = 20
    false_alarm: float = 40_000.0
    light: tuple[float, float] = (0.9, 1.1)
    sharpness: float = 0.6
    clipped: float = 0.05
    unsure: float = 0.1
    reject: float = 0.1
    tolerance: Tolerance = field(default_factory=Tolerance)
    stage: Tolerances = field(default_factory=Tolerances)


@dataclass(frozen=True, slots=True)
class Drift:
    """What has drifted.

    message  for the person at the stage: what has changed, and what to do about it
    details  for the log: measure, value (recent mean, or share of the latest), and what it was held against
    """

    message: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of an inspection that is watched.

    at         calibration: what the calibration says it should be; None where it says nothing
    least      and most: bounds of the running mean
    risen      what to say when it has risen, with `{then}` and `{now}`; None where that is no cause for alarm
    fallen     the same when it has fallen
    beyond     what to say when the running mean is out of its bounds, with `{now}`
    right_only whether it says something on right parts alone
    """

    at: float | None = None
    least: float = -math.inf
    most: float = math.inf
    risen: str | None = None
    fallen: str | None = None
    beyond: str = ""
    right_only: bool = True


def measures(limits: Limits) -> dict[str, Measure]:
    """All that is watched in the pictures and in what the network makes of them."""
    return {
        "light": Measure(
            at=1.0,
            least=limits.light[0],
            most=limits.light[1],
            risen="The light has risen from {then:.0%} to {now:.0%} of its calibration: look for other light, ",
            fallen="The light has fallen from {then:.0%} to {now:.0%} of its calibration: look at the lamp, ",
            beyond="The light is at {now:.0%} of its calibration; run `station calibrate`.",
            right_only=False,
        ),
        "sharpness": Measure(
            at=1.0,
            least=limits.sharpness,
            fallen="Sharpness has fallen from {then:.0%} to {now:.0%} of its calibration: look at lens and focus, ",
            beyond="Sharpness is at {now:.0%} of its calibration: wipe the lens, then run `station calibrate`.",
        ),
        "clipped": Measure(
            at=0.0,
            most=limits.clipped,
            risen="More of the picture is too bright than before: look at lamp and exposure, ",
            beyond="{now:.0%} more of the picture is too bright than when it was calibrated; run `station calibrate`.",
        ),
        "distance": Measure(
            risen="Right parts have moved from {then:.0%} to {now:.0%} of their distance limit: look at light, lens "
            "and lot, ",
        ),
        "score": Measure(
            fallen="Right parts score {now:.2f} instead of {then:.2f}: look at light, lens and lot, ",
        ),
    }


AGAIN = "then verify again."
UNSURE = "{count} of the last {of} placements were unsure: look at light and lens, " + AGAIN
REJECTED = "{count} of the last {of} placements were rejected: look at order, box and stage, " + AGAIN


class Watch:
    """Holds each recorded inspection against those before it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._measures = measures(limits)
        self._enough = math.log(limits.false_alarm)  # evidence
        self._under: tuple[str, ...] | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget all that was."""
        first, tolerance = self._limits.first, self._limits.tolerance
        self._levels = {name: Level(first, getattr(tolerance, name)) for name in self._measures}
        self._means = {name: RunningMean(measure.at) for name, measure in self._measures.items()}
        self._unsure, self._reject = Share(self._limits.unsure), Share(self._limits.reject)
        self._latest: deque[Verdict] = deque(maxlen=LATEST)

    def consider(self, inspection: Inspection, distance_limit: float) -> Drift | None:
        """What has drifted, if anything; the watch has then begun anew.

        inspection      recorded, and judged while the station was verified
        distance_limit  how far a right part may lie from the known examples, in the recipe that judged

        Raises ValueError for a measure that is not a number.
        """
        under = (inspection.verification, inspection.recipe, inspection.model, inspection.calibration)
        if under != self._under:
            self._begin()
        self._under = under
        if inspection.reason in (Reason.FAULT, Reason.NOT_VERIFIED):
            return None
        drift = self._rates(inspection.verdict) or self._levels_of(inspection, distance_limit)
        if drift:
            self._begin()
        return drift

    def _levels_of(self, inspection: Inspection, distance_limit: float) -> Drift | None:
        seen = _seen(inspection, distance_limit)
        for name, measure in self._measures.items():
            value = seen.get(name)
            if value is None or (measure.right_only and inspection.verdict is not Verdict.PASS):
                continue
            if not math.isfinite(value):
                raise ValueError(f"{name} is not a number")
            self._levels[name].add(value)
            mean = self._means[name].add(value)
            if drift := self._drift(name, measure, mean):
                return drift
        return None

    def _drift(self, name: str, measure: Measure, mean: float) -> Drift | None:
        level, enough = self._levels[name], self._enough
        if not measure.least <= mean <= measure.most:
            sentence = measure.beyond.format(now=level.recent)
        elif measure.risen and level.risen >= enough:
            sentence = measure.risen.format(then=level.mean, now=level.recent) + AGAIN
        elif measure.fallen and level.fallen >= enough:
            sentence = measure.fallen.format(then=level.mean, now=level.recent) + AGAIN
        else:
            return None
        bounds = {"least": measure.least, "most": measure.most}
        details = {
            "measure": name,
            "value": mean,
            "baseline": level.mean,
            "spread": level.spread,
            "risen": level.risen,
            "fallen": level.fallen,
            "enough": enough,
            **{bound: value for bound, value in bounds.items() if math.isfinite(value)},
        }
        return Drift(sentence, details)

    def _rates(self, verdict: Verdict) -> Drift | None:
        self._latest.append(verdict)
        for kind, share, usual, sentence in (
            (Verdict.UNSURE, self._unsure, self._limits.unsure, UNSURE),
            (Verdict.REJECT, self._reject, self._limits.reject, REJECTED),
        ):
            share.add(verdict is kind)
            if share.risen >= self._enough:
                count = self._latest.count(kind)
                details = {
                    "measure": f"rate of {kind}",
                    "value": count / len(self._latest),
                    "baseline": usual,
                    "risen": share.risen,
                    "enough": self._enough,
                }
                return Drift(sentence.format(count=NUMBERS[count], of=NUMBERS[len(self._latest)].lower()), details)
        return None


def _seen(inspection: Inspection, distance_limit: float) -> dict[str, float | None]:
    """The watched numbers of an inspection, as far as its picture was good enough to be measured."""
    if inspection.reason is Reason.POOR_PICTURE:
        return {}
    of_picture = {name: inspection.measures.get(name) for name in ("light", "sharpness", "clipped")}
    distance = None if inspection.distance is None else inspection.distance / distance_limit
    return {**of_picture, "distance": distance, "score": inspection.score}
