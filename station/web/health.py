"""How light, camera, line and disk are, in a word each: what the station knows of them already. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from station.lookout import LITTLE
from station.screen import View
from station.web.sentences import N_

OLD = 3.0  # seconds after which a picture is not live any more


@dataclass(frozen=True, slots=True)
class Health:
    """One of the four. `trouble` says what to do, in English, and is empty where it is well; `is_known`: seen yet."""

    name: str
    trouble: str = ""
    is_known: bool = True


def health(
    view: View, light: tuple[float, float], picture_age: float | None, is_line_open: bool, free: int | None
) -> tuple[Health, ...]:
    """All four.

    light        least and most, as a share of the calibrated
    picture_age  seconds; None before the first picture
    free         bytes on the disk of the log; None where nobody knows
    """
    dim = view.light is not None and not light[0] <= view.light <= light[1]
    lost = view.fault == "camera" or (picture_age is not None and picture_age > OLD)
    return (
        Health(
            N_("Light"), N_("Look at the lamp") if dim or view.fault == "light" else "", is_known=view.light is not None
        ),
        Health(N_("Camera"), N_("Look at the camera") if lost else "", is_known=lost or picture_age is not None),
        Health(N_("Line"), N_("Look at the line") if view.fault == "line" else "", is_known=is_line_open),
        Health(N_("Disk"), N_("Make room") if view.fault == "log" or (free is not None and free < LITTLE) else ""),
    )
