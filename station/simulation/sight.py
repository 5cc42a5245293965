"""What one camera sees, kept from frame to frame: only what changed between two frames is drawn and exposed anew.

Most of a frame is as it was in the one before: the hand moves, the stage does not. What is kept is exact to the last
bit; frames differ from those drawn afresh in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.canvas import NOTHING, Canvas, Lighting, Window, around
from station.simulation.parts import Plane
from station.simulation.placement import Moment
from station.simulation.pose import STRAIGHT, Pose, moved
from station.simulation.scene import Scene
from station.simulation.sensor import Sensor, deviation

SEEN = 0.45  # pixels: less blur is not seen


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: a moment in a light, through a lens that spreads a point by `spread` pixels, from a pose."""

    moment: Moment
    lighting: Lighting
    spread: float
    pose: Pose

    @property
    def is_plain(self) -> bool:
        """Whether the scene is the picture: nothing is blurred, and the camera stands where it should."""
        return self.spread <= SEEN and self.pose == STRAIGHT


class Sight:
    """The picture of one view after the other, all maps height × width.

    radiance   float32, 1.0 = white paper under the full lamp
    tint       × 3, uint8, B, G, R, `TINT` = 1
    mean       electrons in each pixel, float32, after `expose`
    deviation  standard deviation of their noise
    """

    def __init__(self, scene: Scene, sensor: Sensor) -> None:
        self._scene, self._sensor = scene, sensor
        self._whole: Window = np.s_[0 : scene.size[1], 0 : scene.size[0]]
        self._view: View | None = None
        self._base: Canvas | None = None
        self._canvas: Canvas
        self._over = NOTHING  # what of the canvas differs from the base
        self._due = self._whole  # what of the radiance has changed since it was exposed
        self._exposed: tuple[float, Plane, Plane] | None = None
        self.radiance: Plane
        self.tint: NDArray[np.uint8]
        self.mean, self.deviation = (np.empty(scene.size[::-1], np.float32) for _ in range(2))

    def look(self, view: View) -> None:
        """Bring radiance and tint to a view; they are changed in place by the next one."""
        if view == self._view:
            return
        was_plain, self._view = self._view is not None and self._view.is_plain, view
        changed = self._draw(view.moment, view.lighting)
        self.radiance, self.tint = self._canvas.radiance, self._canvas.tint
        if not (was_plain and view.is_plain):
            changed = self._whole
        if view.pose != STRAIGHT:
            scene = self._scene
            self.radiance, self.tint = (moved(each, view.pose, scene.scale) for each in (self.radiance, self.tint))
        if view.spread > SEEN:
            self.radiance = np.asarray(cv2.GaussianBlur(self.radiance, (0, 0), view.spread), np.float32)
        self._due = around(self._due, changed)

    def expose(self, exposure: float) -> None:
        """Bring mean and deviation to what was looked at last, exposed for so many seconds."""
        sensor, former = self._sensor, self._exposed
        same = former and former[0] == exposure and former[1] is sensor.response and former[2] is sensor.offset
        due = self._due if same else self._whole
        if due != NOTHING:
            self.mean[due] = sensor.electrons(self.radiance[due], exposure, due)
            self.deviation[due] = deviation(self.mean[due])
        self._due, self._exposed = NOTHING, (exposure, sensor.response, sensor.offset)

    def _draw(self, moment: Moment, lighting: Lighting) -> Window:
        """Bring the canvas to a moment; returns what of it has changed."""
        base, former = self._scene.base(moment.lying, lighting), self._over
        if base is self._base:
            self._canvas.restore(base, former)
        else:
            self._base, self._canvas, former = base, base.copy(), self._whole
        self._over = self._scene.lay_hand(self._canvas, moment)
        return around(former, self._over)
