"""Dark and white pictures become the flat field; noise, flicker and room light are measured on the white sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from calibration import correct
from calibration.measure import Gray, ambient, blocks, brightest, falloff, level, noise, snr, straying
from calibration.steps.dark import pictures
from calibration.steps.doubts import flicker_of, moving, no_sheet, unsteady
from calibration.wizard import Adjust, Ask, Done, Live, Set, Shot, Steps, Work

MOST_AMBIENT = 0.1  # share of the light that is not the lamp's
MOST_FALLOFF = 0.7  # of a white sheet, before it is corrected
LEAST_SNR = 30.0  # dB, of a white sheet
FLAT_SHOTS = 48  # pictures of dark and of white: their noise stays in every picture that is corrected by them
MOST_SHADOW = 0.02  # of the level, of any place in any of the white pictures
ON_WHITE = 64  # places in a row


def flat(work: Work) -> Steps:
    """Dark and white pictures become the flat field; noise, flicker and room light are measured on the white sheet."""
    dark = yield from pictures(work, FLAT_SHOTS)
    black = float(np.mean(dark))
    fall = _live_falloff(black)
    answer = yield Ask("Take the cap off. The white sheet has to fill the view.", fall, shots=FLAT_SHOTS)
    while True:
        white = [shot.stage for shot in answer.shots]
        trouble = no_sheet(answer.shots) or unsteady(answer.shots) or moving(answer.shots)
        trouble = trouble or _darker(white, work.facts["white_level"]) or _poor_light(white, black) or _shadowed(white)
        if not trouble:
            field = correct.flat_field(dark, white)
            trouble = correct.trouble(field, white)
        if not trouble:
            break
        answer = yield Adjust(trouble, fall, shots=FLAT_SHOTS)
    facts = _white_figures(answer.shots, field, black)
    if work.setup.has_lamp:
        off = yield Set({"lamp": 0.0})
        answer = yield Set({"lamp": 1.0})
        facts["ambient"] = ambient(level(off.shots[-1].stage), level(answer.shots[-1].stage), black)
        if facts["ambient"] > MOST_AMBIENT:
            yield Adjust(
                f"{facts['ambient']:.0%} of the light is not the lamp's. Shade the stage from room and window."
            )
            return (yield from flat(work))
    said = f"A fall-off of {facts['falloff']:.0%} becomes {facts['falloff_corrected']:.1%}; "
    said += f"{field.bad} pixels cannot be corrected." if field.bad else "every pixel can be corrected."
    return Done("flat", facts, {"dark": field.dark, "gain": field.gain}, said)


def _shadowed(white: Sequence[Gray]) -> str:
    """Whether the light changed at any place in any picture: it would stay in the gains, where nothing finds it."""
    share = float((straying(white, ON_WHITE) / np.maximum(1.0, blocks(correct.mean(white), ON_WHITE))).max())
    if share <= MOST_SHADOW:
        return ""
    return (
        f"The light on the white sheet differs by {share:.0%} from picture to picture. Keep hands and shadows off it, "
        "and see that the lamp is steady."
    )


def _live_falloff(black: float) -> Callable[[Shot], Live]:
    return lambda shot: Live("fall-off", 100 * falloff(shot.look, black), "%", most=100 * MOST_FALLOFF)


def _white_figures(shots: Sequence[Shot], field: correct.FlatField, black: float) -> dict[str, Any]:
    white = [shot.stage for shot in shots]
    mean = correct.mean(white)
    sigma = float(np.median([noise(one, other) for one, other in pairwise(white)]))
    return {
        "unit": field.unit,
        "bad": field.bad,
        "black": black,
        "falloff": falloff(mean, black),
        "falloff_corrected": falloff(field.whole(np.asarray(np.rint(mean), np.uint8))),
        "white_noise": sigma,
        "snr": snr(float(mean.mean()), black, sigma),
        "flicker": flicker_of(shots).depth,
    }


def _poor_light(white: Sequence[Gray], black: float) -> str:
    mean = correct.mean(white)
    ratio = snr(float(mean.mean()), black, noise(white[0], white[1]))
    if ratio < LEAST_SNR:
        return f"The picture is noisy ({ratio:.0f} dB, at least {LEAST_SNR:.0f}). Lower the gain, and turn up the lamp."
    if (fall := falloff(mean, black)) > MOST_FALLOFF:
        return f"The light falls off by {fall:.0%} over the stage. Set the lamp higher, or turn it to the middle."
    return ""


def _darker(white: Sequence[Gray], before: float) -> str:
    """Whether the white sheet is not what the exposure was set by."""
    now = brightest(white[-1])
    if now > 0.8 * before:
        return ""
    return (
        f"The white sheet is at {now:.0f} where it was {before:.0f} of 255 when the exposure was set. Lay it flat, see "
        "that the lamp is on as before, or undo to the step before."
    )
