"""What a card tells of where a bundle came from: the data, the versions, and how it did on each group held back."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from models.dataset import DataSet, Picture
from models.evaluate import Judgement


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


def by_group(pictures: Sequence[Picture], judgements: Sequence[Judgement]) -> Mapping[str, Any]:
    """How many groups were judged, and those of which some picture was taken for another part number."""
    judged = zip(pictures, judgements, strict=True)
    wrong = Counter(picture.group for picture, each in judged if each.actual != each.predicted)
    counts = Counter(picture.group for picture in pictures)
    told = {group: f"{wrong[group]} of {counts[group]}" for group in sorted(wrong)}
    return {"groups": len(counts), "taken_for_another": told}


def _counted(data: DataSet, pictures: Sequence[Picture]) -> dict[str, int]:
    return {part: sum(picture.part_number == part for picture in pictures) for part in data.names}
