"""Light on metal: what the camera above the stage sees of a specimen, linear, 1.0 = white paper under the full lamp.

Lengths in mm: x to the right, y down the picture, z up from the stage; the origin is the middle of the view.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from station.simulation.parts import Plane, Specimen

Lamp = tuple[float, float, float]
LAMP: Lamp = (-160.0, -130.0, 600.0)  # mm, its middle
LAMP_RADIUS = 55.0  # mm: an area, so that shadows are soft
DIRECT = 0.7  # share of the lamp's light that comes straight; the rest comes round from its diffuser and the walls
DIFFUSE, SPECULAR, MIRROR = (
    0.16,
    0.42,
    0.34,
)  # of machined steel: matt, along the tool marks, of the bright surroundings
ALONG, ACROSS = 0.11, 0.34  # Ward's roughness along and across the tool marks
STEEL = (1.03, 1.0, 0.97)  # tint B, G, R at luminance 1


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A thing as the camera sees it, ready to be laid into a picture: square or oblong maps, float32.

    alpha    0 to 1: how much of the pixel it covers
    lamp     what it sends to the camera under the full lamp
    ambient  the same under room light of strength 1
    glare    what a lamp mirrored in flat faces would add
    shadow   0 to 1: how much of the lamp's direct light it takes from what lies behind it
    tint     B, G, R at luminance 1
    columns  that it covers anything of at all
    """

    alpha: Plane
    lamp: Plane
    ambient: Plane
    glare: Plane
    shadow: Plane
    tint: tuple[float, float, float]
    columns: slice = field(init=False)

    def __post_init__(self) -> None:
        covered = np.flatnonzero(self.alpha.any(axis=0))
        columns = slice(int(covered[0]), int(covered[-1]) + 1) if covered.size else slice(0, 0)
        object.__setattr__(self, "columns", columns)


def irradiance(x: Plane, y: Plane, lamp: Lamp) -> Plane:
    """Light of the lamp on the stage against the middle of the view: inverse square, times the cosine of incidence."""
    distance2 = (x - lamp[0]) ** 2 + (y - lamp[1]) ** 2 + lamp[2] ** 2
    middle2 = lamp[0] ** 2 + lamp[1] ** 2 + lamp[2] ** 2
    return np.asarray((middle2 / distance2) ** 1.5, np.float32)


def leaning(x: Plane, y: Plane, lamp: Lamp, lean: float) -> Plane:
    """What is left of the lamp's light when its head, that looked at the middle, is turned by `lean` degrees about y.

    A bright disc shines by the cosine of the angle to its axis (Lambert).
    """
    aim = np.array([-lamp[0], -lamp[1], -lamp[2]])
    aim /= np.linalg.norm(aim)
    c, s = np.cos(np.radians(lean)), np.sin(np.radians(lean))
    turned = np.array([c * aim[0] - s * aim[2], aim[1], s * aim[0] + c * aim[2]])
    away = np.sqrt((x - lamp[0]) ** 2 + (y - lamp[1]) ** 2 + lamp[2] ** 2)

    def bright(axis: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(((x - lamp[0]) * axis[0] + (y - lamp[1]) * axis[1] - lamp[2] * axis[2]) / away)

    return np.asarray(np.maximum(bright(turned), 0) / bright(aim), np.float32)


def shine(specimen: Specimen, at: tuple[float, float], angle: float, lamp: Lamp, scale: float) -> Cutout:
    """Turn a specimen by `angle` degrees counter-clockwise, lay it `at` (mm), and light it.

    Matt share after Lambert; tool marks after Ward, Measuring and Modeling Anisotropic Reflection (1992), without its
    normalisation; the diffuser and the room as one bright hemisphere.
    """
    turned = _turn(specimen, angle)
    towards = np.array([lamp[0] - at[0], lamp[1] - at[1], lamp[2]])
    light = towards / np.linalg.norm(towards)
    nx, ny = turned.nx, turned.ny
    nz = np.sqrt(np.maximum(1 - nx * nx - ny * ny, 0.05))
    lit = 1 - _shadow(turned.height, light, scale)
    facing = np.maximum(light[0] * nx + light[1] * ny + light[2] * nz, 0)
    around = MIRROR * nz * nz
    direct = facing * (DIFFUSE / DIRECT + SPECULAR * _ward(turned, nz, light))
    shade = turned.shade
    return Cutout(
        alpha=turned.alpha,
        lamp=np.asarray(shade * (direct * lit + around), np.float32),
        ambient=np.asarray(shade * (0.3 + 0.3 * nz), np.float32),
        glare=np.asarray(3.0 * shade * np.exp(-(nx * nx + ny * ny) / 0.02), np.float32),
        shadow=np.asarray(1 - lit, np.float32),
        tint=STEEL,
    )


def _turn(specimen: Specimen, angle: float) -> Specimen:
    """Rotate the maps, and the vectors in them."""
    side = specimen.alpha.shape[0]
    middle = (side - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), angle, 1.0)

    def rotated(plane: Plane) -> Plane:
        return np.asarray(cv2.warpAffine(plane, matrix, (side, side), flags=cv2.INTER_LINEAR), np.float32)

    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    nx, ny, ux, uy = (rotated(plane) for plane in (specimen.nx, specimen.ny, specimen.ux, specimen.uy))
    return Specimen(
        rotated(specimen.alpha),
        rotated(specimen.height),
        c * nx + s * ny,
        c * ny - s * nx,
        c * ux + s * uy,
        c * uy - s * ux,
        rotated(specimen.shade),
    )


def _ward(turned: Specimen, nz: Plane, light: NDArray[np.float64]) -> Plane:
    """Ward's lobe: bright where the half vector leaves the normal across the tool marks, dark along them."""
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    upright = half[0] * turned.nx + half[1] * turned.ny + half[2] * nz
    ax, ay = half[0] - upright * turned.nx, half[1] - upright * turned.ny
    across = ax * turned.ux + ay * turned.uy
    along = ay * turned.ux - ax * turned.uy
    away = ((across / np.float32(ACROSS)) ** 2 + (along / np.float32(ALONG)) ** 2) / upright**2
    return np.asarray(np.exp(-np.minimum(away, 30)), np.float32)


def _shadow(height: Plane, light: NDArray[np.float64], scale: float) -> Plane:
    """Walk from every point towards the lamp: does anything stand higher than the ray? Softened by the lamp's size."""
    reach = float(height.max()) / light[2]
    deepest = np.zeros_like(height)
    side = height.shape[0]
    for step in np.linspace(0, reach, 13)[1:]:
        shift = np.array([[1, 0, -light[0] * step * scale], [0, 1, -light[1] * step * scale]])
        there = cv2.warpAffine(height, shift, (side, side), flags=cv2.INTER_NEAREST)
        np.maximum(deepest, there - height - np.float32(light[2] * step), out=deepest)
    penumbra = LAMP_RADIUS / 600.0 * 5.0 * scale  # pixels, of an edge 5 mm above the stage
    return np.asarray(cv2.GaussianBlur((deepest > 0.05).astype(np.float32), (0, 0), penumbra), np.float32)
