"""What the commands share: progress bars, figures in words, and plain sentences where something is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from models.bundle import Bundle, BundleError
from models.dataset import DataSet, DataSetError
from models.parity import ParityError
from models.provenance import other_data
from models.weights import WeightsError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def tell(told: dict[str, Any], which: str) -> None:
    """Figures, for people."""
    click.echo(f"{told['pictures']} pictures {which}")
    for name, value in told.items():
        if isinstance(value, int | float) and name != "pictures":
            click.echo(f"  {name.replace('_', ' '):16} {value:.4g}")
    for actual, seen in told["confusion"].items():
        counts = told["by_part_number"][actual]
        seen_as = ", ".join(f"{part}: {count}" for part, count in seen.items())
        click.echo(f"  {actual} seen as {seen_as}; {counts['passed']} passed, {counts['escapes']} passed as another")


def warn_of_other_data(bundle: Bundle, data: DataSet) -> None:
    """One line on stderr where a bundle is judged on other data than it names."""
    if said := other_data(bundle, data):
        click.echo(f"Note: {said}.", err=True)


def training_room() -> Any:
    """The training room, which alone needs the training library."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        from models import train as training
    except ModuleNotFoundError as missing:
        raise OSError(f"training needs {missing.name}, which is missing: pip install -e .[train]") from missing
    return training


@contextmanager
def plainly(interrupted: str = "interrupted; nothing was written") -> Iterator[None]:
    """What is wrong with a file is said in plain sentences, with exit status 3; a network that is not right, with 1."""
    try:
        yield
    except KeyboardInterrupt:
        give_up(interrupted, 1)
    except OSError as trouble:
        said = f"{trouble.filename} cannot be used: {trouble.strerror}" if trouble.filename else trouble
        give_up(str(said), 3)
    except (DataSetError, BundleError, WeightsError) as trouble:
        give_up(str(trouble), 3)
    except ParityError as refused:
        give_up(str(refused), 1)


def give_up(why: str, status: int) -> NoReturn:
    """End with a sentence on stderr and an exit status."""
    click.echo(f"\n{why}", err=True)
    sys.exit(status)
