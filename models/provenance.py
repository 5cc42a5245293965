"""What a card tells of where a bundle came from: the data, the versions, and how it did on each group held back."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from models.bundle import Bundle
from models.dataset import OTHER, DataSet, Picture
from models.evaluate import Judgement, counted


def versions() -> dict[str, str]:
    """Of what every bundle is made with."""
    told = {"opencv": cv2.__version__, "numpy": np.__version__, "ai-edge-litert": version("ai-edge-litert")}
    return told | {"machine": platform.machine()}


def described(data: DataSet, learnt: Sequence[Picture], held: Sequence[Picture]) -> dict[str, Any]:
    """The data set, and which of its pictures were learnt from and held back."""
    return {
        "folder": data.folder.resolve().name,
        "sha256": data.sha256,
        "learnt": _counted(data, learnt),
        "held_back": _counted(data, held),
        "held_back_groups": sorted({picture.group for picture in held}),
    }


def other_data(bundle: Bundle, data: DataSet) -> str:
    """A sentence where a data set is not the one that a bundle's card names, else nothing.

    Look-alikes that were given beside the data set are in the card's hash, and hide which data set it was.
    """
    told = bundle.card.get("data")
    named = str(told.get("sha256")) if isinstance(told, Mapping) else "none"
    if named == data.sha256 or OTHER in bundle.names:
        return ""
    return (
        f"{data.folder} (sha256 {data.sha256[:12]}) is not the data that bundle {bundle.name} was made from "
        f"({named[:12]}); if it learnt some of these pictures, the figures flatter"
    )


def by_group(pictures: Sequence[Picture], judgements: Sequence[Judgement]) -> Mapping[str, Any]:
    """How many groups were judged, and what `evaluate.counted` counts in each: a row a group, as there may be many."""
    judged: dict[str, list[Judgement]] = defaultdict(list)
    for picture, judgement in zip(pictures, judgements, strict=True):
        judged[picture.group].append(judgement)
    rows = {group: [*counted(own).values()] for group, own in sorted(judged.items())}
    return {"groups": len(rows), "columns": [*counted([])], "rows": rows}


def _counted(data: DataSet, pictures: Sequence[Picture]) -> dict[str, int]:
    return {part: sum(picture.part_number == part for picture in pictures) for part in data.names}
