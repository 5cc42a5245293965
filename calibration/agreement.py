"""Attribute agreement (gauge) study: is the same part called the same, again and again, and rightly? Pure.

Of P parts whose truth is known, each is laid T times by each appraiser, in an order that hides which is which. After
the attribute method of the AIAG's Measurement Systems Analysis (4th edition, 2010, chapter III, section C):
effectiveness, miss rate and false alarm rate of each appraiser, and Cohen's kappa (J. Cohen, A Coefficient of Agreement
for Nominal Scales, Educational and Psychological Measurement 20, 1960) with the large-sample standard error of
J. L. Fleiss, J. Cohen and B. S. Everitt (Psychological Bulletin 72, 1969), against the truth and between appraisers.
Shares have the exact intervals of Clopper and Pearson. A placement is not independent of the others of its part: the
intervals are of placements, as the standard's are, and the page says so.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from calibration.chance import CONFIDENCE, interval

Z = 1.959964  # two-sided 95 % of the standard normal distribution


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of the study, and what it truly is."""

    name: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One placement: who laid which piece, the how many-th time, and whether it was passed.

    record  number of its record in the log; 0 where none was kept
    """

    appraiser: str
    piece: str
    trial: int
    passed: bool
    record: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked for: least effectiveness, most misses, most false alarms, as shares; least kappa."""

    effectiveness: float = 0.90
    miss: float = 0.02
    false_alarm: float = 0.05
    kappa: float = 0.75


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence."""
        return interval(self.count, self.of, CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance: 1 is whole, 0 what chance brings; NaN where one side never differs."""

    value: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """With 95 % confidence."""
        return max(-1.0, self.value - Z * self.error), min(1.0, self.value + Z * self.error)


@dataclass(frozen=True, slots=True)
class Appraisal:
    """How one appraiser did, or all of them together.

    effectiveness  pieces that were called rightly every time, of all pieces
    repeatability  pieces that were called alike every time
    miss           placements of wrong parts that were passed
    false_alarm    placements of good parts that were not passed
    kappa          against the truth
    """

    name: str
    effectiveness: Share
    repeatability: Share
    miss: Share
    false_alarm: Share
    kappa: Kappa

    def judged(self, limits: Limits) -> list[tuple[str, bool]]:
        """What is asked for, in words, and whether it is met by the numbers that were seen."""
        return [
            (f"effectiveness at least {limits.effectiveness:.0%}", self.effectiveness.value >= limits.effectiveness),
            (f"misses at most {limits.miss:.0%}", self.miss.value <= limits.miss),
            (f"false alarms at most {limits.false_alarm:.0%}", self.false_alarm.value <= limits.false_alarm),
            (f"kappa at least {limits.kappa:.2f}", self.kappa.value >= limits.kappa),
        ]


@dataclass(frozen=True, slots=True)
class Study:
    """The whole study, judged.

    each     appraiser by appraiser
    all      of all placements together
    between  two appraisers, and their kappa
    """

    each: tuple[Appraisal, ...]
    all: Appraisal
    between: tuple[tuple[str, str, Kappa], ...]
    limits: Limits

    @property
    def is_met(self) -> bool:
        """Whether every appraiser, and all together, keep every limit."""
        return all(met for one in (*self.each, self.all) for _, met in one.judged(self.limits))


def order(pieces: Sequence[Piece], appraisers: Sequence[str], trials: int, seed: int) -> list[tuple[str, int, Piece]]:
    """Who lays which piece when: appraiser, trial from 1 on, piece. Each round is shuffled anew: none is known."""
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    rounds = []
    for trial in range(1, trials + 1):
        for appraiser in appraisers:
            shuffled = list(pieces)
            chance.shuffle(shuffled)
            rounds += [(appraiser, trial, piece) for piece in shuffled]
    return rounds


def study(pieces: Sequence[Piece], done: Sequence[Trial], limits: Limits = Limits()) -> Study:
    """Judge what was laid. Raises ValueError, a sentence, for a study that cannot tell anything."""
    truth = {piece.name: piece.is_good for piece in pieces}
    if unknown := sorted({trial.piece for trial in done} - truth.keys()):
        raise ValueError(f"nobody has said what {', '.join(unknown)} truly is")
    if len(set(truth.values())) < 2:
        raise ValueError("a study needs good parts and wrong ones")
    if not done:
        raise ValueError("nothing was laid yet")
    names = list(dict.fromkeys(trial.appraiser for trial in done))
    by_name = {name: [trial for trial in done if trial.appraiser == name] for name in names}
    return Study(
        tuple(_appraisal(name, trials, truth) for name, trials in by_name.items()),
        _appraisal("all", done, truth),
        tuple((one, other, _between(by_name[one], by_name[other])) for one, other in combinations(names, 2)),
        limits,
    )


def _appraisal(name: str, done: Sequence[Trial], truth: dict[str, bool]) -> Appraisal:
    calls: dict[str, set[bool]] = {}
    for trial in done:
        calls.setdefault(trial.piece, set()).add(trial.passed)
    wrong = [trial.passed for trial in done if not truth[trial.piece]]
    good = [trial.passed for trial in done if truth[trial.piece]]
    return Appraisal(
        name,
        Share(sum(said == {truth[piece]} for piece, said in calls.items()), len(calls)),
        Share(sum(len(said) == 1 for said in calls.values()), len(calls)),
        Share(sum(wrong), len(wrong)),
        Share(len(good) - sum(good), len(good)),
        kappa((trial.passed, truth[trial.piece]) for trial in done),
    )


def _between(one: Sequence[Trial], other: Sequence[Trial]) -> Kappa:
    """Of the same trial of the same piece."""
    theirs = {(trial.piece, trial.trial): trial.passed for trial in other}
    pairs = [(trial.passed, theirs[key]) for trial in one if (key := (trial.piece, trial.trial)) in theirs]
    return kappa(pairs)


def kappa(pairs: Iterable[tuple[bool, bool]]) -> Kappa:
    """Cohen's kappa of pairs of calls, with the standard error of Fleiss, Cohen and Everitt (1969)."""
    table = [[0, 0], [0, 0]]
    for one, other in pairs:
        table[one][other] += 1
    total = sum(map(sum, table))
    if not total:
        return Kappa(math.nan, math.nan)
    p = [[count / total for count in row] for row in table]
    rows, columns = [sum(row) for row in p], [p[0][j] + p[1][j] for j in (0, 1)]
    seen = p[0][0] + p[1][1]
    chance = sum(rows[i] * columns[i] for i in (0, 1))
    if chance == 1:
        return Kappa(math.nan, math.nan)
    value = (seen - chance) / (1 - chance)
    a = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in (0, 1))
    b = (1 - value) ** 2 * sum(p[i][j] * (columns[i] + rows[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j)
    c = (value - chance * (1 - value)) ** 2
    return Kappa(value, math.sqrt(max(0.0, a + b - c) / total) / (1 - chance))


def page(judged: Study, about: Sequence[tuple[str, str]]) -> str:
    """The study on one page, as text of at most 100 columns; `about` are lines of its head: what, and its words."""
    met = "The limits are met." if judged.is_met else "The limits are NOT met."
    lines = ["ATTRIBUTE AGREEMENT STUDY", ""]
    lines += [f"{name:22} {words}" for name, words in about]
    lines += ["", f"{'':18} {'effectiveness':>21} {'misses':>21} {'false alarms':>21} {'kappa':>14}"]
    for one in (*judged.each, judged.all):
        shares = " ".join(f"{_share(share):>21}" for share in (one.effectiveness, one.miss, one.false_alarm))
        lines.append(f"{one.name[:18]:18} {shares} {_kappa(one.kappa):>14}")
    lines += ["", *(f"{one} and {other}: kappa {_kappa(found)}" for one, other, found in judged.between)]
    lines += ["", f"Called alike every time: {_share(judged.all.repeatability)} of the pieces."]
    for one in (*judged.each, judged.all):
        lines += [f"Not met by {one.name}: {words}" for words, is_met in one.judged(judged.limits) if not is_met]
    if judged.is_met and (most := judged.all.miss.interval[1]) > judged.limits.miss:
        met += f" So few placements do not show it: with 95 % confidence up to {most:.0%} of wrong parts may pass."
    lines += ["", met, "Intervals are of 95 %, of placements; those of one piece are not independent of each other."]
    lines += ["", "Signed: ______________________________   Date: ______________"]
    return "\n".join(lines) + "\n"


def _share(share: Share) -> str:
    low, high = share.interval
    return "none" if not share.of else f"{share.value:.1%} ({low:.0%} … {high:.0%})"


def _kappa(found: Kappa) -> str:
    if math.isnan(found.value):
        return "none"
    low, high = found.interval
    return f"{found.value:.2f} ({low:.2f} … {high:.2f})"
