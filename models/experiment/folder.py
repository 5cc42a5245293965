"""The folder of one series of experiments: what they were told, what each has left, and where each would go on.

experiment.json      what all of them were told
runs/03.json         what the third left: it is done
runs/03.tflite       its network, int8
runs/04.checkpoint   where the fourth stands, after its last whole epoch
runs/04.log          what it said besides
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import cattrs

from models.experiment.outcome import Outcome, Settings, dumps

Kind = TypeVar("Kind")

CONVERTER = cattrs.Converter(forbid_extra_keys=True)
CONVERTER.register_structure_hook(float, lambda value, _: math.nan if value is None else float(value))
CONVERTER.register_structure_hook(float | None, lambda value, _: None if value is None else float(value))


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a series lies. Every file comes into its place whole, or not at all."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else works in it meanwhile. Raises BlockingIOError when somebody does."""
        (self.path / "runs").mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"other experiments run in {self.path}; wait for them, or name another") from None
            yield

    def begin(self, settings: Settings) -> None:
        """Begin a series or go on with it. Raises FileExistsError where something else lies."""
        if self.begun:
            self._compare(settings)
            return
        if self.path.exists() and any(self.path.iterdir()):
            raise FileExistsError(f"{self.path} is there already and holds no experiments; name another folder")
        self.path.mkdir(parents=True, exist_ok=True)
        write(self._settings, dumps(asdict(settings)).encode())

    @property
    def begun(self) -> bool:
        """Whether a series lies in it."""
        return self._settings.is_file()

    def settings(self) -> Settings:
        """What the experiments in it were told. Raises OSError when that cannot be read."""
        return _read(self._settings, Settings)

    def outcome(self, number: int) -> Outcome | None:
        """What an experiment left, None if it is not done. Raises OSError when it cannot be read."""
        path = self.file(number, "json")
        return _read(path, Outcome) if path.is_file() else None

    def outcomes(self, runs: int) -> list[Outcome]:
        """Of those experiments that are done."""
        return [told for told in map(self.outcome, range(1, runs + 1)) if told]

    def finish(self, outcome: Outcome, network: bytes) -> None:
        """Keep what an experiment leaves; from here on it is done."""
        write(self.file(outcome.experiment, "tflite"), network)
        write(self.file(outcome.experiment, "json"), dumps(asdict(outcome)).encode())
        self.file(outcome.experiment, "checkpoint").unlink(missing_ok=True)

    def file(self, number: int, kind: str) -> Path:
        """Of one experiment: json, tflite, checkpoint or log."""
        return self.path / "runs" / f"{number:02}.{kind}"

    @property
    def _settings(self) -> Path:
        return self.path / "experiment.json"

    def _compare(self, wanted: Settings) -> None:
        there, asked = (json.loads(dumps(asdict(each))) for each in (self.settings(), wanted))
        others = [_differs(name, there[name], asked[name]) for name in asked if there[name] != asked[name]]
        if others:
            raise FileExistsError(
                f"{self.path} holds experiments {' and '.join(others)}; name another folder, or ask for the same again"
            )


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, also when the power fails."""
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _differs(name: str, there: object, asked: object) -> str:
    return "on other pictures" if name == "data" else f"of {name.replace('_', ' ')} {there}, not {asked}"


def _read(path: Path, kind: type[Kind]) -> Kind:
    try:
        return CONVERTER.structure(json.loads(path.read_bytes()), kind)
    except (ValueError, TypeError, AttributeError, cattrs.BaseValidationError) as trouble:
        raise OSError(f"{path} is damaged or of another version; remove it and run again") from trouble
