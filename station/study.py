"""An attribute agreement study at the stage: real placements by several people, each kept as soon as it was judged.

studies/NAME.jsonl, in the data folder: first what is studied, then one line a placement; whoever breaks off goes on.
Half a line at its end, which a power cut or a full disk may leave, is none: the next one takes its place.
At a running station it is made from the records: see study_log.py.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from calibration.agreement import Limits, Piece, Study, Trial, order, study
from station.collect.collection import placements
from station.errors import DataError, LogError
from station.log.archive import sync
from station.loop import examine
from station.model import Model
from station.recipe import decide
from station.trigger import Trigger
from station.types import Camera, Clock, Reason, Verdict

FOLDER = "studies"
GOOD, WRONG = "good", "wrong"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is studied.

    pieces  each with what it truly is
    kinds   piece → its part number, where the list of pieces tells it
    people  who lay them, and trials: how often each does each
    seed    of the order, which `by_lot` draws
    """

    pieces: tuple[Piece, ...]
    kinds: dict[str, str]
    people: tuple[str, ...]
    trials: int
    seed: int

    def rounds(self) -> list[tuple[str, int, Piece]]:
        """Who lays which piece when."""
        return order(self.pieces, self.people, self.trials, self.seed)


def by_lot() -> int:
    """A seed that nobody chose: who knows the order of one study knows nothing of the next."""
    return secrets.randbelow(2**31)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a placement: whether it was passed, or why it shows nothing and is asked for again."""

    passed: bool | None
    said: str


def read_pieces(path: Path) -> tuple[tuple[Piece, ...], dict[str, str]]:
    """A table with the columns piece and truth (good or wrong), and, if one likes, part_number. Raises DataError."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as trouble:
        raise DataError(f"{path} cannot be read; give a table with the columns piece and truth.") from trouble
    mistakes = [
        f"{path}: row {n} has the truth {row.get('truth')!r}; it is good or wrong"
        for n, row in enumerate(rows, 2)
        if row.get("truth") not in (GOOD, WRONG)
    ]
    names = [str(row.get("piece") or "") for row in rows]
    if len(set(names)) < len(names) or not all(names):
        mistakes.append(f"{path}: each piece needs a name of its own, in the column piece")
    if not mistakes and len({row["truth"] for row in rows}) < 2:
        mistakes.append(f"{path}: a study needs good parts and wrong ones")
    if mistakes:
        raise DataError("\n".join(mistakes))
    kinds = {name: str(row["part_number"]) for name, row in zip(names, rows, strict=True) if row.get("part_number")}
    return tuple(Piece(name, row["truth"] == GOOD) for name, row in zip(names, rows, strict=True)), kinds


class Known(NamedTuple):
    """A study as it stands.

    head     what else its first line says: model, calibration, and who began it
    since    only records after this one are placements of it
    is_left  somebody has left it for another day
    taken_back  placements that somebody had laid again
    """

    plan: Plan
    done: list[Trial]
    head: dict[str, Any]
    since: int = 0
    is_left: bool = False
    taken_back: tuple[Trial, ...] = ()


class Kept:
    """The placements of one study, on disk."""

    def __init__(self, data: Path, name: str) -> None:
        self.path = data / FOLDER / f"{name}.jsonl"

    def read(self) -> Known | None:
        """None where there is no such study. Raises DataError."""
        try:
            lines = _whole(self.path.read_bytes()).decode().split("\n")
            if not lines[0]:
                return None
            head = json.loads(lines[0])
            plan = head.pop("plan")
            pieces = tuple(Piece(**piece) for piece in plan.pop("pieces"))
            people = tuple(plan.pop("people"))
            known = Known(Plan(pieces, people=people, **plan), [], head, int(head.get("since", 0)))
            for line in filter(None, lines[1:]):
                known = _onward(known, json.loads(line))
        except FileNotFoundError:
            return None
        except (OSError, IndexError, KeyError, TypeError, ValueError) as trouble:
            raise DataError(f"{self.path} is not a whole study; move it aside, or name another.") from trouble
        return known

    def begin(self, plan: Plan, **about: Any) -> None:
        """Write its head. Raises LogError."""
        self._append({"plan": asdict(plan), **about})

    def add(self, trial: Trial) -> None:
        """Keep a placement; it is on disk when this returns. Raises LogError."""
        self._append(asdict(trial))

    def wait(self, since: int, is_left: bool = False, by: str = "") -> None:
        """From now on only records after this one count; or none, until somebody goes on. Raises LogError."""
        self._append({"since": since, "is_left": is_left, "by": by})

    def take_back(self, since: int, by: str = "") -> None:
        """The last placement was another piece: it is laid again. Its line stays. Raises LogError."""
        self._append({"taken_back": 1, "since": since, "by": by})

    def _append(self, line: dict[str, Any]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.seek(0)
                file.truncate(len(_whole(file.read())))
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            sync(self.path.parent)
        except OSError as trouble:
            raise LogError(f"{self.path} cannot be written ({trouble.strerror}); look at the data folder.") from trouble


def _whole(content: bytes) -> bytes:
    """All but half a line at the end."""
    return content[: content.rfind(b"\n") + 1]


def _onward(known: Known, line: dict[str, Any]) -> Known:
    """The study after one more line. Raises KeyError, TypeError, ValueError for one that is none."""
    if "piece" in line:
        trial = Trial(**line)
        return known._replace(done=[*known.done, trial], since=max(known.since, trial.record))
    if line.get("taken_back"):
        known = known._replace(done=known.done[:-1], taken_back=(*known.taken_back, *known.done[-1:]))
    return known._replace(since=max(known.since, int(line["since"])), is_left=bool(line.get("is_left")))


class StudySession:
    """A study at the stage: `wanted` says who lays what, `take` waits for it, judges it and keeps it.

    camera  open; model has a calibration
    plan    of a study that was begun before, it goes on in the order that was drawn then
    """

    def __init__(
        self,
        camera: Camera,
        clock: Clock,
        model: Model,
        trigger: Trigger,
        plan: Plan,
        kept: Kept,
        is_simulated: bool = False,
    ) -> None:
        known = kept.read()
        done = known.done if known else []
        if known is None:
            calibration = model.profile.name if model.profile else ""
            kept.begin(plan, model=model.name, calibration=calibration, is_simulated=is_simulated)
        elif known.plan != (plan := replace(plan, seed=known.plan.seed)):
            raise DataError(f"{kept.path} is a study of other pieces or people; name another.")
        elif known.head.get("model") != model.name:
            raise DataError(f"{kept.path} was begun with {known.head.get('model')}, the station runs {model.name}.")
        self._model, self._kept = model, kept
        self.done, self.plan = list(done), plan
        self._left = plan.rounds()[len(done) :]
        self._frames = placements(camera, trigger, clock.monotonic())

    @property
    def left(self) -> int:
        """Placements still wanted."""
        return len(self._left)

    @property
    def wanted(self) -> tuple[str, int, Piece]:
        """Appraiser, trial, piece."""
        return self._left[0]

    def take(self) -> Outcome:
        """Wait until it lies still, and judge it with every gate but the last. Raises CameraError, LogError."""
        frame = next(self._frames)
        _, evidence = examine(self._model, frame, moved=False, verified=True)
        decision = decide(self._model.recipe, evidence)
        if decision.reason in (Reason.POOR_PICTURE, Reason.FAULT):
            return Outcome(None, decision.advice)
        passed = decision.verdict is Verdict.PASS
        name, trial, piece = self._left.pop(0)
        self.done.append(Trial(name, piece.name, trial, passed))
        self._kept.add(self.done[-1])
        return Outcome(passed, decision.verdict.value)

    def lays(self) -> Iterator[str]:
        """What a simulated hand lays: a part of the wanted piece's part number, or of the expected one."""
        while True:
            piece = self._left[0][2] if self._left else self.plan.pieces[0]
            yield self.plan.kinds.get(piece.name, self._model.recipe.part_number)


def judged(plan: Plan, done: Sequence[Trial], limits: Limits) -> Study:
    """The study, judged. Raises DataError."""
    try:
        return study(plan.pieces, done, limits)
    except ValueError as mistake:
        raise DataError(f"This study tells nothing yet: {mistake}.") from mistake
