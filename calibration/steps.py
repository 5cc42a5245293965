"""The steps of the wizard: each asks, measures, refuses with the knob that mends it what cannot be true, leaves facts.

halt → clean → lock → flat → focus → geometry → baseline → check → sign
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from calibration import correct, exposure
from calibration.chance import upper
from calibration.controls import disobeyed
from calibration.fitness import fitness
from calibration.geometry import Geometry, NoBoard, geometry
from calibration.ground import displaced
from calibration.measure import (
    Flicker,
    Gray,
    ambient,
    blocks,
    brightest,
    clipped,
    compare,
    falloff,
    flicker,
    focus,
    level,
    noise,
    sharpness,
    snr,
    straying,
)
from calibration.profile import Profile
from calibration.wizard import Adjust, Answer, Ask, Done, Live, Seen, Set, Setup, Shot, Step, Told, Work

DARKEST, BRIGHTEST = 25.0, 215.0  # gray levels of the empty stage between which a part can be darker and brighter
MOST_CLIPPED = 0.02  # share of the empty stage
MOST_NOISE = 12.0  # gray levels; more is no sensor's noise but something that moves or flickers
MOST_FLICKER = 0.02  # of the level, from picture to picture
MOST_DRIFT = 0.01  # of the level, while the pictures of a step are taken: a lamp that is still warming up
MOST_AMBIENT = 0.1  # share of the light that is not the lamp's
MOST_FALLOFF = 0.7  # of a white sheet, before it is corrected
LEAST_SNR = 30.0  # dB, of a white sheet
FLAT_SHOTS = 48  # pictures of dark and of white: their noise stays in every picture that is corrected by them
LEAST_COVERED = 0.002  # share of the stage that a part must change
DARK = (
    18.0  # gray levels of the brightest place with the cap on; black is 2 at the bench, 16 where video levels are given
)
MOST_UNLIKE_DARK = 1.0  # gray levels, of any place in any of the dark pictures
MOST_SHADOW = 0.02  # of the level, of any place in any of the white pictures
IN_DARK, ON_WHITE = 16, 64  # places in a row; of a dark picture JPEG keeps whole levels only, which small places show
BACK_IN_FOCUS = 0.9  # share of the sharpest that was seen
AS_SHARP = 0.75  # share of the last calibration's
LEAST_MM, LEAST_DEGREES, LEAST_GROWN = 0.5, 0.3, 0.01  # of a move of the camera that is moved back
MOST_TILT = 3.0  # degrees
MOST_FALSE_ALARMS = 0.2  # share of the golden placements of the check

Steps = Generator[Told, Answer, Done]


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
    while trouble := _unsteady(answer.shots) or _moving(answer.shots):
        answer = yield Adjust(trouble)
    return Done("clean", said="The light stands still.")


def lock(work: Work) -> Steps:
    """Exposure by measurement, all other controls as they are, and what the camera makes of that."""
    setup = work.setup

    def live(shot: Shot) -> Live:
        return Live("brightest place", brightest(shot.stage), "of 255", 0.98 * setup.target, 1.02 * setup.target)

    answer = yield Ask("Lay the white sheet flat on the stage, so that it fills the view.", live)
    while True:
        trouble = _no_sheet(answer.shots) or _bare(answer.shots, work.facts["found_level"]) or _moving(answer.shots)
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


def flat(work: Work) -> Steps:
    """Dark and white pictures become the flat field; noise, flicker and room light are measured on the white sheet."""

    def live(shot: Shot) -> Live:
        return Live("brightest place", _darkness(shot.look), "of 255", most=DARK)

    answer = yield Ask("Leave the white sheet on the stage, and put the cap on the lens.", live, shots=FLAT_SHOTS)
    while trouble := _not_dark([shot.stage for shot in answer.shots]):
        answer = yield Adjust(trouble, live, shots=FLAT_SHOTS)
    dark = [shot.stage for shot in answer.shots]
    black = float(np.mean(dark))
    fall = _live_falloff(black)
    answer = yield Ask("Take the cap off. The white sheet has to fill the view.", fall, shots=FLAT_SHOTS)
    while True:
        white = [shot.stage for shot in answer.shots]
        trouble = _no_sheet(answer.shots) or _unsteady(answer.shots) or _moving(answer.shots)
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


def _darkness(gray: Gray) -> float:
    return float(blocks(gray).max())


def _not_dark(dark: Sequence[Gray]) -> str:
    """Every picture has to be dark, since all are averaged; by levels, as shares of nearly nothing say little."""
    mend = "Put the cap on the lens, and shade it."
    if (darkness := max(map(_darkness, dark))) > DARK:
        return f"It is not dark ({darkness:.0f} of 255). {mend}"
    if (unlike := float(straying(dark, IN_DARK).max())) > MOST_UNLIKE_DARK:
        return f"The dark differs by {unlike:.0f} of 255 from picture to picture. {mend}"
    return ""


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
        "flicker": _flicker(shots).depth,
    }


def _poor_light(white: Sequence[Gray], black: float) -> str:
    mean = correct.mean(white)
    ratio = snr(float(mean.mean()), black, noise(white[0], white[1]))
    if ratio < LEAST_SNR:
        return f"The picture is noisy ({ratio:.0f} dB, at least {LEAST_SNR:.0f}). Lower the gain, and turn up the lamp."
    if (fall := falloff(mean, black)) > MOST_FALLOFF:
        return f"The light falls off by {fall:.0%} over the stage. Set the lamp higher, or turn it to the middle."
    return ""


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
        trouble = _no_part(answer.shots[-1], setup, work) or _moving(answer.shots)
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
    stage = _typical(answer.shots, setup, work)
    return Done("focus", {"focus": value / 1000}, {"part": stage}, f"Sharpness is {value:.1f}.")


def _no_part(shot: Shot, setup: Setup, work: Work) -> str:
    parts = setup.patch_of(shot.stage, work.flat)[1]
    return "" if parts == 1 else f"{parts or 'No'} parts are found where one was asked for. Lay one in the middle."


def _typical(shots: Sequence[Shot], setup: Setup, work: Work) -> Gray:
    """The stage, corrected, of the picture whose sharpness lies in the middle."""
    ranked = sorted(shots, key=lambda shot: sharpness(setup.patch_of(shot.stage, work.flat)[0]))
    stage = ranked[len(ranked) // 2].stage
    return work.flat.whole(stage) if work.flat else stage


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
    if trouble := _moving(shots):
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


def empty(work: Work) -> Steps:
    """The empty stage, as a look sees it: what every later picture is held against."""
    setup = work.setup
    answer = yield Ask("Clear the stage and take the hands away.", lambda shot: Live("level", level(shot.look)))
    while trouble := _empty_trouble(answer.shots, setup.patch_of(answer.shots[-1].stage, work.flat)[1]):
        answer = yield Adjust(trouble)
    looks = np.asarray(np.median([shot.look for shot in answer.shots], axis=0), np.uint8)
    stages = [work.flat.whole(shot.stage) if work.flat else shot.stage for shot in answer.shots]
    ground = np.asarray(np.rint(correct.mean(stages)), np.uint8)
    sharp_as = float(np.median([focus(one, other) for one, other in pairwise(stages)]))
    facts = {"noise": _noise(answer.shots), "stage_level": level(looks), "ground_focus": sharp_as}
    if "scale" in work.facts:
        facts["is_followed"] = float(bool(displaced(stages[0], ground, work.facts["scale"])))
    return Done("empty", facts, {"empty": looks, "ground": ground}, f"The empty stage is at {level(looks):.0f} of 255.")


def part(work: Work) -> Steps:
    """One part in focus, where focus was not sought step by step."""
    setup = work.setup
    answer = yield Ask("Lay one part in the middle of the stage and take the hand away.")
    while trouble := _part_trouble(answer.shots, work, setup.patch_of(answer.shots[-1].stage, work.flat)[1]):
        answer = yield Adjust(trouble)
    return Done("part", {}, {"part": _typical(answer.shots, setup, work)})


def baseline(work: Work) -> Steps:
    """The empty stage, then golden parts: they tell whether all has come back, or has to be learnt anew."""
    setup = work.setup
    stage = yield from empty(work)
    if setup.judge is None or setup.expected is None:
        return Done("baseline", stage.facts, stage.pictures, stage.said)
    scores, distances = [], []
    for number in range(setup.placements):
        name = setup.golden[number % len(setup.golden)]
        seen = yield from _laid(
            f"Lay the {name} on the stage, wherever and however ({number + 1} of {setup.placements}).", work
        )
        scores.append(seen.score)
        distances.append(seen.distance)
    fit = fitness(scores, distances, setup.expected)
    facts = {"golden_scores": scores, "golden_distances": distances, "is_back": fit.is_back, "fit": fit.said}
    facts["golden_distance"] = sum(distances) / len(distances) / setup.expected.distance
    return Done("baseline", stage.facts | facts, stage.pictures, fit.said)


def check(work: Work) -> Steps:
    """Blind re-placements: golden and challenge parts in an order that nobody chose; what passes is counted."""
    setup = work.setup
    if setup.judge is None:
        return Done("check", said="Nothing was judged: there is no network here.")
        yield  # a step is a generator
    text = "Lay the {name} on the stage, turned and shifted as chance has it ({number} of {of})."
    while True:
        order = [(name, True) for name in _times(setup.golden, setup.placements)]
        order += [(name, False) for name in _times(setup.challenge, setup.placements)]
        random.Random(setup.made_at).shuffle(order)  # noqa: S311 - an order, no secret
        misses = alarms = 0
        for number, (name, is_golden) in enumerate(order, 1):
            seen = yield from _laid(text.format(name=name, number=number, of=len(order)), work)
            misses += seen.passes and not is_golden
            alarms += is_golden and not seen.passes
        trouble = _not_true(misses, alarms, setup.placements)
        if not trouble:
            break
        yield Adjust(trouble)
    of = setup.placements
    bounds = {"miss_bound": upper(misses, of), "false_alarm_bound": upper(alarms, of)}
    said = (
        f"{misses} of {of} challenge placements passed (with 95 % confidence at most {bounds['miss_bound']:.0%}), "
        f"{alarms} of {of} golden ones did not (at most {bounds['false_alarm_bound']:.0%})."
    )
    counts = {"misses": misses, "false_alarms": alarms, "challenge_placements": of, "golden_placements": of}
    return Done("check", counts | bounds | {"check": said}, said=said)


def _times(names: Sequence[str], count: int) -> list[str]:
    return [names[number % len(names)] for number in range(count)]


def _not_true(misses: int, alarms: int, of: int) -> str:
    if misses:
        return (
            f"{misses} of {of} challenge placements passed. Do not sign this: see that the right parts were laid, and "
            "check again. If it stays so, the network must see new pictures: `station collect`, then `station teach`."
        )
    if alarms > max(1, MOST_FALSE_ALARMS * of):
        return (
            f"{alarms} of {of} golden placements did not pass. Wipe part and stage, and check again. If it stays so, "
            "undo to the focus, or the network must see new pictures: `station collect`, then `station teach`."
        )
    return ""


def _laid(text: str, work: Work) -> Generator[Told, Answer, Seen]:
    """Ask for a placement until there is something to judge."""
    assert work.setup.judge
    answer = yield Ask(text)
    while True:
        seen = work.setup.judge(answer.shots[-1].stage, work.flat)
        trouble = _moving(answer.shots) or seen.advice
        if not trouble:
            return seen
        answer = yield Adjust(trouble)


def sign(work: Work) -> Steps:
    """Somebody answers for it by name."""
    facts = work.facts
    said = [facts[name] for name in ("fit", "check") if name in facts]
    text = " ".join([*said, "Sign with your name: the calibration is then active, and verification is asked for."])
    answer = yield Ask(text, wants="your name")
    while not answer.word.strip():
        answer = yield Adjust("A calibration needs a name: type yours.", wants="your name")
    return Done("sign", {"signed_by": answer.word.strip()}, said=f"Signed by {answer.word.strip()}.")


STEPS: Mapping[str, Step] = {
    "halt": halt,
    "clean": clean,
    "lock": lock,
    "flat": flat,
    "focus": sharp,
    "geometry": place,
    "baseline": baseline,
    "check": check,
    "sign": sign,
}
BLANK = frozenset({"lock", "flat"})  # steps whose pictures may well be all alike: black, or white all over
QUICK: Mapping[str, Step] = {"empty": empty, "part": part}  # no correction, no controls: what a bench needs at least


def steps_of(setup: Setup) -> dict[str, Step]:
    """All steps that this station can do."""
    return {name: step for name, step in STEPS.items() if setup.board or name != "geometry"}


def profile_of(work: Work) -> Profile:
    """What the steps have measured, as a profile."""
    setup, facts, pictures = work.setup, work.facts, work.pictures
    patch, _ = setup.patch_of(pictures["part"], None)  # it is corrected
    found = facts.get("geometry")
    return Profile(
        camera=setup.camera,
        frame=setup.frame,
        made_at=setup.made_at,
        made_by=facts.get("signed_by", setup.made_by),
        region=setup.region,
        reduce=setup.reduce,
        empty=pictures["empty"],
        part=pictures["part"],
        noise=facts["noise"],
        sharpness=sharpness(patch),
        clipped=clipped(patch),
        is_simulated=setup.is_simulated,
        flat=work.flat,
        ground=pictures.get("ground") if found else None,
        before=pictures.get("before"),
        settings=facts.get("settings", {}),
        asked=facts.get("asked", {}),
        geometry=found and Geometry(**found | {"tilt": tuple(found["tilt"])}),
        figures={name: float(value) for name, value in facts.items() if isinstance(value, int | float)},
        model=setup.model if "golden_distance" in facts else "",
    )


# what speaks against pictures, in words; empty where nothing does


def _empty_trouble(shots: Sequence[Shot], parts: int) -> str:
    light = level(shots[-1].look)
    if light < DARKEST:
        return f"The empty stage is too dark ({light:.0f} of 255). Turn up the lamp, or lengthen the exposure."
    if light > BRIGHTEST or clipped(shots[-1].stage) > MOST_CLIPPED:
        return f"The empty stage is too bright ({light:.0f} of 255). Turn down the lamp, or shorten the exposure."
    if parts:
        return "Something lies on the stage. Clear it, and wipe it."
    return _moving(shots)


def _part_trouble(shots: Sequence[Shot], work: Work, parts: int) -> str:
    difference = np.abs(compare(shots[-1].look, work.pictures["empty"]).difference)
    if float((difference > 10).mean()) < LEAST_COVERED:
        return "No part is seen. Lay one in the middle of the stage."
    if parts != 1:
        return f"{parts or 'No'} parts are found where one was asked for. Lay one in the middle of the stage."
    return _moving(shots)


def _no_sheet(shots: Sequence[Shot]) -> str:
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


def _bare(shots: Sequence[Shot], stage: float) -> str:
    """Whether what fills the view is as bright as the bare stage was, where that can be told."""
    sheet = level(shots[-1].look)
    if sheet > 1.2 * stage or stage > 200:
        return ""
    return (
        f"What fills the view is no brighter than the bare stage ({sheet:.0f} and {stage:.0f} of 255). Lay the white "
        "sheet flat on the stage, so that it fills the view."
    )


def _darker(white: Sequence[Gray], before: float) -> str:
    """Whether the white sheet is not what the exposure was set by."""
    now = brightest(white[-1])
    if now > 0.8 * before:
        return ""
    return (
        f"The white sheet is at {now:.0f} where it was {before:.0f} of 255 when the exposure was set. Lay it flat, see "
        "that the lamp is on as before, or undo to the step before."
    )


def _unsteady(shots: Sequence[Shot]) -> str:
    found = _flicker(shots)
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


def _flicker(shots: Sequence[Shot]) -> Flicker:
    return flicker([level(shot.look) for shot in shots], [shot.at for shot in shots])


def _moving(shots: Sequence[Shot]) -> str:
    return "The picture moves or flickers. Keep the stage still, and see that the lamp is steady." * (
        _noise(shots) > MOST_NOISE
    )


def _noise(shots: Sequence[Shot]) -> float:
    return float(np.median([noise(a.look, b.look) for a, b in pairwise(shots)]))
