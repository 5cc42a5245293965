"""A calibration that was left in the middle, on disk: each finished step, so that it is resumed where it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.profile import Region
from calibration.wizard import Done

JUDGED = ("baseline", "check")  # the steps in which a network has its say


@dataclass(frozen=True, slots=True)
class Whose:
    """What a draft is of: it is resumed with the same alone."""

    camera: str
    region: Region
    steps: tuple[str, ...]
    began_at: str
    judged: str = ""  # by which network, for which order and parts, the last steps were done


class Draft:
    """One folder; there is a draft or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, whose: Whose, done: Sequence[Done]) -> None:
        """Keep it in the place of the former one. Raises OSError."""
        beside = self._folder.with_name(f".{self._folder.name}")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for number, each in enumerate(done):
            for name, picture in each.pictures.items():
                cv2.imwrite(str(beside / f"{number}-{name}.png"), picture)
        steps = [
            {"step": each.step, "facts": each.facts, "said": each.said, "pictures": [*each.pictures]} for each in done
        ]
        text = json.dumps({"whose": asdict(whose), "done": steps}, ensure_ascii=False, indent=1)
        (beside / "draft.json").write_text(text, "utf-8")
        self.forget()
        beside.rename(self._folder)

    def load(self, camera: str, region: Region, steps: Sequence[str], judged: str = "") -> tuple[str, list[Done]]:
        """When it was begun, and what was done; nothing where there is no draft of this camera and these steps.

        What another network judged, or other golden and challenge parts, is not taken for what this one would.
        """
        try:
            told = json.loads((self._folder / "draft.json").read_bytes())
            whose = told["whose"]
            if (whose["camera"], Region(**whose["region"]), whose["steps"]) != (camera, region, list(steps)):
                return "", []
            done = [
                Done(
                    each["step"],
                    each["facts"],
                    {name: self._picture(number, name) for name in each["pictures"]},
                    each["said"],
                )
                for number, each in enumerate(told["done"])
            ]
            if whose.get("judged", "") != judged:
                done = list(takewhile(lambda each: each.step not in JUDGED, done))
            return str(whose["began_at"]), done
        except (OSError, KeyError, TypeError, ValueError):  # half a draft is none: it is begun anew
            return "", []

    def forget(self) -> None:
        """It was finished, or is not wanted any more."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _picture(self, number: int, name: str) -> NDArray[Any]:
        picture = cv2.imread(str(self._folder / f"{number}-{name}.png"), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise ValueError(f"{name} is missing")
        return np.asarray(picture)
