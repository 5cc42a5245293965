"""Where the camera stands over the stage, told by a printed board that lies against its stops.

The board is a ChArUco board (S. Garrido-Jurado et al., Automatic generation and detection of highly reliable fiducial
markers under occlusion, Pattern Recognition 47, 2014; chessboard corners found to a fraction of a pixel). Its corners
give the homography between stage and picture; a view of a plane by a pinhole is one (R. Hartley, A. Zisserman, Multiple
View Geometry, 2004, 8.1). Scale, rotation and place are those of its linear part in the middle of the picture; tilt is
told by how the scale changes across it, which a camera at a known distance shows in first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.measure import Gray

Points = NDArray[np.float64]  # n × (x, y)

FEWEST_CORNERS = 12  # of the board; fewer say little of the tilt
LEAST_SHARE = 0.6  # of its corners: less is a board that is half in view


@dataclass(frozen=True, slots=True)
class Board:
    """A ChArUco board of the dictionary DICT_4X4_50; lengths in mm."""

    columns: int = 10
    rows: int = 6
    square: float = 14.0
    marker: float = 10.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, mm."""
        return self.columns * self.square, self.rows * self.square

    @property
    def corners(self) -> int:
        """Inner corners, which are what is found."""
        return (self.columns - 1) * (self.rows - 1)

    def picture(self, scale: float) -> Gray:
        """The print, black 0 and white 255, at so many pixels a mm."""
        width, height = (round(side * scale) for side in self.size)
        return np.asarray(_drawn(self).generateImage((width, height)), np.uint8)


@lru_cache(maxsize=4)
def _drawn(board: Board) -> cv2.aruco.CharucoBoard:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.CharucoBoard((board.columns, board.rows), board.square, board.marker, dictionary)


class NoBoard(ValueError):  # noqa: N818 - it names what is not there
    """The board is not seen, or not enough of it; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the camera sees the stage.

    scale     pixels a mm, in the middle of the picture
    x, y      mm: the place on the board, from its middle, that the middle of the picture shows; x right, y down
    rotation  degrees by which the board is seen turned, counter-clockwise
    tilt      degrees by which the camera looks to the right and down the picture; 0 is straight down
    error     pixels, root of mean square, by which the corners miss the homography
    """

    scale: float
    x: float
    y: float
    rotation: float
    tilt: tuple[float, float]
    error: float

    def since(self, before: Geometry) -> Move:
        """How the camera has moved since."""
        return Move(
            self.x - before.x,
            self.y - before.y,
            self.rotation - before.rotation,
            math.hypot(self.tilt[0] - before.tilt[0], self.tilt[1] - before.tilt[1]),
            self.scale / before.scale - 1,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A move of the camera over the stage.

    x, y   mm, to the right and down as the picture shows it
    turn   degrees by which the picture has turned, counter-clockwise
    tilt   degrees by which it leans more, whichever way
    grown  share by which the picture has grown
    """

    x: float
    y: float
    turn: float
    tilt: float
    grown: float

    @property
    def shift(self) -> float:
        """Mm."""
        return math.hypot(self.x, self.y)

    def told(self, least_mm: float, least_degrees: float, least_share: float) -> str:
        """What has moved by more than these, and how it is moved back; empty where nothing has."""
        said = []
        for along, more, less in ((self.x, "right", "left"), (self.y, "towards you", "away from you")):
            if abs(along) > least_mm:
                there, back = (more, less) if along > 0 else (less, more)
                said.append(f"{abs(along):.1f} mm {_to(there)}: push it {abs(along):.1f} mm {_to(back)}")
        if abs(self.turn) > least_degrees:
            way = "counter-clockwise" if self.turn > 0 else "clockwise"  # the picture turns against the camera
            said.append(f"in its clamp: turn it {abs(self.turn):.1f}° {way}, seen from above")
        if self.tilt > least_degrees * 3:
            said.append(f"{self.tilt:.1f}° out of the upright: set it straight with the screws of its head")
        if abs(self.grown) > least_share:
            nearer = "nearer" if self.grown > 0 else "away"
            said.append(f"{abs(self.grown):.1%} {nearer}: set its height on the column")
        return f"The camera has moved {'; and '.join(said)}." if said else ""


def _to(where: str) -> str:
    return f"to the {where}" if where in ("left", "right") else where


def corners(gray: Gray, board: Board) -> tuple[Points, Points]:
    """Corners of the board in the picture (pixels) and on the board (mm, from its middle). Raises NoBoard."""
    found, ids, _, markers = cv2.aruco.CharucoDetector(_drawn(board)).detectBoard(gray)
    if ids is None and markers is None:
        raise NoBoard("No board is seen. Lay it against the stops, print upwards, and see that it is lit and sharp.")
    seen = 0 if ids is None else len(ids)
    if seen < max(FEWEST_CORNERS, LEAST_SHARE * board.corners):
        raise NoBoard(
            f"Only {seen} of {board.corners} corners of the board are seen. Lay it wholly in view, and take away "
            "what lies on it."
        )
    on_board = np.asarray(_drawn(board).getChessboardCorners(), np.float64)[np.ravel(ids), :2]
    return np.asarray(found, np.float64).reshape(-1, 2), on_board - np.array(board.size) / 2


def geometry(gray: Gray, board: Board, distance: float) -> Geometry:
    """Measure a picture of the board, height × width uint8; `distance` of the lens from the stage, mm.

    Raises NoBoard where it is not seen.
    """
    seen, known = corners(gray, board)
    middle = (np.array(gray.shape[::-1]) - 1) / 2
    to_picture, _ = cv2.findHomography(known, seen - middle, 0)
    if to_picture is None:
        raise NoBoard("The corners of the board make no plane. Lay it flat against the stops.")
    to_board = np.linalg.inv(to_picture)
    x, y = to_board[:2, 2] / to_board[2, 2]
    linear = _linear(
        np.asarray(to_picture, np.float64), float(x), float(y)
    )  # pixels a mm, around what the middle of the picture shows
    scale = math.sqrt(abs(np.linalg.det(linear)))
    # along the picture's own axes: the scale falls on the side that the camera looks to, which is farther away
    fall = np.linalg.solve(linear.T / scale, to_picture[2, :2] / (to_picture[2] @ (x, y, 1.0)))
    tilt = np.degrees(np.arctan(fall * distance))
    image = np.c_[known, np.ones(len(known))] @ to_picture.T
    error = image[:, :2] / image[:, 2:] - (seen - middle)
    turned = math.degrees(math.atan2(linear[0, 1] - linear[1, 0], linear[0, 0] + linear[1, 1]))
    rms = float(np.sqrt((error**2).sum(axis=1).mean()))
    return Geometry(scale, float(x), float(y), turned, (float(tilt[0]), float(tilt[1])), rms)


def _linear(homography: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    """Its Jacobian at a place, 2 × 2."""
    a, b, w = homography @ (x, y, 1.0)
    top, bottom = homography[:2, :2], homography[2, :2]
    return np.asarray((top * w - np.outer((a, b), bottom)) / w**2, np.float64)
