"""Exposure by measurement, all other controls as they are, and what the camera makes of that."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from calibration import correct, exposure
from calibration.controls import disobeyed
from calibration.measure import brightest, level
from calibration.steps.doubts import moving, no_sheet
from calibration.wizard import Adjust, Answer, Ask, Done, Live, Set, Setup, Shot, Steps, Told, Work

MOST_CLIPPED = 0.02  # share of the white sheet


def lock(work: Work) -> Steps:
    """Exposure by measurement, all other controls as they are, and what the camera makes of that."""
    setup = work.setup

    def live(shot: Shot) -> Live:
        return Live("brightest place", brightest(shot.stage), "of 255", 0.98 * setup.target, 1.02 * setup.target)

    answer = yield Ask("Lay the white sheet flat on the stage, so that it fills the view.", live)
    while True:
        trouble = no_sheet(answer.shots) or _bare(answer.shots, work.facts["found_level"]) or moving(answer.shots)
        if trouble:
            answer = yield Adjust(trouble, live)
            continue
        found, answer = yield from _expose(setup, answer)
        values = _lockable(setup) | ({} if found is None else {"exposure": found.exposure})
        answer = yield Set(values, reopen=True)
        trouble = disobeyed(answer.settings) or (found.trouble if found else _by_hand(answer.shots, setup))
        if not trouble and abs(brightest(answer.shots[-1].stage) / setup.target - 1) > 3 * exposure.GOOD and found:
            trouble = "The camera has forgotten its exposure as soon as it was opened again. Take another camera."
        if not trouble:
            break
        answer = yield Adjust(trouble, live)
    table = [setting.told() for setting in answer.settings]
    got = {setting.name: setting.got for setting in answer.settings if setting.got is not None}
    asked = {setting.name: setting.asked for setting in answer.settings}
    facts = {"settings": got, "asked": asked, "white_level": brightest(answer.shots[-1].stage), "table": table}
    return Done("lock", facts, said="; ".join(table) or "The camera has no controls; lamp and lens were set by hand.")


def _expose(setup: Setup, answer: Answer) -> Generator[Told, Answer, tuple[exposure.Found | None, Answer]]:
    """Search within the camera's own steps; nothing is found where it has no exposure that can be set."""
    control = next((each for each in setup.offers if each.name == "exposure" and not each.is_read_only), None)
    if control is None:
        return None, answer
    search = exposure.find(control, setup.target, 0.0)
    wanted = next(search)
    while True:
        answer = yield Set({"exposure": wanted})
        try:
            wanted = search.send(_brightest(answer.shots))
        except StopIteration as done:
            return done.value, answer


def _brightest(shots: Sequence[Shot]) -> float:
    """Of a picture whose brightest place clips, 255."""
    stage = correct.mean([shot.stage for shot in shots[-2:]])
    return 255.0 if float((stage >= 254).mean()) > MOST_CLIPPED else brightest(stage)


def _lockable(setup: Setup) -> dict[str, float]:
    return {control.name: control.value for control in setup.offers if not control.is_read_only}


def _by_hand(shots: Sequence[Shot], setup: Setup) -> str:
    found = _brightest(shots)
    if abs(found / setup.target - 1) <= 0.05:
        return ""
    why = "the camera lets nobody set its exposure" if setup.offers else "the camera has no controls"
    said = f"The white sheet is at {found:.0f} of 255 where {setup.target:.0f} is wanted, and {why}."
    knob = "Turn down the lamp, or close the lens." if found > setup.target else "Turn up the lamp, or open the lens."
    return " ".join([said, knob])


def _bare(shots: Sequence[Shot], stage: float) -> str:
    """Whether what fills the view is as bright as the bare stage was, where that can be told."""
    sheet = level(shots[-1].look)
    if sheet > 1.2 * stage or stage > 200:
        return ""
    return (
        f"What fills the view is no brighter than the bare stage ({sheet:.0f} and {stage:.0f} of 255). Lay the white "
        "sheet flat on the stage, so that it fills the view."
    )
