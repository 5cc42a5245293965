"""A camera's controls of now against what they have to be: what has strayed, and what is not told any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from calibration.controls import Control, Setting
from station.errors import CameraError
from station.types import Adjustable, Telling

FEW = 3  # names that a screen has room for


@dataclass(frozen=True, slots=True)
class Stray:
    """A control that is not as it has to be: `right`; `told` says so."""

    control: str
    right: float
    told: str


def by_others(strayed: Sequence[Stray]) -> str:
    """Empty where nothing has."""
    told = ", ".join(each.told for each in strayed)
    return f"The camera's settings were changed by somebody else: {told}" if told else ""


def cannot_read(names: Iterable[str]) -> str:
    """Empty where there are none; of many, the first few are named."""
    every = sorted(names)
    told = ", ".join(every[:FEW]) + " …" * (len(every) > FEW)
    why = "so nobody knows whether it was changed: plug it in anew, or calibrate"
    return f"The camera does not tell its {told} any more, {why}" if told else ""


def wrong(offered: Sequence[Control], asked: Mapping[str, float]) -> list[Stray]:
    """What is not as it was told; what is not read is another matter."""
    return [
        Stray(each.name, asked[each.name], f"{each.name} is {each.value:g} where {asked[each.name]:g} was set")
        for each in offered
        if each.name in asked and each.is_read and not Setting(each.name, asked[each.name], each.value).obeyed
    ]


def told(camera: object) -> tuple[Control, ...]:
    """Every control, as it stands now; none where the camera cannot tell."""
    if not isinstance(camera, Telling):
        return settable(camera)
    with suppress(CameraError):
        return camera.everything()
    return ()


def settable(camera: object) -> tuple[Control, ...]:
    """Those that can be set; none where the camera cannot tell."""
    if isinstance(camera, Adjustable):
        with suppress(CameraError):
            return camera.offers()
    return ()


def untold(every: Sequence[Control], asked: Mapping[str, float]) -> dict[str, float]:
    """What nobody here has told the camera, and what does not change by itself: brightness, an automatic."""
    return {each.name: each.value for each in every if each.is_still and each.is_read and each.name not in asked}
