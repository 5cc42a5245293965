"""Focus on a part: the sharpest that was seen is sought again."""

from __future__ import annotations

from collections.abc import Sequence

from calibration.measure import Gray, focus, sharpness
from calibration.steps.doubts import moving
from calibration.wizard import Adjust, Ask, Done, Live, Setup, Shot, Steps, Work

BACK_IN_FOCUS = 0.9  # share of the sharpest that was seen
AS_SHARP = 0.75  # share of the last calibration's


def sharp(work: Work) -> Steps:
    """Focus on a part: the sharpest that was seen is sought again."""
    setup, best = work.setup, 0.0
    least = AS_SHARP * setup.former.figures.get("focus", 0.0) if setup.former else 0.0

    def of(shots: Sequence[Shot]) -> float:
        first, second = (setup.patch_of(shot.stage, work.flat)[0] for shot in shots[-2:])
        return 1000 * focus(first, second)

    def live(shot: Shot) -> Live:
        nonlocal best
        value = of([shot, shot])
        best = max(best, value)
        return Live("sharpness", value, "", least=max(1000 * least, BACK_IN_FOCUS * best))

    answer = yield Ask(
        "Take the sheet away. Lay one part in the middle, and turn the focus ring of the lens slowly to and fro until "
        "the number is as high as it gets. Fix the ring with its screw.",
        live,
    )
    while True:
        value = of(answer.shots)
        trouble = _no_part(answer.shots[-1], setup, work) or moving(answer.shots)
        if not trouble and value < 0.95 * BACK_IN_FOCUS * best:
            trouble = (
                f"It was sharper before ({best:.1f}, now {value:.1f}). Turn the focus ring back, and fix its screw."
            )
        if not trouble and value < 1000 * least:
            wanted = 1000 * least / AS_SHARP
            trouble = f"It is not sharp ({value:.1f}, at the last calibration {wanted:.1f}). Turn the focus ring."
        if not trouble:
            break
        best = max(best, value)
        answer = yield Adjust(trouble, live)
    stage = typical(answer.shots, setup, work)
    return Done("focus", {"focus": value / 1000}, {"part": stage}, f"Sharpness is {value:.1f}.")


def _no_part(shot: Shot, setup: Setup, work: Work) -> str:
    parts = setup.patch_of(shot.stage, work.flat)[1]
    return "" if parts == 1 else f"{parts or 'No'} parts are found where one was asked for. Lay one in the middle."


def typical(shots: Sequence[Shot], setup: Setup, work: Work) -> Gray:
    """The stage, corrected, of the picture whose sharpness lies in the middle."""
    ranked = sorted(shots, key=lambda shot: sharpness(setup.patch_of(shot.stage, work.flat)[0]))
    stage = ranked[len(ranked) // 2].stage
    return work.flat.whole(stage) if work.flat else stage
