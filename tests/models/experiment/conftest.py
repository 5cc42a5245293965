"""Experiments so small that many fit into a test: a few rings of 32 × 32 pixels."""

from pathlib import Path

import pytest

from models.dataset import DataSet, load
from models.experiment.folder import Folder
from models.experiment.outcome import Epoch, Outcome, Settings
from models.experiment.protocol import Counts

TINY = Counts(originals=8, train=(20, 20), test=(6, 6))


@pytest.fixture(scope="session")
def data(rings: Path) -> DataSet:
    return load(rings)


@pytest.fixture(scope="session")
def settings(data: DataSet) -> Settings:
    return Settings(data.sha256, ("ring-4", "ring-7"), "honest", seed=1, epochs=4, size=32, counts=TINY)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Folder:
    folder = Folder(tmp_path / "series")
    folder.begin(settings)
    with folder.held():
        return folder


def outcome(number: int = 1, scores: tuple[float, ...] = (0.1, 0.7, 0.8, 0.9)) -> Outcome:
    """Of an experiment that nobody ran: four test pictures, two of each part number, as the honest rings have."""
    epochs = tuple(Epoch(0.7 / n, 0.5, 0.8 / n, 0.4 + 0.1 * n) for n in range(1, 5))
    return Outcome(number, (0, 0, 1, 1), scores, scores, epochs, 1.5, {"tensorflow": "2"})
