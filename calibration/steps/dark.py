"""The pictures without light: every one has to be dark, and as dark with more exposure, or light leaks in."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from calibration import correct
from calibration.controls import Control, disobeyed
from calibration.measure import Gray, blocks, straying
from calibration.wizard import Adjust, Answer, Ask, Live, Set, Shot, Told, Work

DARK = 18.0  # gray levels of the brightest place with the cap on; black is 2 at the bench, 16 in video levels
MOST_UNLIKE_DARK = 1.0  # gray levels, of any place in any of the dark pictures
MOST_RISE = 1.0  # gray levels, of any place, with the longer exposure; less is lost in the steps of JPEG
MOST_UNEVEN = 2.0  # gray levels between two places, where the exposure cannot be changed
IN_DARK = 16  # places in a row; of a dark picture JPEG keeps whole levels only, which small places show
TIMES = 4.0  # of the exposure, up or down
LEAST_TIMES = 1.5  # with less a leak would hardly grow
MEND = "Put the cap on the lens, and shade it."


def pictures(work: Work, count: int) -> Generator[Told, Answer, list[Gray]]:
    """So many of them, asked for until they are dark."""

    def live(shot: Shot) -> Live:
        return Live("brightest place", _darkness(shot.look), "of 255", most=DARK)

    answer = yield Ask("Leave the white sheet on the stage, and put the cap on the lens.", live, shots=count)
    while True:
        dark = [shot.stage for shot in answer.shots]
        trouble = _not_dark(dark) or (yield from _leaking(work, dark))
        if not trouble:
            return dark
        answer = yield Adjust(trouble, live, shots=count)


def _darkness(gray: Gray) -> float:
    return float(blocks(gray).max())


def _not_dark(dark: Sequence[Gray]) -> str:
    """Every picture has to be dark, since all are averaged; by levels, as shares of nearly nothing say little."""
    if (darkness := max(map(_darkness, dark))) > DARK:
        return f"It is not dark ({darkness:.0f} of 255). {MEND}"
    if (unlike := float(straying(dark, IN_DARK).max())) > MOST_UNLIKE_DARK:
        return f"The dark differs by {unlike:.0f} of 255 from picture to picture. {MEND}"
    return ""


def _leaking(work: Work, dark: Sequence[Gray]) -> Generator[Told, Answer, str]:
    """Whether light comes under the cap: it grows with the exposure, and the sensor's black does not."""
    locked = work.facts["settings"].get("exposure")
    control = next((each for each in work.setup.offers if each.name == "exposure" and not each.is_read_only), None)
    if locked is None or control is None:
        return _uneven(dark)
    other = yield Set({"exposure": _other(control, locked)})
    back = yield Set({"exposure": locked})
    if trouble := disobeyed(back.settings):
        return trouble
    times = (other.settings[0].got or locked) / locked
    if 1 / LEAST_TIMES < times < LEAST_TIMES:  # the camera has no other exposure now
        return _uneven(dark)
    rise = blocks(correct.mean([shot.stage for shot in other.shots]), IN_DARK) - blocks(correct.mean(dark), IN_DARK)
    most = float((rise if times > 1 else -rise).max())
    if most <= MOST_RISE:
        return ""
    return f"Light comes under the cap: the dark grows by {most:.0f} of 255 with the exposure. {MEND}"


def _other(control: Control, locked: float) -> float:
    """An exposure that shows a leak: a longer one, and where there is none, a shorter one."""
    longer = control.nearest(TIMES * locked)
    return longer if longer >= LEAST_TIMES * locked else control.nearest(locked / TIMES)


def _uneven(dark: Sequence[Gray]) -> str:
    """Whether some places are brighter than others, as under a cap that does not close; all that can be told then."""
    places = blocks(correct.mean(dark), IN_DARK)
    uneven = float(places.max() - places.min())
    if uneven <= MOST_UNEVEN:
        return ""
    return f"The dark differs by {uneven:.0f} of 255 from place to place, as if light came under the cap. {MEND}"
