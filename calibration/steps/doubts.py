"""What speaks against pictures, in words; empty where nothing does. Shared by the steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from calibration import correct
from calibration.measure import Flicker, flicker, level, noise
from calibration.wizard import Shot

MOST_NOISE = 12.0  # gray levels; more is no sensor's noise but something that moves or flickers
MOST_FLICKER = 0.02  # of the level, from picture to picture
MOST_DRIFT = 0.01  # of the level, while the pictures of a step are taken: a lamp that is still warming up


def no_sheet(shots: Sequence[Shot]) -> str:
    """Whether what fills the view is no white sheet: it has edges, or nothing can be seen at all."""
    look = correct.mean([shot.look for shot in shots])
    if float(look.max()) < 8:
        return "The picture is black. Take the cap off the lens, and see that the lamp is on."
    if float((look >= 254).mean()) > 0.9:
        return ""  # the exposure is still to be found
    rough = np.abs(look - cv2.blur(look, (9, 9)))[4:-4, 4:-4] / max(8.0, float(np.median(look)))
    if float((rough > 0.05).mean()) > 0.01:
        return "No white sheet fills the view. Lay one flat on the stage, clean, with nothing on it."
    return ""


def unsteady(shots: Sequence[Shot]) -> str:
    """Whether the light swings with the mains, comes and goes, or still warms up."""
    found = flicker_of(shots)
    if found.depth > MOST_FLICKER and found.mains:
        time = 1000 / (2 * found.mains)
        return (
            f"The light flickers by {2 * found.depth:.0%} with the mains of {found.mains} Hz. Take a lamp whose driver "
            f"gives direct current, shade other lamps, or expose for a multiple of {time:.1f} ms."
        )
    if found.depth > MOST_FLICKER:
        return f"The light comes and goes by {2 * found.depth:.0%}. Let the lamp warm up, and look at its plug."
    levels = [level(shot.look) for shot in shots]
    third = max(1, len(levels) // 3)
    drift = float(np.mean(levels[-third:])) / max(1.0, float(np.mean(levels[:third]))) - 1
    if abs(drift) > MOST_DRIFT:
        return f"The light still changes ({drift:+.1%} while it was looked at). Let the lamp warm up."
    return ""


def flicker_of(shots: Sequence[Shot]) -> Flicker:
    """How the light swings from picture to picture."""
    return flicker([level(shot.look) for shot in shots], [shot.at for shot in shots])


def moving(shots: Sequence[Shot]) -> str:
    """Whether the pictures differ by more than a sensor's noise."""
    return "The picture moves or flickers. Keep the stage still, and see that the lamp is steady." * (
        noise_of(shots) > MOST_NOISE
    )


def noise_of(shots: Sequence[Shot]) -> float:
    """Temporal noise of a look, gray levels: the median over pairs of pictures."""
    return float(np.median([noise(a.look, b.look) for a, b in pairwise(shots)]))
