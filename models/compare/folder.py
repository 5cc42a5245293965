"""The folder of a comparison: what it was told, and each result as soon as it is there.

comparison.json      what all results have in common
results/paper-e30-10.json   one network with so many photographs; it is done
comparison.csv       all of them
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from models import kept
from models.compare.outcome import NETWORKS, Outcome, Settings, Task

COMPARISONS = "comparisons"  # as messages name them


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a comparison lies."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else works in it meanwhile. Raises BlockingIOError when somebody does."""
        (self.path / "results").mkdir(parents=True, exist_ok=True)
        with kept.held(self.path, COMPARISONS):
            yield

    def begin(self, settings: Settings) -> None:
        """Begin a comparison or go on with it. Raises FileExistsError where something else lies."""
        kept.begin(self.path / "comparison.json", settings, COMPARISONS)

    def outcome(self, task: Task) -> Outcome | None:
        """What came out of a task, None if it is not done. Raises OSError when it cannot be read."""
        path = self._file(task)
        return kept.read(path, Outcome) if path.is_file() else None

    def outcomes(self) -> list[Outcome]:
        """All that are done, also of other commands: network by network, fewer photographs first."""
        there = [kept.read(path, Outcome) for path in (self.path / "results").glob("*.json")]
        return sorted(there, key=lambda outcome: _place(outcome.task))

    def finish(self, outcome: Outcome) -> None:
        """Keep what came out; from here on it is done."""
        kept.write(self._file(outcome.task), kept.dumps(asdict(outcome)).encode())

    def _file(self, task: Task) -> Path:
        return self.path / "results" / f"{task.name}.json"


def _place(task: Task) -> tuple[int, int, str, bool, int]:
    return ([*NETWORKS].index(task.network), task.epochs, task.weights, not task.photographs, task.photographs)
