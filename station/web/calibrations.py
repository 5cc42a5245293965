"""What the pages of calibrations show: the history, one whole, two side by side. Pure over the profiles on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.controls import Setting
from calibration.measure import Gray
from calibration.profile import DamagedProfile, Head, Profile, Profiles
from station.web.sentences import N_

MANY = 20  # on a page
PICTURES: Mapping[str, str] = {
    "before": N_("Before: the empty stage as it was found"),
    "ground": N_("After: the empty stage, corrected"),
    "empty": N_("The empty stage, as the camera gives it now"),
    "part": N_("A golden part, in focus and corrected"),
    "gain": N_("Where the correction brightens, and how much"),
}
# name of a number → words and unit; what is not here is shown by its own name
WORDS: Mapping[str, tuple[str, str]] = {
    "found_level": (N_("Light, as it was found"), N_("gray levels")),
    "white_level": (N_("Brightest place of the white sheet"), N_("gray levels")),
    "stage_level": (N_("Light on the empty stage"), N_("gray levels")),
    "black": (N_("Black, with the cap on"), N_("gray levels")),
    "falloff": (N_("Fall-off of the light"), "%"),
    "falloff_corrected": (N_("Fall-off that is left"), "%"),
    "white_noise": (N_("Noise on the white sheet"), N_("gray levels")),
    "noise": (N_("Noise on the stage"), N_("gray levels")),
    "snr": (N_("Signal to noise"), "dB"),
    "flicker": (N_("Flicker of the mains"), "%"),
    "ambient": (N_("Light that is not the lamp's"), "%"),
    "clipped": (N_("Too bright on the part"), "%"),
    "focus": (N_("Sharpness of the board"), ""),
    "sharpness": (N_("Sharpness of the part"), ""),
    "scale": (N_("Scale"), N_("pixels a mm")),
    "camera x": (N_("Camera, to the right"), "mm"),
    "camera y": (N_("Camera, downwards"), "mm"),
    "camera rotation": (N_("Camera, turned"), "°"),
    "camera tilt right": (N_("Camera, tilted to the right"), "°"),
    "camera tilt down": (N_("Camera, tilted downwards"), "°"),
    "golden_distance": (N_("Distance of the golden parts"), ""),
    "golden_placements": (N_("Golden parts laid in the check"), ""),
    "challenge_placements": (N_("Challenge parts laid in the check"), ""),
    "misses": (N_("of these passed wrongly"), ""),
    "false_alarms": (N_("of these rejected wrongly"), ""),
    "miss_bound": (N_("Wrong parts that may pass, at most, by this check"), "%"),
    "false_alarm_bound": (N_("Right parts that may be rejected, at most, by this check"), "%"),
    "bad": (N_("Pixels that cannot be corrected"), ""),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the history; `trouble` says why there is no head."""

    number: int
    is_active: bool
    head: Head | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A number by its words: of one calibration, or of two."""

    words: str
    unit: str
    values: tuple[float | None, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Rounded for people; what is not there is a dash."""
        factor = 100.0 if self.unit == "%" else 1.0
        return tuple("–" if value is None else f"{value * factor:.4g}" for value in self.values)

    @property
    def differs(self) -> bool:
        """Whether that can be seen in the numbers as they are shown."""
        return len(set(self.shown)) > 1


def active(profiles: Profiles) -> tuple[int | None, str]:
    """Which is in use, and why that cannot be told."""
    try:
        choice = profiles.choice()
    except DamagedProfile as trouble:
        return None, str(trouble)
    return (None, "") if choice is None else (int(choice["number"]), "")


def history(profiles: Profiles, before: int | None = None) -> tuple[list[Listed], int | None]:
    """A page of it, newest first, and before which number the next one begins; None where there is none."""
    in_use, _ = active(profiles)
    numbers = [number for number in reversed(profiles.numbers()) if before is None or number < before]
    shown = numbers[:MANY]
    return [_listed(profiles, number, in_use) for number in shown], shown[-1] if len(numbers) > MANY else None


def _listed(profiles: Profiles, number: int, in_use: int | None) -> Listed:
    try:
        return Listed(number, number == in_use, profiles.head(number))
    except DamagedProfile as trouble:
        return Listed(number, number == in_use, trouble=_capital(str(trouble)))


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def lines(*these: Profile) -> list[Line]:
    """Every number but the controls, which have a table of their own; those with words first."""
    numbers = [each.numbers for each in these]
    every = dict.fromkeys(name for each in numbers for name in each if not name.startswith("control "))
    known = [name for name in WORDS if name in every]
    return [_line(name, numbers) for name in (*known, *sorted(every.keys() - WORDS.keys()))]


def _line(name: str, numbers: list[dict[str, float]]) -> Line:
    words, unit = WORDS.get(name, (name.replace("_", " "), ""))
    return Line(words, unit, tuple(each.get(name) for each in numbers))


def controls(profile: Profile) -> list[tuple[str, float | None, float, bool]]:
    """Control, asked, got, and whether the camera did as it was asked; asked is None where nobody kept that."""
    told = []
    for name, got in profile.settings.items():
        asked = profile.asked.get(name)
        told.append((name, asked, got, asked is None or Setting(name, asked, got).obeyed))
    return told


def picture(profile: Profile, which: str) -> bytes | None:
    """A picture of a calibration as PNG; None where it has none of this name."""
    found: Gray | None
    if which == "gain":
        found = None if profile.flat is None else _stretched(profile.flat.gain)
    else:
        found = getattr(profile, which) if which in PICTURES else None
    return None if found is None else cv2.imencode(".png", found)[1].tobytes()


def there(profile: Profile) -> list[tuple[str, str]]:
    """Name and words of its pictures."""
    has = {"before": profile.before is not None, "gain": profile.flat is not None}
    has |= {"ground": profile.ground is not None, "empty": profile.ground is None}
    return [(name, words) for name, words in PICTURES.items() if has.get(name, True)]


def _stretched(plane: NDArray[Any]) -> Gray:
    """From black to white, so that it can be seen."""
    low, high = float(plane.min()), float(plane.max())
    return np.asarray((plane - low) * (255 / max(high - low, 1.0)), np.uint8)
