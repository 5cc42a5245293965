"""What the network says: golden parts tell whether all has come back, blind re-placements what may slip through."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence

from calibration.chance import upper
from calibration.fitness import fitness
from calibration.steps.doubts import moving
from calibration.steps.stage import empty
from calibration.wizard import Adjust, Answer, Ask, Done, Seen, Steps, Told, Work

MOST_FALSE_ALARMS = 0.2  # share of the golden placements of the check


def baseline(work: Work) -> Steps:
    """The empty stage, then golden parts: they tell whether all has come back, or has to be learnt anew."""
    setup = work.setup
    stage = yield from empty(work)
    if setup.judge is None or setup.expected is None:
        return Done("baseline", stage.facts, stage.pictures, stage.said)
    scores, distances = [], []
    for number in range(setup.placements):
        name = setup.golden[number % len(setup.golden)]
        seen = yield from laid(
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
            seen = yield from laid(text.format(name=name, number=number, of=len(order)), work)
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


def laid(text: str, work: Work) -> Generator[Told, Answer, Seen]:
    """Ask for a placement until there is something to judge."""
    assert work.setup.judge
    answer = yield Ask(text)
    while True:
        seen = work.setup.judge(answer.shots[-1].stage, work.flat)
        trouble = moving(answer.shots) or seen.advice
        if not trouble:
            return seen
        answer = yield Adjust(trouble)
