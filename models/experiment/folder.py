"""The folder of one series of experiments: what they were told, what each has left, and where each would go on.

experiment.json      what all of them were told
runs/03.json         what the third left: it is done
runs/03.tflite       its network, int8
runs/04.checkpoint   where the fourth stands, after its last whole epoch
runs/04.log          what it said besides
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from models import kept
from models.experiment.outcome import Outcome, Settings
from models.kept import dumps, read, write

EXPERIMENTS = "experiments"  # as messages name them


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a series lies. Every file comes into its place whole, or not at all."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else works in it meanwhile. Raises BlockingIOError when somebody does."""
        (self.path / "runs").mkdir(parents=True, exist_ok=True)
        with kept.held(self.path, EXPERIMENTS):
            yield

    def begin(self, settings: Settings) -> None:
        """Begin a series or go on with it. Raises FileExistsError where something else lies."""
        kept.begin(self._settings, settings, EXPERIMENTS)

    @property
    def begun(self) -> bool:
        """Whether a series lies in it."""
        return self._settings.is_file()

    def settings(self) -> Settings:
        """What the experiments in it were told. Raises OSError when that cannot be read."""
        return read(self._settings, Settings)

    def outcome(self, number: int) -> Outcome | None:
        """What an experiment left, None if it is not done. Raises OSError when it cannot be read."""
        path = self.file(number, "json")
        return read(path, Outcome) if path.is_file() else None

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
