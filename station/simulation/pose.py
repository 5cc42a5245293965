"""How the camera stands over the stage, and what that does to its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.sensor import FOCAL


@dataclass(frozen=True, slots=True)
class Pose:
    """How the camera stands over the stage; all 0 is straight above its middle.

    x, y  mm to the right and down
    turn  degrees in its clamp, counter-clockwise seen from above
    tilt  degrees by which it looks to the right
    """

    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0
    tilt: float = 0.0


STRAIGHT = Pose()


def moved(picture: NDArray[Any], pose: Pose, scale: float) -> NDArray[Any]:
    """The picture of a camera that stands elsewhere: each of its rays meets the stage at another place.

    picture  height × width, or × channels, as seen straight from above; scale in pixels a mm
    """
    size = picture.shape[1], picture.shape[0]
    middle = (np.array(size) - 1) / 2
    turn, tilt = np.radians(pose.turn), np.radians(pose.tilt)
    to_ray = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, -FOCAL * scale]]) / scale
    turned = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    tilted = np.array([[np.cos(tilt), 0, -np.sin(tilt)], [0, 1, 0], [np.sin(tilt), 0, np.cos(tilt)]])
    to_stage = np.array([[-FOCAL, 0, pose.x], [0, -FOCAL, pose.y], [0, 0, 1]])
    to_picture = np.array([[scale, 0, middle[0]], [0, scale, middle[1]], [0, 0, 1]])
    source = to_picture @ to_stage @ tilted @ turned @ to_ray
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(picture, source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
