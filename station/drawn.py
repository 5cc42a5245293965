"""An explained record as one picture: what was judged, the heat over it, and the known examples that lie nearest.

Drawn by OpenCV alone; letters that it does not have become `?`.
"""

from __future__ import annotations

import textwrap

import cv2
import numpy as np
from numpy.typing import NDArray

from models.explain import Explanation, Heat, Map
from station.explain import Explained
from station.types import Gray

Colours = NDArray[np.uint8]  # height × width × 3, BGR

SIDE, SMALL, GAP, LINE = 448, 128, 24, 24  # pixels: a patch, a known example, the room around, a line of words
WIDTH, HEAD = 2 * SIDE + SMALL + 4 * GAP, 150
COLUMNS = 110  # letters of a line of words
PAPER, INK, FAINT = (250, 250, 250), (40, 40, 40), (110, 110, 110)
FOR, AGAINST = (0, 100, 255), (230, 110, 20)  # orange, blue, BGR
DENSE = 0.75  # of the colour at its fullest
VERDICTS = {"PASS": (60, 130, 30), "REJECT": (40, 40, 200), "UNSURE": (0, 130, 200)}
FAINTEST = 0.2  # of the greatest change is where colour begins, or noise would look like a place


def drawn(explained: Explained, patch: Gray, explanation: Explanation) -> Colours:
    """The whole picture."""
    canvas = np.full((HEAD + SIDE + 3 * LINE + GAP, WIDTH, 3), PAPER, np.uint8)
    _head(canvas, explained, explanation)
    large = np.asarray(cv2.resize(patch, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    plain = np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8)
    second, third = 2 * GAP + SIDE, 3 * GAP + 2 * SIDE
    _put(canvas, plain, GAP, ["What the network saw"])
    _put(canvas, coloured(large, shown(explanation.heat)), second, meaning(explanation))
    _nearest(canvas, explanation, third)
    return canvas


def shown(heat: Heat) -> Map:
    """The map that tells places: of the score, or, where it falls nowhere, of the distance."""
    return heat.score if heat.tells_score else heat.distance


def coloured(patch: Gray, heat: Map) -> Colours:
    """A patch, size × size uint8: orange where a place speaks for the part number, blue where against it.

    The greatest change of the heat, of whichever sign, has the full colour.
    """
    most = max(float(np.abs(heat).max()), 1e-9)
    share = cv2.resize(heat, patch.shape[::-1], interpolation=cv2.INTER_CUBIC)[:, :, None] / most
    alpha = DENSE * np.clip((np.abs(share) - FAINTEST) / (1 - FAINTEST), 0, 1)
    return np.asarray(patch[:, :, None] * (1 - alpha) + np.where(share > 0, FOR, AGAINST) * alpha, np.uint8)


def meaning(explanation: Explanation) -> list[str]:
    """What the colours say, a line each."""
    heat, part = explanation.heat, explanation.predicted
    most, least = float(shown(heat).max()), float(shown(heat).min())
    if heat.tells_score:
        told = [f"its score falls by up to {most:.2f}", f"it rises by up to {-least:.2f}"]
    else:
        told = [f"it lies up to {most:.3f} farther off", f"up to {-least:.3f} nearer (the score stays)"]
    lines = [f"Orange speaks for {part}: covered, {told[0]}"] if most > FAINTEST * -least else []
    lines += [f"Blue speaks against it: covered, {told[1]}"] if -least > FAINTEST * most else []
    return lines or ["No place matters: whatever is covered, score and distance stay"]


def _head(canvas: Colours, explained: Explained, explanation: Explanation) -> None:
    row = explained.row
    title = f"Record {row['sequence']}   {row['verdict']} {row['reason']}".rstrip()
    _write(canvas, title, (GAP, 44), 0.9, VERDICTS[row["verdict"]], 2)
    told = f"{row['acquired_at']}   expected {row['part_number']}, seen {explanation.predicted}"
    _write(canvas, told + ("   SIMULATED" if row["is_simulated"] else ""), (GAP, 44 + LINE + 4), 0.5, FAINT)
    for number, line in enumerate(textwrap.wrap(explained.sentence, COLUMNS)[:2], 2):
        _write(canvas, line, (GAP, 44 + 4 + number * LINE))


def _nearest(canvas: Colours, explanation: Explanation, left: int) -> None:
    """The known examples below each other, each over its part number and distance."""
    has_pictures = all(near.picture is not None for near in explanation.nearest)
    each = (SIDE - SMALL) // 2 if has_pictures else LINE  # pictures: so that the last ends with the patch
    top = HEAD + (SMALL + 18 if has_pictures else LINE)
    _write(canvas, "Nearest known", (left, HEAD - 10), 0.5, FAINT)
    for number, near in enumerate(explanation.nearest):
        below = top + number * each
        if near.picture is not None:
            small = cv2.resize(near.picture, (SMALL, SMALL), interpolation=cv2.INTER_CUBIC)
            canvas[below - 18 - SMALL : below - 18, left : left + SMALL] = small[:, :, None]
        _write(canvas, f"{near.part_number}: {near.distance:.3f}", (left, below), 0.45)
    if not has_pictures:
        for number, line in enumerate(["The bundle keeps", "no pictures of", "known examples."], 4):
            _write(canvas, line, (left, top + number * LINE), 0.45, FAINT)


def _put(canvas: Colours, picture: Colours, left: int, words: list[str]) -> None:
    """A patch with its words below it."""
    canvas[HEAD : HEAD + SIDE, left : left + SIDE] = picture
    for number, line in enumerate(words, 1):
        _write(canvas, line, (left, HEAD + SIDE + number * LINE))


def _write(
    canvas: Colours,
    text: str,
    at: tuple[int, int],
    scale: float = 0.5,
    colour: tuple[int, int, int] = INK,
    weight: int = 1,
) -> None:
    plain = text.replace("“", '"').replace("”", '"').encode("ascii", "replace").decode()
    cv2.putText(canvas, plain, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, weight, cv2.LINE_AA)
