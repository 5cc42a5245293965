"""Why a record says what it says: the gate that decided, its numbers, and what the network has to say of the picture.

row ──its measures──► readings, and the gate that decided     (needs the bundle's limits)
 └──its archived patch──► nearest known examples, heat map    (needs picture and bundle, and takes a while)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import models.bundle
import models.explain
from models.bundle import Bundle
from models.examples import Tick
from models.explain import Explanation
from station.bundles import Bundles
from station.errors import BundleError, LogError
from station.log.archive import Archive
from station.log.record import Row
from station.model import recipe_of
from station.readings import Reading, deciding, readings, sentence
from station.recipe import decide
from station.rejudge import NotAgain, evidence_of, picture
from station.types import Gray


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A record, explained.

    gate      the gate that decided, in words; None when all let the part through, and for a fault before the gates
    sentence  which gate decided, and by how much
    readings  every number beside its limit, in the order of the gates; empty when nothing was judged
    """

    row: Row
    gate: str | None
    sentence: str
    readings: tuple[Reading, ...]
    bundle: Bundle

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        numbers = [
            {"gate": each.gate, "what": each.what, "value": each.value, "least": each.least, "most": each.most}
            | {"is_open": each.is_open}
            for each in self.readings
        ]
        named = ("sequence", "acquired_at", "part_number", "predicted_part_number", "verdict", "reason", "is_simulated")
        told: Mapping[str, Any] = {name: self.row[name] for name in named}
        return {**told, "gate": self.gate, "sentence": self.sentence, "readings": numbers}


def explain(row: Row, data: Path, configured: Path | None = None) -> Explained:
    """What the record's own numbers tell. Raises BundleError when the bundle, which has the limits, is not here."""
    bundle = Bundles(data, configured).named(row["model"])
    try:
        evidence = evidence_of(row)
    except NotAgain:
        return Explained(row, None, f"Nothing was judged: {row['advice']}", (), bundle)
    recipe = recipe_of(bundle, row["part_number"])
    gate, told = deciding(recipe, evidence), readings(recipe, evidence)
    words, decision = sentence(gate, told), decide(recipe, evidence)
    if not recipe.part_number:  # no number of the picture decided
        words = f"The gate “{gate}” decided: {decision.advice}"
    if (decision.verdict.value, decision.reason.value) != (row["verdict"], row["reason"]):
        words = f"The gates of this version would say {decision.verdict.value} {decision.reason.value}: {words}"
    return Explained(row, gate, words, tuple(told), bundle)


def looked_at(explained: Explained, data: Path, tick: Tick) -> tuple[Gray, Explanation]:
    """The archived patch, and what the network has to say of it, computed with a network of its own.

    Takes as long as some hundred judgements: never on the thread of the line. Raises LogError without the picture,
    BundleError for a bundle that does not fit its card.
    """
    row = explained.row
    if row["predicted_part_number"] is None:
        raise LogError(f"Of record {row['sequence']} no picture was judged: {row['advice']}")
    try:
        patch = picture(Archive(data), row, "image")
    except NotAgain as why:
        raise LogError(f"Record {row['sequence']} can be told in numbers only: {why}.") from why
    try:
        return patch, models.explain.explain(explained.bundle, patch, row["predicted_part_number"], tick)
    except models.bundle.BundleError as trouble:
        raise BundleError(f"{trouble}.") from trouble
