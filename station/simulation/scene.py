"""The stage, what lies on it and the hand, put together into the light that reaches the lens."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from calibration.geometry import Board
from station.simulation.canvas import NOTHING, Canvas, Lighting, Window, around, tint_steps
from station.simulation.hand import FINGERS, LENGTH, hand
from station.simulation.optics import DIRECT, Cutout, Lamp, irradiance, leaning, shine
from station.simulation.parts import Plane, specimen
from station.simulation.placement import Moment, Placement

VIEW = (160.0, 90.0)  # mm of stage that the frame shows
STAGE = 0.24  # reflectance of the stage: a gray mat
MAT = (1.04, 1.0, 0.97)  # its tint B, G, R
BOARD = Board()  # what lies on the stage as the board
INK, PAPER = 0.05, 0.9  # reflectance of its print; a white sheet is 1


class Scene:
    """Draws moments. `size` is the frame in pixels, width × height; every size shows the same view."""

    def __init__(self, size: tuple[int, int], lamp: Lamp, seed: int) -> None:
        self.size, self._lamp = size, lamp
        self.scale = size[0] / VIEW[0]  # pixels a mm
        self.x, self.y = _axis(size[0], self.scale)[None, :], _axis(size[1], self.scale)[:, None]
        shape = (size[1], size[0])
        self._mat = _mat(shape, seed)
        self._light = irradiance(self.x, self.y, lamp)
        self._hot = np.asarray(np.exp(-((self.x + 30) ** 2 + (self.y + 20) ** 2) / 900.0), np.float32)
        self._tint = np.empty((*shape, 3), np.uint8)
        self._tint[:] = tint_steps(MAT)
        self._hand = hand(self.scale)
        self._empty: Canvas | None = None
        self._base: tuple[tuple[tuple[Placement, ...], Lighting], Canvas] | None = None

    def base(self, lying: tuple[Placement, ...], lighting: Lighting) -> Canvas:
        """The stage with what lies on it, without the hand. The last one is kept: it is not to be changed."""
        if self._base is None or self._base[0] != (lying, lighting):
            canvas = self._stage(lighting)
            if lying:
                canvas = canvas.copy()
                for part in lying:
                    canvas.lay(self._cutout(part), (part.x, part.y))
            self._base = (lying, lighting), canvas
        return self._base[1]

    def lay_hand(self, canvas: Canvas, moment: Moment) -> Window:
        """Lay the hand of a moment, and what it holds, over a canvas; returns what of it has changed."""
        changed = NOTHING
        if moment.hand is not None:
            x, y = moment.hand
            for part in moment.held:
                middle = (part.x, part.y + moment.lift)
                changed = around(changed, canvas.lay(self._cutout(part), middle, moment.smear, shadow=False))
            middle = (x, y + moment.lift + FINGERS + LENGTH / 2)
            changed = around(changed, canvas.lay(self._hand, middle, moment.smear))
        return changed

    def _cutout(self, placement: Placement) -> Cutout:
        return _lit(placement, self._lamp, self.scale)

    def _stage(self, lighting: Lighting) -> Canvas:
        """The empty stage; the light seldom changes, so the last one is kept."""
        if self._empty is None or self._empty.lighting != lighting:
            lamp = self._light * np.float32(lighting.lamp)
            if lighting.lean:
                lamp = lamp * leaning(self.x, self.y, self._lamp, lighting.lean)
            mat = self._covered(lighting.sheet)
            direct = mat * lamp
            radiance = direct + mat * np.float32(lighting.ambient)
            radiance += self._hot * np.float32(0.5 * lighting.glare * lighting.lamp)
            self._empty = Canvas(radiance, self._tint, direct * np.float32(DIRECT), lamp, lighting, self.scale)
        return self._empty

    def _covered(self, sheet: str) -> Plane:
        """Reflectance of the stage with a sheet on it."""
        if not sheet:
            return self._mat
        whole = np.full_like(self._mat, 1.0 if sheet == "white" else PAPER)
        if sheet == "board":
            shown = BOARD.picture(self.scale).astype(np.float32) / 255 * (PAPER - INK) + INK
            top, left = (np.array(whole.shape) - shown.shape) // 2
            whole[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
        return whole


@lru_cache(maxsize=16)
def _lit(placement: Placement, lamp: Lamp, scale: float) -> Cutout:
    piece = specimen(placement.part_number, placement.specimen, scale)
    return shine(piece, (placement.x, placement.y), placement.angle, lamp, scale)


@lru_cache(maxsize=4)  # benches of one seed are set up again and again, and their mat costs the most
def _mat(shape: tuple[int, int], seed: int) -> Plane:
    """Reflectance of the bare mat, with its texture."""
    texture = np.random.default_rng([seed, 2]).standard_normal(shape, np.float32)
    return np.asarray(STAGE * (1 + 0.02 * cv2.GaussianBlur(texture, (0, 0), 0.7)), np.float32)


def _axis(length: int, scale: float) -> Plane:
    return (np.arange(length, dtype=np.float32) - (length - 1) / 2) / np.float32(scale)
