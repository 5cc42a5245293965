"""Whether a part lies as it lay before: such a picture is a copy, and teaches nothing but the noise of the camera.

What is compared is the square of the stage around the part as it lay first, made small and smooth: sensor noise is
averaged away there, and light, which is a plane of ratios, is fitted and taken out. A part that has since been turned
or moved leaves edges that neither explains. A round part that is turned where it lies looks the same, and counts so.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from calibration.measure import compare
from models.preprocess import Finding
from station.types import Gray

SIDE = 48  # pixels of the small square: a turn by 20 degrees moves the rim of a part by three to seven of them
MARGIN = 1.2  # side of the square, in longer sides of the part
SMOOTH = 1.0  # pixels of the small square, standard deviation
CHANGED = 0.05  # share of the square: noise leaves it below 0.001, a turn by 20 degrees changes at least 0.07


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A part as it lay.

    stage          height and width of the picture, pixels
    rows, columns  where in it the square around the part is
    square         SIDE×SIDE uint8, smooth
    """

    stage: tuple[int, ...]
    rows: slice
    columns: slice
    square: Gray


def pose(stage: Gray, finding: Finding) -> Pose:
    """Keep how the part that was found in a picture of the stage (height × width, uint8) lies there."""
    reach = max(1, round(max(finding.extent) * MARGIN / 2))
    columns, rows = (slice(max(0, centre - reach), centre + reach) for centre in finding.centre)
    return Pose(stage.shape, rows, columns, _square(stage[rows, columns]))


def lies_again(stage: Gray, known: Pose, step: float) -> bool:
    """Whether a picture shows the part as in the `known` pose; `step` is the gray levels below which a change is noise.

    Pictures of different size show different stages, and nothing lies there again.
    """
    if stage.shape != known.stage:
        return False
    difference = compare(_square(stage[known.rows, known.columns]), known.square).difference
    return float(np.mean(np.abs(difference) > step)) < CHANGED


def _square(part: Gray) -> Gray:
    small = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), SMOOTH), np.uint8)
