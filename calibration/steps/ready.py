"""The first steps: the line is halted, all is clean and warm."""

from __future__ import annotations

from calibration.measure import level
from calibration.steps.doubts import moving, unsteady
from calibration.wizard import Adjust, Ask, Done, Steps, Work


def halt(work: Work) -> Steps:  # noqa: ARG001 - steps share one shape
    """The line is stopped; how the stage was found is kept."""
    answer = yield Ask(
        "The line is halted: nothing passes until the calibration is signed. Tell those at the line, and take all "
        "parts off the stage."
    )
    look = answer.shots[-1].look
    return Done("halt", {"found_level": level(look)}, {"before": look}, "The line is halted.")


def clean(work: Work) -> Steps:  # noqa: ARG001 - steps share one shape
    """Clean and warm: the light must stand still before it is measured."""
    answer = yield Ask(
        "Wipe stage, lamp and lens (a drop of lens cleaner, a lint-free cloth), and leave the lamp on for five "
        "minutes. Keep the hands away."
    )
    while trouble := unsteady(answer.shots) or moving(answer.shots):
        answer = yield Adjust(trouble)
    return Done("clean", said="The light stands still.")
