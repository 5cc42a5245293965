"""What a bundle must hold before it may leave the bench, and which one it may take the place of.

That its files are those that its card names, and that it stands its self-test, comes before: the bundle's own matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import DAMAGES, Bundle
from models.parity import Parity, ParityError
from models.trust import NEIGHBOURS

RELEASED = Path(__file__).parent / "released"
AGAIN = "train it again, or teach it again from a bundle that was"


def refusals(bundle: Bundle) -> list[str]:
    """Why the bundle may not be released, a plain sentence apiece; empty when it may."""
    return [*_data(bundle), *_parity(bundle), *_figures(bundle), *_references(bundle), *_thresholds(bundle)]


def in_the_way(new: Bundle, there: Bundle) -> str:
    """What the bundle that is there has and the new one has not, in words; empty when both are of one kind."""
    if _table(new, "data").get("sha256") != _table(there, "data").get("sha256"):
        return "of other data"
    network = there.card.get("network", "which its card does not name")
    return "" if new.card.get("network") == network else f"of another network, {network}"


def _data(bundle: Bundle) -> Iterator[str]:
    if not re.fullmatch("[0-9a-f]{64}", str(_table(bundle, "data").get("sha256"))):
        yield f"the card does not say by its SHA-256 which data was learnt; {AGAIN}"


def _parity(bundle: Bundle) -> Iterator[str]:
    try:
        told = bundle.card["parity"]
        parity = Parity(int(told["pictures"]), float(told["largest"]), float(told["mean"]), int(told["changed"]))
        sane = 0 <= parity.mean <= parity.largest <= 1 and 0 <= parity.changed <= parity.pictures and parity.pictures
    except (*DAMAGES, OverflowError):
        sane = False
    if not sane:
        yield f"the int8 network was never held against the one that was learnt, as the card has no parity; {AGAIN}"
        return
    try:
        parity.check()
    except ParityError as refused:
        yield str(refused)


def _figures(bundle: Bundle) -> Iterator[str]:
    for part in bundle.part_numbers:
        if not _is_count(_table(bundle, "held_back", "by_part_number", part)):
            yield f"the card has no figures on held-out pictures of {part}; {AGAIN}"
    if not _table(bundle, "held_back_by_group", "rows"):
        yield f"the card has no figures by group; {AGAIN}"


def _is_count(told: Mapping[str, Any]) -> bool:
    """Whether something was counted, and nothing more often than there were pictures."""
    counts = [told.get(name) for name in ("right", "passed", "escapes")]
    pictures = told.get("pictures")
    return isinstance(pictures, int) and pictures > 0 and all(each in range(pictures + 1) for each in counts)


def _references(bundle: Bundle) -> Iterator[str]:
    size = bundle.preparation.size
    length = len(bundle.classifier().classify(np.zeros((size, size), np.uint8)).embedding)
    for part, known in bundle.references.items():
        if len(known) < NEIGHBOURS:
            yield f"{part} has {len(known)} known examples, and a distance is taken to {NEIGHBOURS}; {AGAIN}"
        elif known.shape[1:] != (length,) or not np.allclose(np.linalg.norm(known, axis=1), 1.0, atol=1e-3):
            yield f"the known examples of {part} are no embeddings of this network; {AGAIN}"


def _thresholds(bundle: Bundle) -> Iterator[str]:
    for part in bundle.part_numbers:
        score, away = bundle.score_thresholds[part], bundle.distance_limits[part]
        if not 0.5 < score <= 1.0:  # a NaN is none either
            yield f"the score threshold of {part} is {score:.4g}, not above 0.5 and at most 1; {AGAIN}"
        if not 0.0 < away < 2.0:
            yield f"the distance limit of {part} is {away:.4g}, not between 0 and 2; {AGAIN}"


def _table(bundle: Bundle, *path: str) -> Mapping[str, Any]:
    """A table of the card; empty where there is none."""
    table: Any = bundle.card
    for name in path:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else {}
