"""Where the camera stands, by the board; it is brought back to where it stood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration import correct
from calibration.geometry import Geometry, NoBoard, geometry
from calibration.steps.doubts import moving
from calibration.wizard import Adjust, Ask, Done, Live, Setup, Shot, Steps, Work

LEAST_MM, LEAST_DEGREES, LEAST_GROWN = 0.5, 0.3, 0.01  # of a move of the camera that is moved back
MOST_TILT = 3.0  # degrees


def place(work: Work) -> Steps:
    """Where the camera stands, by the board; it is brought back to where it stood."""
    setup = work.setup
    before = setup.former.geometry if setup.former else None

    def live(shot: Shot) -> Live:
        try:
            found = geometry(shot.stage, setup.board, setup.distance) if setup.board else None
        except NoBoard:
            return Live("board seen", 0, least=1)
        assert found
        if before is None:
            return Live("tilt", float(np.hypot(*found.tilt)), "°", most=MOST_TILT)
        return Live("shift", found.since(before).shift, "mm", most=LEAST_MM)

    answer = yield Ask("Lay the board against the stops of the stage, print upwards, with nothing on it.", live)
    while True:
        found, trouble = _placed(answer.shots, setup, before)
        if found and not trouble:
            break
        answer = yield Adjust(trouble, live)
    moved = found.since(before) if before else None
    said = f"{found.scale:.2f} pixels a mm, leaning by {float(np.hypot(*found.tilt)):.1f}°."
    if moved:
        said = f"The camera is within {moved.shift:.2f} mm and {abs(moved.turn):.2f}° of where it stood; {said}"
    numbers = {"scale": found.scale, "x": found.x, "y": found.y, "rotation": found.rotation}
    facts = {"geometry": numbers | {"tilt": list(found.tilt), "error": found.error}, "scale": found.scale}
    return Done("geometry", facts, said=said)


def _placed(shots: Sequence[Shot], setup: Setup, before: Geometry | None) -> tuple[Geometry | None, str]:
    assert setup.board, "the step is left out without a board"
    if trouble := moving(shots):
        return None, trouble
    stage = np.asarray(np.rint(correct.mean([shot.stage for shot in shots])), np.uint8)
    try:
        found = geometry(stage, setup.board, setup.distance)
    except NoBoard as trouble:
        return None, str(trouble)
    if before is None:
        lean = float(np.hypot(*found.tilt))
        upright = "Set it straight with the screws of its head, until it looks straight down."
        return found, f"The camera leans by {lean:.1f}°. {upright}" if lean > MOST_TILT else ""
    return found, found.since(before).told(LEAST_MM, LEAST_DEGREES, LEAST_GROWN)
