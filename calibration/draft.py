"""A calibration that was left in the middle, on disk: each finished step, so that it is resumed where it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.profile import Region
from calibration.wizard import Done

LASTS = 4 * 3600.0  # seconds after which light and warm-up are not taken for the same any more
JUDGED = ("baseline", "check")  # the steps in which a network has its say
ANEW = "All is done anew."


@dataclass(frozen=True, slots=True)
class Whose:
    """What a draft is of: it is resumed with the same alone.

    camera    name of camera and mode
    began_at  UTC, as text; `by` has begun it
    judged    by which network, for which order and parts, the last steps were done
    """

    camera: str
    region: Region
    steps: tuple[str, ...]
    began_at: str
    by: str
    judged: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What was found of a calibration that was left in the middle.

    whose  whose it was; None where there was none, or half of one
    done   what of it is gone on with; empty where all is done anew
    said   for the technician; empty where there was none
    """

    whose: Whose | None = None
    done: tuple[Done, ...] = ()
    said: str = ""


class Draft:
    """One folder; there is a draft or none. What was begun longer ago than `lasts` seconds is not resumed."""

    def __init__(self, folder: Path, lasts: float = LASTS) -> None:
        self._folder, self._lasts = folder, lasts

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

    def found(self) -> Whose | None:
        """Whose draft there is; None where there is none that can be read."""
        try:
            return _whose(self._told())
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def load(self, now: Whose) -> Left:
        """What of it can be gone on with now, by `now.by` at `now.began_at`, and what is to be told of it.

        What another network judged, or other golden and challenge parts, is not taken for what this one would.
        """
        if not self._folder.exists():
            return Left()
        try:
            told = self._told()
            was, done = _whose(told), tuple(self._done(told))
            age = (datetime.fromisoformat(now.began_at) - datetime.fromisoformat(was.began_at)).total_seconds()
        except (OSError, KeyError, TypeError, ValueError):  # half a draft is none
            return Left(said=f"What was left in the middle cannot be read. {ANEW}")
        if not done:  # it was undone to its beginning
            return Left()
        if refused := _not_the_same(was, now, age, self._lasts):
            return Left(was, said=f"{refused} {ANEW}")
        said = (
            f"It goes on where it was left: {was.by} began it {age / 3600:.1f} hours ago. If the lamp was off "
            "meanwhile, let it warm up for five minutes first."
        )
        kept = done if was.judged == now.judged else tuple(takewhile(lambda each: each.step not in JUDGED, done))
        if len(kept) < len(done):
            said += " What another bundle has judged, or other parts, is done again."
        return Left(was, kept, said)

    def forget(self) -> None:
        """It was finished, or is not wanted any more."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self._folder / "draft.json").read_bytes())
        return told

    def _done(self, told: dict[str, Any]) -> list[Done]:
        return [
            Done(
                each["step"],
                each["facts"],
                {name: self._picture(number, name) for name in each["pictures"]},
                each["said"],
            )
            for number, each in enumerate(told["done"])
        ]

    def _picture(self, number: int, name: str) -> NDArray[Any]:
        picture = cv2.imread(str(self._folder / f"{number}-{name}.png"), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise ValueError(f"{name} is missing")
        return np.asarray(picture)


def _whose(told: dict[str, Any]) -> Whose:
    """Raises KeyError, TypeError."""
    whose = told["whose"]
    return Whose(**whose | {"region": Region(**whose["region"]), "steps": tuple(whose["steps"])})


def _not_the_same(was: Whose, now: Whose, age: float, lasts: float) -> str:
    """Why it cannot be gone on with; empty where it can."""
    if was.camera != now.camera:
        return f"What {was.by} began was with {was.camera}, and the camera is {now.camera}."
    if was.region != now.region:
        return f"What {was.by} began was of another part of the picture."
    if was.steps != now.steps:
        return f"What {was.by} began was of other steps, with the board or without."
    if age < 0:
        return f"What {was.by} began has a time that is still to come: the clock was wrong."
    if age > lasts:
        return (
            f"What {was.by} began {age / 3600:.1f} hours ago is too old: after {lasts / 3600:g} hours the light is not "
            "taken for the same."
        )
    return ""
