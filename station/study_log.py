"""A study at a running station: its placements are the records of the log, of an order of the study's own.

Nothing of the station waits for it. Who lays the piece that is asked for lays it as on any day; the next record of the
order that counts is its placement. Production is kept apart by the order, which bears the study's name.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from calibration.agreement import Limits, Piece, Trial
from station.errors import DataError
from station.log import queries
from station.log.record import Row, time_text
from station.log.search import Search
from station.study import FOLDER, Kept, Known, Plan, by_lot
from station.types import Reason, Verdict

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
MOST_PIECES, MOST_PEOPLE, MOST_TRIALS = 50, 6, 20
LONGEST = 40  # letters of a name
NOTHING_SHOWN = (Reason.POOR_PICTURE, Reason.FAULT, Reason.NOT_VERIFIED)
OTHER_MODEL = "Another bundle is in use than the study was begun with: use that one again, or begin another study."
TWO = "More than one part was laid, and nobody can say which was the piece: lay it again."


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the log holds for the piece that is asked for.

    record   the placement of it, once it is there
    newest   the last record that was looked at
    again    why what was laid shows nothing, or which it was cannot be told; a sentence
    """

    record: Row | None = None
    newest: int = 0
    again: str = ""

    @property
    def is_unclear(self) -> bool:
        """Whether several were laid."""
        return self.again == TWO


def planned(good: str, wrong: str, people: str, trials: str) -> Plan:
    """What somebody typed: a piece or a person a line, or with commas between. Raises DataError, every mistake."""
    rights, wrongs, names = (_names(text) for text in (good, wrong, people))
    mistakes = []
    if not rights or not wrongs:
        mistakes.append("A study needs good parts and wrong ones.")
    if len({*rights, *wrongs}) < len([*rights, *wrongs]) or len(set(names)) < len(names):
        mistakes.append("Each piece and each person needs a name of their own.")
    if not 1 <= len(names) <= MOST_PEOPLE:
        mistakes.append(f"Name one to {MOST_PEOPLE} people.")
    if len([*rights, *wrongs]) > MOST_PIECES:
        mistakes.append(f"A study has {MOST_PIECES} pieces at the most.")
    if any(len(name) > LONGEST or not name.isprintable() for name in (*rights, *wrongs, *names)):
        mistakes.append(f"A name has {LONGEST} letters at the most.")
    if not (trials.strip().isascii() and trials.strip().isdecimal() and 1 <= int(trials[:9]) <= MOST_TRIALS):
        mistakes.append(f"Each piece is laid 1 to {MOST_TRIALS} times by each.")
    if mistakes:
        raise DataError(" ".join(mistakes))
    pieces = (*(Piece(name, True) for name in rights), *(Piece(name, False) for name in wrongs))
    return Plan(pieces, {}, tuple(names), int(trials), by_lot())


def _names(text: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,;\n\r]", text) if name.strip()]


def names(data: Path) -> list[str]:
    """The studies of a data folder, the newest first."""
    found = sorted((data / FOLDER).glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in found]


def limits_of(known: Known) -> Limits:
    """What the study has to keep: as it was planned, else what is usual."""
    told = known.head.get("limits", {})
    return Limits(**{name: float(told[name]) for name in asdict(Limits()) if name in told})


class LogStudy:
    """One study of a data folder, by its name. Every method may raise DataError or LogError, a sentence."""

    def __init__(self, data: Path, name: str) -> None:
        if not NAME.fullmatch(name):
            raise DataError(f"A study is named by at most {LONGEST} letters, digits, - and _, without blanks.")
        self._data, self.name = data, name
        self._kept = Kept(data, name)

    def begin(self, plan: Plan, part_number: str, limits: Limits, by: str, at: datetime, **about: Any) -> None:
        """Write down what is studied; it is left until somebody goes on with it."""
        if self._kept.read() is not None:
            raise DataError(f"There is a study {self.name} already; give this one another name.")
        told = {"part_number": part_number, "limits": asdict(limits), "by": by, "at": time_text(at)}
        self._kept.begin(plan, **told, **about)
        self._kept.wait(0, is_left=True, by=by)

    def known(self) -> Known:
        """As it stands."""
        known = self._kept.read()
        if known is None:
            raise DataError(f"There is no study {self.name}.")
        return known

    def wanted(self, known: Known) -> tuple[str, int, Piece] | None:
        """Who lays which piece the how many-th time; None once all were laid."""
        rounds = known.plan.rounds()
        return rounds[len(known.done)] if len(known.done) < len(rounds) else None

    def quantity(self, known: Known) -> int:
        """Of its order: so many that it is never complete, since a complete order passes nothing any more."""
        return 2 * len(known.plan.rounds()) + 100

    def go_on(self, by: str) -> None:
        """From now on what is laid under its order counts."""
        self._kept.wait(self._newest(), by=by)

    def leave(self, by: str) -> None:
        """Nothing counts until somebody goes on."""
        self._kept.wait(self._newest(), is_left=True, by=by)

    def take_back(self, by: str) -> None:
        """The last placement was another piece, or laid wrongly: it is asked for again."""
        if not self.known().done:
            raise DataError("Nothing was laid yet that could be taken back.")
        self._kept.take_back(self._newest(), by)

    def waiting(self, known: Known) -> Waiting:
        """What was laid since the piece was asked for."""
        if known.is_left or self.wanted(known) is None:
            return Waiting(newest=known.since)
        with queries.reading(self._data) as rows:
            found = list(queries.onward(rows, Search(work_order=self.name), known.since + 1))
        counting = [row for row in found if row["measures"].get("verified")]  # not what verifies the station
        shown = [row for row in counting if row["reason"] not in NOTHING_SHOWN]
        newest = max((row["sequence"] for row in found), default=known.since)
        if len(shown) > 1:
            return Waiting(newest=newest, again=TWO)
        if shown:
            return Waiting(shown[0], newest)
        return Waiting(newest=newest, again=str(counting[-1]["advice"]) if counting else "")

    def take(self, number: int) -> Trial | None:
        """Take the placement number so and so, from 0, out of the log; None where it is not there, or was taken before.

        Of two that were laid neither is taken, and DataError says so: the piece is asked for again.
        """
        known = self.known()
        waiting, wanted = self.waiting(known), self.wanted(known)
        if len(known.done) != number or wanted is None:
            return None
        if waiting.record is None:
            if waiting.is_unclear:
                self._kept.wait(waiting.newest)
                raise DataError(TWO)
            return None
        if waiting.record["model"] != known.head.get("model"):
            raise DataError(OTHER_MODEL)
        who, trial, piece = wanted
        passed = waiting.record["verdict"] == Verdict.PASS
        taken = Trial(who, piece.name, trial, passed, waiting.record["sequence"])
        self._kept.add(taken)
        return taken

    def _newest(self) -> int:
        with queries.reading(self._data) as rows:
            return queries.newest(rows)
