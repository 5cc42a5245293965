"""Judged again: an archived picture through the model that its record names, or through another one (promise 6).

What the network says is said anew; what else the gates looked at (light, focus, motion, verification) is the record's.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from calibration.profile import DamagedProfile, Profile, Profiles
from models.bundle import Bundle
from models.preprocess import prepare
from station.bundles import Bundles
from station.errors import BundleError, LogError
from station.log.archive import Archive
from station.log.record import Row
from station.model import Model
from station.recipe import Decision, Evidence, decide
from station.runtime import runtime
from station.types import Gray, Reason, Verdict

FEW = 8  # models, bundles, calibrations that are kept in memory
STEP = 1 / 256  # of a score: one output step of the network
# of a distance, when the many outputs that it comes of are off by one step each: builtin kernels against XNNPACK moved
# it by 0.009 at the most, over 430 pictures and three bundles
AWAY = 1 / 64


class Likeness(StrEnum):
    """How the numbers of a second judgement lie to the recorded ones."""

    SAME = "bit for bit"
    STEP = "within one output step"
    OTHER = "differs"


class NotAgain(Exception):  # noqa: N818 - it names an outcome
    """A record cannot be judged again; the message says why, in few words that are the same for all such records."""


@dataclass(frozen=True, slots=True)
class Again:
    """A record, and what became of it when it was judged again.

    decision        None when it could not be judged; `trouble` says why then
    score, distance of the expected part number, as they are now
    likeness        None where another model judged, or only thresholds were changed
    same_runtime    whether it was made with the libraries and the kind of processor of here; None when nobody knows
    """

    row: Row
    decision: Decision | None = None
    score: float | None = None
    distance: float | None = None
    likeness: Likeness | None = None
    same_runtime: bool | None = None
    trouble: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the promise is kept: bit for bit with the same runtime and processor, elsewhere within a step."""
        within = (Likeness.SAME,) if self.same_runtime else (Likeness.SAME, Likeness.STEP)
        return self.likeness is None or self.likeness in within

    @property
    def changes(self) -> bool:
        """Whether another verdict, or the same for another reason, comes of it."""
        was = (Verdict(self.row["verdict"]), Reason(self.row["reason"]))
        return self.decision is not None and was != (self.decision.verdict, self.decision.reason)


@dataclass(frozen=True, slots=True)
class Changed:
    """What is tried in place of what the record names.

    bundle      None: the very bundle that each record names
    thresholds  part number → least score, in place of the bundle's
    """

    bundle: Bundle | None = None
    thresholds: Mapping[str, float] | None = None

    @property
    def only_thresholds(self) -> bool:
        """Whether the network has nothing to say anew: the numbers of the record are held against other limits."""
        return self.bundle is None and bool(self.thresholds)


class Judge:
    """Judges records of one data folder again, with networks of its own.

    told        what each start said that it computes with, from `queries.runtimes`
    configured  the bundle that station.toml names; None where no station.toml is at hand
    """

    def __init__(
        self,
        data: Path,
        told: Sequence[tuple[int, Mapping[str, str] | None]],
        changed: Changed = Changed(),
        configured: Path | None = None,
    ) -> None:
        self._changed, self._told = changed, told
        self.unused = set(changed.thresholds or ())  # part numbers whose threshold no bundle knew what to do with
        self._archive, self._profiles = Archive(data), Profiles(data / "calibration")
        self._bundles = Bundles(data, configured)
        # the same few of them are asked for with every record
        self._bundle, self._model = lru_cache(FEW)(self._find), lru_cache(FEW)(self._make)
        self._profile = lru_cache(FEW)(self._calibrated)

    def again(self, row: Row) -> Again:
        """Judge a record again."""
        try:
            return self._again(row)
        except NotAgain as why:
            return Again(row, trouble=str(why))

    def _again(self, row: Row) -> Again:
        recorded = evidence_of(row)
        model = self._model(row["model"], row["part_number"])
        evidence = recorded if self._changed.only_thresholds else self._seen(model, row, recorded)
        likeness = None
        if model.name == row["model"] and not self._changed.only_thresholds:
            likeness = compared(recorded, evidence)
        expected = row["part_number"]
        return Again(
            row,
            decide(model.recipe, evidence),
            evidence.scores.get(expected),
            evidence.distances.get(expected),
            likeness,
            self._is_same_runtime(row["sequence"]),
        )

    def _seen(self, model: Model, row: Row, recorded: Evidence) -> Evidence:
        """The evidence with what the network says now; a bundle that cuts another window cuts it anew."""
        if model.name == row["model"] or self._cuts_alike(model, row["model"]):
            scores, distances = model.see(picture(self._archive, row, "image"))
            return replace(recorded, scores=scores, distances=distances)
        frame, profile = picture(self._archive, row, "frame"), self._profile(row["calibration"])
        stage, flat = (profile.region.crop(frame), profile.flat) if profile else (frame, None)
        patch = prepare(stage, model.preparation, flat)
        scores, distances = model.see(patch.pixels)
        found = patch.finding
        return replace(recorded, scores=scores, distances=distances, parts=found.count, touches_edge=found.touches_edge)

    def _cuts_alike(self, model: Model, recorded: str) -> bool:
        try:
            return self._bundle(recorded).preparation == model.preparation
        except NotAgain:
            return False

    def _find(self, model: str) -> Bundle:
        try:
            return self._bundles.named(model)
        except BundleError as trouble:
            raise NotAgain(str(trouble)) from trouble

    def _make(self, recorded: str, expected: str) -> Model:
        bundle = self._changed.bundle or self._bundle(recorded)
        model = Model.of(bundle, expected)
        other = {part: least for part, least in (self._changed.thresholds or {}).items() if part in bundle.part_numbers}
        self.unused -= other.keys()
        return replace(
            model,
            recipe=replace(model.recipe, score_thresholds={**model.recipe.score_thresholds, **other}),
        )

    def _calibrated(self, calibration: str) -> Profile | None:
        """What tells which part of the frame was the stage, and corrects it; None where there was none."""
        if calibration.startswith("waived"):
            return None
        try:
            profile = self._profiles.load(int(calibration.partition(" ")[0]))
        except (DamagedProfile, ValueError):
            profile = None
        if profile is None or profile.name != calibration:
            raise NotAgain("its calibration is not here any more, and the bundle cuts another window of the frame")
        return profile

    def _is_same_runtime(self, sequence: int) -> bool | None:
        start = bisect(self._told, sequence, key=lambda each: each[0])
        told = self._told[start - 1][1] if start else None
        return None if told is None else told == runtime()


def evidence_of(row: Row) -> Evidence:
    """What the gates looked at when a record was made. Raises NotAgain when nothing was judged."""
    measures = {name: math.nan if value is None else value for name, value in row["measures"].items()}
    # older records do not say among their measures whether the station was verified; the other columns do
    verified = row["verdict"] == Verdict.PASS or row["verification"] != "not verified"
    try:
        return Evidence.of(measures, verified and row["reason"] != Reason.NOT_VERIFIED)
    except (KeyError, ValueError):
        raise NotAgain("it is a fault without a judged picture") from None


def picture(archive: Archive, row: Row, which: str) -> Gray:
    """The archived patch (`image`) or frame of a record, uint8. Raises NotAgain."""
    sha256 = row[f"{which}_sha256"]
    try:
        content = sha256 and archive.read(sha256, datetime.fromisoformat(row["acquired_at"]))
    except (LogError, OSError) as trouble:
        raise NotAgain("its picture is damaged") from trouble
    if not content:
        raise NotAgain("its picture is not kept any more")
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise NotAgain("its picture is damaged")
    return np.asarray(pixels, np.uint8)


def compared(recorded: Evidence, now: Evidence) -> Likeness:
    """Every score and distance, held against the recorded ones."""
    if recorded.scores.keys() != now.scores.keys() or recorded.distances.keys() != now.distances.keys():
        return Likeness.OTHER
    pairs = [(was, now.scores[part], STEP) for part, was in recorded.scores.items()]
    pairs += [(was, now.distances[part], AWAY) for part, was in recorded.distances.items()]
    if all(one == other or (math.isnan(one) and math.isnan(other)) for one, other, _ in pairs):
        return Likeness.SAME
    return Likeness.STEP if all(abs(one - other) <= step for one, other, step in pairs) else Likeness.OTHER
